//! P9: eviction forgets nothing.

use tollgate::{
    Clock, Cost, Dimension, Engine, InMemorySource, LimitConfig, ManualClock, Period, TenantConfig,
};

use crate::world::{bytes, cost_of, id, nanos, secs};

fn limits() -> [LimitConfig; 5] {
    [
        LimitConfig::sliding("sliding", Dimension::Requests, 10, secs(10)).sub_windows(5),
        LimitConfig::bucket("bucket", Dimension::Tokens, 10, secs(10), 10),
        LimitConfig::calendar("calendar", Dimension::Requests, 10, Period::Minute),
        LimitConfig::concurrency("slots", Dimension::Requests, 10),
        LimitConfig::sliding("named", bytes(), 10, secs(5)),
    ]
}

fn engine(limits: impl IntoIterator<Item = LimitConfig>) -> (Engine, InMemorySource, ManualClock) {
    let (source, clock) = (InMemorySource::new(), ManualClock::new());
    let config = limits
        .into_iter()
        .fold(TenantConfig::new(id("acme")), TenantConfig::limit);
    source.set(config).unwrap();
    let builder = Engine::builder()
        .clock(Clock::manual(&clock))
        .source(source.clone());
    (builder.build_without_actors().unwrap(), source, clock)
}

#[test]
fn an_idle_tenant_goes_exactly_when_its_last_meter_is_back_at_zero() {
    for limit in limits() {
        let name = limit.name.clone();
        let (engine, _source, clock) = engine([limit]);
        let cost = cost_of(4, 4, 4);
        let tenant = engine.tenant_blocking(&id("acme")).unwrap();
        drop(tenant.try_acquire(&cost));
        let usage = tenant.usage();
        let full_in = usage.get(&name).unwrap().full_in;
        drop((usage, tenant));
        let Some(full_in) = full_in else {
            assert_eq!(engine.sweep(10), 1, "a free slot carries no information");
            continue;
        };
        assert_eq!(engine.sweep(10), 0);
        clock.advance(full_in - nanos(1));
        assert_eq!(engine.sweep(10), 0, "{name}");
        clock.advance(nanos(1));
        assert_eq!(
            (engine.sweep(10), engine.tenants_in_memory()),
            (1, 0),
            "{name}"
        );
    }
}

#[test]
fn a_handle_a_permit_a_slot_or_a_denial_keeps_its_tenant_in_memory() {
    let (engine, _source, clock) = engine(limits());
    let tenant = engine.tenant_blocking(&id("acme")).unwrap();
    clock.advance(secs(3_600));
    assert_eq!(engine.sweep(10), 0, "a handle");
    let permit = tenant
        .try_acquire(&Cost::request())
        .into_owned()
        .into_result()
        .unwrap();
    let denial = tenant
        .try_acquire(&Cost::requests(11))
        .into_owned()
        .into_result()
        .unwrap_err();
    drop(tenant);
    clock.advance(secs(3_600));
    assert_eq!(engine.sweep(10), 0, "a permit");
    let slot = permit.refund();
    clock.advance(secs(3_600));
    assert_eq!(engine.sweep(10), 0, "a slot");
    drop(slot);
    assert_eq!(engine.sweep(10), 0, "a denial");
    drop(denial);
    assert_eq!(engine.sweep(10), 1);
}

#[test]
fn usage_survives_every_sweep_and_a_tenant_that_went_comes_back_as_new() {
    let (engine, source, clock) = engine(limits());
    for round in 0..50 {
        {
            let tenant = engine.tenant_blocking(&id("acme")).unwrap();
            let usage = tenant.usage();
            assert!(usage.iter().all(|level| level.used == 0), "round {round}");
            drop(tenant.try_acquire(&cost_of(10, 10, 10)));
        }
        assert_eq!(engine.sweep(10), 0);
        {
            let tenant = engine.get(&id("acme")).unwrap();
            assert!(tenant.try_acquire(&cost_of(1, 0, 0)).is_denied());
        }
        clock.advance(secs(120));
        assert_eq!(engine.sweep(10), 1);
    }
    assert!(source.suspend(&id("acme")));
    let tenant = engine.tenant_blocking(&id("acme")).unwrap();
    assert!(
        tenant.try_acquire(&Cost::request()).is_denied(),
        "loaded again as it is now"
    );
}

#[test]
fn debt_keeps_a_tenant_in_memory() {
    let (engine, _source, clock) = engine(limits());
    let tenant = engine.tenant_blocking(&id("acme")).unwrap();
    let permit = tenant
        .try_acquire(&Cost::tokens(1))
        .into_owned()
        .into_result()
        .unwrap();
    drop(permit.settle(&Cost::tokens(1_000)));
    drop(tenant);
    clock.advance(secs(900));
    assert_eq!(engine.sweep(10), 0);
    clock.advance(secs(100));
    assert_eq!(engine.sweep(10), 1);
}

#[test]
fn every_tenant_has_its_turn_however_small_the_sweeps_are() {
    let (engine, source, _clock) = engine([]);
    for number in 0..100 {
        source
            .set(TenantConfig::new(id(&format!("tenant-{number}"))))
            .unwrap();
        drop(
            engine
                .tenant_blocking(&id(&format!("tenant-{number}")))
                .unwrap(),
        );
    }
    let held = engine.tenant_blocking(&id("tenant-0")).unwrap();
    let gone: usize = (0..40).map(|_| engine.sweep(5)).sum();
    assert_eq!((gone, engine.tenants_in_memory()), (99, 1));
    assert_eq!(engine.sweep(0), 0);
    drop(held);
    assert_eq!(engine.sweep(usize::MAX), 1);
}

#[test]
fn sweeps_beside_requests_lose_no_usage() {
    for _ in 0..50 {
        let (engine, _source, _clock) = engine([LimitConfig::sliding(
            "s",
            Dimension::Requests,
            200,
            secs(60),
        )]);
        let admitted = std::sync::atomic::AtomicU64::new(0);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let tenant = engine.tenant_blocking(&id("acme")).unwrap();
                        let yes = tenant.try_acquire(&Cost::request()).is_admitted();
                        admitted.fetch_add(u64::from(yes), std::sync::atomic::Ordering::SeqCst);
                    }
                });
            }
            scope.spawn(|| {
                for _ in 0..300 {
                    let _gone = engine.sweep(10);
                }
            });
        });
        assert_eq!(admitted.into_inner(), 200);
    }
}

#[tokio::test(start_paused = true)]
async fn the_janitor_evicts_without_being_asked() {
    let (source, clock) = (InMemorySource::new(), ManualClock::new());
    source
        .set(TenantConfig::new(id("acme")).requests_per_minute(5))
        .unwrap();
    let builder = Engine::builder()
        .clock(Clock::manual(&clock))
        .source(source);
    let engine = builder.sweep_every(secs(1), 10).build().unwrap();
    drop(
        engine
            .tenant(&id("acme"))
            .await
            .unwrap()
            .try_acquire(&Cost::request()),
    );
    tokio::time::sleep(secs(5)).await;
    assert_eq!(engine.tenants_in_memory(), 1);
    clock.advance(secs(62));
    tokio::time::sleep(secs(2)).await;
    assert_eq!(engine.tenants_in_memory(), 0);
    engine.shutdown().await;
    assert!(
        engine.tenant(&id("acme")).await.is_err(),
        "no loader any more"
    );
}
