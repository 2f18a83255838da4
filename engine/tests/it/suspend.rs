//! P11: a suspension is immediate, for every handle and every thread; a tenant's usage outlives it,
//! until an operator resets it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tollgate::{
    Clock, Cost, DenialReason, Dimension, Engine, InMemorySource, LimitConfig, ManualClock,
    ReconfigureError, Status, Tenant, TenantConfig,
};

use crate::sources::minute;
use crate::world::id;

fn engine(requests: u64) -> (Engine, InMemorySource, Tenant) {
    let source = InMemorySource::new();
    source.set(minute("acme", requests)).unwrap();
    let builder = Engine::builder().clock(Clock::manual(&ManualClock::new()));
    let engine = builder
        .source(source.clone())
        .build_without_actors()
        .unwrap();
    let tenant = engine.tenant_blocking(&id("acme")).unwrap();
    (engine, source, tenant)
}

fn reason(tenant: &Tenant) -> DenialReason {
    tenant
        .try_acquire(&Cost::request())
        .into_result()
        .unwrap_err()
        .reason()
}

#[test]
fn a_suspension_holds_for_handles_that_are_out_and_for_what_lay_ready() {
    let (engine, source, tenant) = engine(1_000);
    let held = tenant.try_acquire(&Cost::request()).into_result().unwrap();
    assert!(source.suspend(&id("acme")));
    assert_eq!(reason(&tenant), DenialReason::Suspended);
    assert_eq!(
        reason(&engine.get(&id("acme")).unwrap()),
        DenialReason::Suspended
    );
    assert!(
        tenant.try_acquire(&Cost::none()).is_denied(),
        "nor for nothing"
    );
    assert_eq!(tenant.plan().status(), Status::Suspended);
    drop(held.refund());
    assert_eq!(
        tenant.usage().get("l").unwrap().used,
        0,
        "what is out is settled all the same"
    );
    assert!(source.resume(&id("acme")));
    assert!(tenant.try_acquire(&Cost::request()).is_admitted());
}

#[test]
fn a_tenant_that_is_loaded_suspended_admits_nothing() {
    let (_engine, source, _tenant) = engine(5);
    source
        .set(minute("new", 5).status(Status::Suspended))
        .unwrap();
    let engine = Engine::builder()
        .source(source.clone())
        .build_without_actors()
        .unwrap();
    let tenant = engine.tenant_blocking(&id("new")).unwrap();
    assert_eq!(reason(&tenant), DenialReason::Suspended);
    assert!(source.resume(&id("new")));
    assert!(tenant.try_acquire(&Cost::request()).is_admitted());
}

#[test]
fn usage_outlives_suspension_removal_and_a_new_config() {
    let (engine, source, tenant) = engine(10);
    let permits = [(); 4].map(|()| tenant.try_acquire(&Cost::request()).into_owned());
    assert!(source.suspend(&id("acme")));
    assert!(source.resume(&id("acme")));
    assert_eq!(tenant.usage().get("l").unwrap().used, 4);
    assert!(source.remove(&id("acme")));
    assert_eq!(reason(&tenant), DenialReason::Removed);
    assert!(engine.get(&id("acme")).is_none());
    assert!(
        engine
            .tenant_blocking(&id("acme"))
            .is_err_and(|e| e.is_not_found())
    );
    assert!(!source.suspend(&id("acme")), "there is none");
    source.set(minute("acme", 6)).unwrap();
    let again = engine.tenant_blocking(&id("acme")).unwrap();
    for tenant in [&tenant, &again] {
        assert_eq!(
            tenant.usage().get("l").unwrap().remaining,
            2,
            "one state, known again"
        );
    }
    drop(permits);
}

#[test]
fn no_thread_is_admitted_once_the_suspension_has_returned() {
    for _ in 0..200 {
        let (_engine, source, tenant) = engine(1_000_000);
        let (over, late) = (AtomicBool::new(false), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..20_000 {
                        let began_after = over.load(Ordering::SeqCst);
                        let admitted = tenant.try_acquire(&Cost::request()).is_admitted();
                        late.fetch_add(usize::from(began_after && admitted), Ordering::SeqCst);
                        if began_after {
                            break;
                        }
                    }
                });
            }
            assert!(source.suspend(&id("acme")));
            over.store(true, Ordering::SeqCst);
        });
        assert_eq!(late.into_inner(), 0);
    }
}

#[test]
fn a_reset_forgets_what_was_used_and_settles_older_permits_for_nothing() {
    let slots = LimitConfig::concurrency("c", Dimension::Requests, 10);
    let config = minute("acme", 10).limit(slots);
    let tenant = Tenant::new(&config, Clock::manual(&ManualClock::new())).unwrap();
    let take = |amount| {
        tenant
            .try_acquire(&Cost::requests(amount))
            .into_result()
            .unwrap()
    };
    let used = |name: &str| tenant.usage().get(name).unwrap().used;
    let old = take(4);
    tenant.reset();
    assert_eq!(
        (used("l"), used("c")),
        (0, 4),
        "slots are in use all the same"
    );
    let new = take(5);
    drop(old.refund());
    assert_eq!((used("l"), used("c")), (5, 5));
    drop(new);
}

#[test]
fn a_tenant_of_an_engine_takes_its_configs_from_the_source_alone() {
    let source = InMemorySource::new();
    let config = TenantConfig::new(id("acme")).requests_per_minute(5);
    source.set(config.clone()).unwrap();
    let engine = Engine::builder()
        .source(source.clone())
        .build_without_actors()
        .unwrap();
    let tenant = engine.tenant_blocking(&id("acme")).unwrap();
    let refused = tenant
        .reconfigure(&config.requests_per_minute(1_000))
        .unwrap_err();
    assert!(
        matches!(refused, ReconfigureError::NotAlone(_)),
        "{refused}"
    );
    assert!(source.suspend(&id("acme")));
    assert!(tenant.try_acquire(&Cost::request()).is_denied());
}

#[test]
fn a_tenant_is_not_given_another_s_config() {
    let config = TenantConfig::new(id("acme")).requests_per_minute(5);
    let tenant = Tenant::new(&config, Clock::default()).unwrap();
    let refused = tenant
        .reconfigure(&TenantConfig::new(id("globex")))
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the config of globex was given to acme"
    );
}
