//! What a tenant and its ancestors must not be, each with the problem that is told.

use tollgate::{
    Clock, Dimension, LimitConfig, ManualClock, MatchConfig, Period, ReconfigureError, Tenant,
    TenantConfig, TenantsConfig,
};

use super::{child, config, minute, root, slots};
use crate::world::{id, secs};

fn bucket(name: &str, capacity: u64, burst: u64) -> LimitConfig {
    LimitConfig::bucket(name, Dimension::Tokens, capacity, secs(60), burst)
}

fn day(name: &str, capacity: u64) -> LimitConfig {
    LimitConfig::calendar(name, Dimension::Tokens, capacity, Period::Day)
}

fn only(model: &str) -> MatchConfig {
    let mut only = MatchConfig::default();
    only.models.push(model.to_owned());
    only
}

/// What is wrong with `acme` below `parent`; "" if nothing is.
fn below(parent: &Tenant, limit: LimitConfig) -> String {
    let config = config("acme", [limit]).parent(parent.id().clone());
    let refused = Tenant::under(parent, &config);
    refused.map_or_else(|problems| problems.to_string(), |_| String::new())
}

#[test]
fn a_limit_above_its_parent_s_is_refused_with_tenant_limit_field_value_and_bound() {
    let clock = ManualClock::new();
    let parent = root(
        &clock,
        [
            minute("m", 100),
            bucket("b", 60, 20),
            day("d", 1_000),
            slots("s", 8),
        ],
    );
    for (limit, problem) in [
        (
            minute("mine", 101),
            "limit mine: capacity 101: must be at most 100, which limit m of root",
        ),
        (
            bucket("mine", 61, 20),
            "limit mine: capacity 61: must be at most 60, which limit b of root",
        ),
        (
            bucket("mine", 60, 21),
            "limit mine: burst 21: must be at most 20, which limit b of root",
        ),
        (
            day("mine", 1_001),
            "limit mine: capacity 1001: must be at most 1000, which limit d of root",
        ),
        (
            slots("mine", 9),
            "limit mine: capacity 9: must be at most 8, which limit s of root",
        ),
    ] {
        let told = below(&parent, limit);
        assert!(
            told.starts_with(&format!("tenant acme: {problem}")),
            "{told}"
        );
    }
    for limit in [
        minute("mine", 100),
        bucket("mine", 60, 20),
        day("mine", 1_000),
        slots("mine", 8),
        LimitConfig::sliding("mine", Dimension::Requests, 1_000, secs(61)),
        LimitConfig::sliding("mine", Dimension::Tokens, 1_000, secs(60)),
        LimitConfig::calendar("mine", Dimension::Tokens, 9_999, Period::Month),
        minute("mine", 101).shadow(),
    ] {
        assert_eq!(below(&parent, limit), "");
    }
}

#[test]
fn a_grandparent_s_limit_binds_as_a_parent_s_does() {
    let clock = ManualClock::new();
    let middle = child(&root(&clock, [minute("m", 100)]), "middle", []);
    let told = below(&middle, minute("mine", 101));
    assert!(
        told.contains("must be at most 100, which limit m of root"),
        "{told}"
    );
}

#[test]
fn limits_of_shadows_and_of_other_requests_bind_nobody() {
    let clock = ManualClock::new();
    let parent = root(
        &clock,
        [
            minute("m", 10).shadow(),
            minute("o", 10).only_for(only("gpt-4")),
        ],
    );
    assert_eq!(below(&parent, minute("mine", 11)), "");
    assert_eq!(
        below(&parent, minute("mine", 11).only_for(only("other"))),
        ""
    );
    let told = below(&parent, minute("mine", 11).only_for(only("gpt-4")));
    assert!(
        told.contains("must be at most 10, which limit o of root"),
        "{told}"
    );
    let parent = root(&clock, [minute("m", 10)]);
    let told = below(&parent, minute("mine", 11).only_for(only("gpt-4")));
    assert!(told.contains("must be at most 10"), "{told}");
}

#[test]
fn a_tenant_is_put_below_the_parent_that_it_names() {
    let clock = ManualClock::new();
    let parent = root(&clock, []);
    for (config, problem) in [
        (
            TenantConfig::new(id("acme")),
            "tenant acme: parent: must be root, which it is put below",
        ),
        (
            TenantConfig::new(id("acme")).parent(id("other")),
            "tenant acme: parent \"other\": must be root, which it is put below",
        ),
    ] {
        assert_eq!(
            Tenant::under(&parent, &config).unwrap_err().to_string(),
            problem
        );
    }
    let alone = Tenant::new(
        &TenantConfig::new(id("acme")).parent(id("root")),
        Clock::manual(&clock),
    );
    assert_eq!(
        alone.unwrap_err().to_string(),
        "tenant acme: parent \"root\": must not be given for a tenant that stands alone"
    );
    let acme = child(&parent, "acme", []);
    let refused = acme.reconfigure(&config("acme", []));
    assert!(
        matches!(refused, Err(ReconfigureError::InvalidConfig(_))),
        "{refused:?}"
    );
    assert_eq!(acme.parent().map(Tenant::id), Some(parent.id()));
}

#[test]
fn a_line_has_four_generations_at_most() {
    let clock = ManualClock::new();
    let mut youngest = root(&clock, []);
    for name in ["child", "grandchild", "fourth"] {
        youngest = child(&youngest, name, []);
    }
    let config = config("fifth", []).parent(id("fourth"));
    assert_eq!(
        Tenant::under(&youngest, &config).unwrap_err().to_string(),
        "tenant fifth: parent \"fourth\": has ancestors of its own, more than 3 in all or itself"
    );
}

fn many(name: &str, limits: u64) -> TenantConfig {
    config(name, (0..limits).map(|at| minute(&format!("l{at}"), 10)))
}

#[test]
fn a_parent_and_a_child_have_sixteen_limits_at_most() {
    let clock = ManualClock::new();
    let parent = Tenant::new(&many("root", 16), Clock::manual(&clock)).unwrap();
    let acme = Tenant::under(&parent, &many("acme", 16).parent(id("root"))).unwrap();
    drop(super::take(&acme, 10));
    assert!(
        parent
            .usage()
            .iter()
            .chain(acme.usage().iter())
            .all(|level| level.used == 10)
    );
    let told = Tenant::under(&parent, &many("acme", 17).parent(id("root")));
    let told = told.unwrap_err().to_string();
    assert!(
        told.starts_with("tenant acme: quota: makes 17 limits, must make at most 16"),
        "{told}"
    );
    let refused = parent.reconfigure(&many("root", 17));
    assert!(
        matches!(refused, Err(ReconfigureError::TooManyLimits(_))),
        "{refused:?}"
    );
    assert_eq!(parent.plan().limits().len(), 16);
    let large = Tenant::new(&many("root", 17), Clock::manual(&clock)).unwrap();
    let told = Tenant::under(&large, &config("acme", []).parent(id("root")));
    let told = told.unwrap_err().to_string();
    assert!(told.contains("parent \"root\": makes 17 limits"), "{told}");
    large.reconfigure(&many("root", 20)).unwrap();
}

/// Permits tell limits apart by seats, and a limit keeps its seat when others go.
#[test]
fn a_tenant_that_had_many_limits_has_no_children_until_it_is_loaded_anew() {
    let clock = ManualClock::new();
    let parent = Tenant::new(&many("root", 20), Clock::manual(&clock)).unwrap();
    parent
        .reconfigure(&config("root", [minute("l19", 10)]))
        .unwrap();
    let told = Tenant::under(&parent, &config("acme", []).parent(id("root")));
    let told = told.unwrap_err().to_string();
    assert!(
        told.contains("must be loaded anew before it has children"),
        "{told}"
    );
}

#[test]
fn a_set_of_tenants_is_checked_as_a_whole() {
    let mut set = TenantsConfig::default();
    set.tenants = vec![
        config("root", [minute("m", 10)]),
        config("acme", [minute("m", 11)]).parent(id("root")),
        config("lost", []).parent(id("nobody")),
        config("a", []).parent(id("b")),
        config("b", []).parent(id("a")),
    ];
    let told = set.compile().unwrap_err().to_string();
    for problem in [
        "tenant acme: limit m: capacity 11: must be at most 10, which limit m of root",
        "tenant lost: parent \"nobody\": must be a tenant of the same set",
        "tenant a: parent \"b\": has ancestors of its own, more than 3 in all or itself",
        "tenant b: parent \"a\": has ancestors of its own, more than 3 in all or itself",
    ] {
        assert!(told.contains(problem), "{told}");
    }
    set.tenants.truncate(1);
    assert!(set.compile().is_ok());
}

#[test]
fn a_child_that_was_refused_holds_its_parent_to_nothing() {
    let root = TenantConfig::new(id("root")).requests_per_minute(5);
    let parent = Tenant::new(&root, Clock::default()).unwrap();
    let above = TenantConfig::new(id("acme")).parent(id("root"));
    let refused = Tenant::under(&parent, &above.clone().requests_per_minute(6));
    assert!(refused.is_err(), "more than its parent has");
    let many = (0..20).fold(root.clone(), |config, n| {
        let limit = LimitConfig::concurrency(format!("limit-{n}"), Dimension::Requests, 9);
        config.limit(limit)
    });
    parent.reconfigure(&many).unwrap();
    parent.reconfigure(&root).unwrap();
    drop(Tenant::under(&parent, &above).unwrap());
    parent.reconfigure(&many).unwrap_err();
}
