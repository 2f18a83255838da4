//! What can be afforded is admitted, and one unit more is not.

use proptest::prelude::*;
use tollgate::{
    Clock, Cost, Dimension, Engine, InMemorySource, LimitConfig, ManualClock, MatchConfig, Scope,
    Status, Tenant, TenantConfig,
};

use crate::world::{Rule, bytes, config, id, nanos, rules, secs};

const EVERYTHING: Scope<'static> = Scope {
    model: None,
    tool: None,
    route: None,
};

/// Whether a request for so much would be admitted; it is given back.
fn admits(tenant: &Tenant, scope: &Scope<'_>, dimension: &Dimension, amount: u64) -> bool {
    let cost = Cost::none().and(dimension.clone(), amount);
    let permit = tenant.try_acquire_owned(scope, &cost).into_result();
    permit.is_ok_and(|permit| {
        drop(permit.refund());
        true
    })
}

proptest! {
    #[test]
    fn what_can_be_afforded_is_admitted_and_one_more_is_not(
        rules in rules(), spent in prop::collection::vec((0_u64..12, 0_u64..12, 0_u64..5_000_000), 0..12),
    ) {
        let clock = ManualClock::new();
        let limits = rules.iter().map(Rule::config);
        let tenant = Tenant::new(&config(limits), Clock::manual(&clock)).unwrap();
        let mut held = Vec::new();
        for (requests, tokens, wait) in spent {
            let cost = Cost::requests(requests).and_tokens(tokens);
            held.extend(tenant.try_acquire_owned(&EVERYTHING, &cost).into_result());
            clock.advance(nanos(wait));
        }
        for dimension in [Dimension::Requests, Dimension::Tokens, bytes()] {
            match tenant.affordable(&dimension, &EVERYTHING) {
                None => prop_assert!(rules.iter().all(|rule| rule.dimension != dimension)),
                Some(most) => {
                    prop_assert!(!admits(&tenant, &EVERYTHING, &dimension, most + 1), "{} {most}", dimension);
                    prop_assert!(most == 0 || admits(&tenant, &EVERYTHING, &dimension, most), "{} {most}", dimension);
                }
            }
        }
    }
}

#[test]
fn limits_for_others_and_shadows_are_left_out_and_ancestors_are_not() {
    let clock = ManualClock::new();
    let mut gpt = MatchConfig::default();
    gpt.models = vec!["gpt-4*".into()];
    let top = TenantConfig::new(id("top"))
        .limit(LimitConfig::sliding(
            "all",
            Dimension::Tokens,
            100,
            secs(60),
        ))
        .limit(LimitConfig::sliding("gpt", Dimension::Tokens, 40, secs(60)).only_for(gpt))
        .limit(LimitConfig::sliding("dark", Dimension::Tokens, 5, secs(60)).shadow());
    let top = Tenant::new(&top, Clock::manual(&clock)).unwrap();
    let child = TenantConfig::new(id("child")).parent(id("top"));
    let child = Tenant::under(&top, &child).unwrap();
    let model = |model| Scope {
        model: Some(model),
        ..EVERYTHING
    };
    drop(
        child
            .try_acquire_in(&model("gpt-4"), &Cost::tokens(30))
            .into_result()
            .unwrap(),
    );
    assert_eq!(
        child.affordable(&Dimension::Tokens, &model("gpt-4")),
        Some(10)
    );
    assert_eq!(
        child.affordable(&Dimension::Tokens, &model("gpt-5")),
        Some(70)
    );
    assert_eq!(child.affordable(&Dimension::Tokens, &EVERYTHING), Some(70));
    for m in ["gpt-4", "gpt-5"] {
        let most = child.affordable(&Dimension::Tokens, &model(m)).unwrap();
        assert!(admits(&child, &model(m), &Dimension::Tokens, most));
        assert!(!admits(&child, &model(m), &Dimension::Tokens, most + 1));
    }
}

#[test]
fn who_is_suspended_or_removed_can_afford_nothing_nor_can_who_is_below() {
    let source = InMemorySource::new();
    let top = || TenantConfig::new(id("top"));
    source.set(top()).unwrap();
    let child = TenantConfig::new(id("child")).parent(id("top"));
    source.set(child.tokens_per_minute(100)).unwrap();
    let engine = Engine::builder().source(source.clone());
    let engine = engine.build_without_actors().unwrap();
    let tenants = ["top", "child"].map(|name| engine.tenant_blocking(&id(name)).unwrap());
    let afford = || {
        tenants
            .each_ref()
            .map(|each| each.affordable(&Dimension::Tokens, &EVERYTHING))
    };
    assert_eq!(afford(), [None, Some(100)]);
    source.set(top().status(Status::Suspended)).unwrap();
    assert_eq!(afford(), [Some(0), Some(0)]);
    source.set(top()).unwrap();
    assert_eq!(afford(), [None, Some(100)]);
    source.remove(&id("top"));
    assert_eq!(afford(), [Some(0), Some(0)]);
}
