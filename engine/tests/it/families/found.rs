//! What the audit of the first version found, one test a defect.

use tollgate::{
    Cost, DenialReason, Engine, InMemorySource, LookupError, ManualClock, MatchConfig, Scope,
};

use super::{child, config, minute, root, slots, take, used};
use crate::world::id;

#[test]
fn slots_that_a_parent_gets_later_are_freed_when_a_child_s_permit_is_dropped() {
    let clock = ManualClock::new();
    let parent = root(&clock, [minute("m", 100)]);
    let acme = child(&parent, "acme", []);
    drop(take(&acme, 1));
    parent
        .reconfigure(&config("root", [slots("s", 2)]))
        .unwrap();
    for round in 0..10 {
        drop(take(&acme, 1));
        assert_eq!(used(&parent, "s"), 0, "{round}");
    }
}

#[test]
fn a_tenant_is_not_indifferent_to_what_its_parent_s_limits_look_at() {
    let clock = ManualClock::new();
    let mut gpt4 = MatchConfig::default();
    gpt4.models.push("gpt-4".to_owned());
    let only = minute("gpt4", 1).only_for(gpt4);
    let parent = root(&clock, [only.clone()]);
    let acme = child(&parent, "acme", []);
    assert!(!acme.is_indifferent());
    parent.reconfigure(&config("root", [])).unwrap();
    assert!(acme.is_indifferent());
    parent.reconfigure(&config("root", [only])).unwrap();
    assert!(!acme.is_indifferent());
    let scope = Scope {
        model: Some("gpt-4"),
        ..Scope::default()
    };
    assert!(acme.try_acquire_in(&scope, &Cost::request()).is_admitted());
    assert!(acme.try_acquire_in(&scope, &Cost::request()).is_denied());
}

#[test]
fn who_waits_for_a_slot_is_not_told_to_wait_for_what_is_only_lent() {
    let clock = ManualClock::new();
    let parent = root(&clock, [minute("m", 100)]);
    let (acme, other) = (
        child(&parent, "acme", [slots("s", 60)]),
        child(&parent, "other", []),
    );
    let held = take(&acme, 60);
    // From now on the other has half of what is left lying ready.
    drop(take(&other, 1));
    let denied = acme
        .try_acquire(&Cost::requests(30))
        .into_result()
        .unwrap_err();
    assert_eq!(denied.reason(), DenialReason::InUse);
    assert_eq!(denied.not_before(), None, "the minute has room for 39 more");
    drop(denied);
    drop(held);
}

#[test]
fn a_child_that_is_dropped_gives_back_what_it_had_lying_ready() {
    let clock = ManualClock::new();
    let parent = root(&clock, [minute("m", 100)]);
    let middle = child(&parent, "middle", [minute("m", 80)]);
    let acme = child(&middle, "acme", []);
    drop(take(&acme, 10));
    drop(acme);
    assert_eq!((used(&parent, "m"), used(&middle, "m")), (10, 10));
    drop(middle);
    assert_eq!(used(&parent, "m"), 10);
    assert!(parent.try_acquire(&Cost::requests(90)).is_admitted());
}

#[test]
fn a_line_of_ten_thousand_tenants_is_refused_by_the_fourth_ancestor() {
    let source = InMemorySource::new();
    for number in 0..10_000 {
        let tenant = config(&format!("t{number}"), []);
        source
            .set(tenant.parent(id(&format!("t{}", number + 1))))
            .unwrap();
    }
    source.set(config("t10000", [])).unwrap();
    let engine = Engine::builder()
        .source(source)
        .build_without_actors()
        .unwrap();
    let mut refused = engine.tenant_blocking(&id("t0")).unwrap_err();
    while let LookupError::Parent { cause, .. } = refused {
        refused = LookupError::clone(&cause);
    }
    assert!(
        matches!(refused, LookupError::InvalidConfig { .. }),
        "{refused}"
    );
    assert!(engine.tenant_blocking(&id("t9997")).is_ok());
    assert!(engine.tenant_blocking(&id("t9996")).is_err());
}

#[test]
fn a_child_is_suspended_and_resumed_though_its_parent_was_lowered_below_it() {
    let source = InMemorySource::new();
    source.set(config("root", [minute("m", 100)])).unwrap();
    let acme = config("acme", [minute("m", 50)]).parent(id("root"));
    source.set(acme).unwrap();
    let builder = Engine::builder().source(source.clone());
    let engine = builder.build_without_actors().unwrap();
    let tenant = engine.tenant_blocking(&id("acme")).unwrap();
    source.set(config("root", [minute("m", 10)])).unwrap();
    assert!(source.suspend(&id("acme")));
    let denied = tenant
        .try_acquire(&Cost::request())
        .into_result()
        .unwrap_err();
    assert_eq!(denied.reason(), DenialReason::Suspended);
    assert!(source.resume(&id("acme")));
    drop(take(&tenant, 10));
    assert!(tenant.try_acquire(&Cost::request()).is_denied());
    let higher = config("acme", [minute("m", 51)]).parent(id("root"));
    source.set(higher).unwrap();
    assert_eq!(
        tenant.plan().limits()[0].capacity(),
        50,
        "higher is refused"
    );
}
