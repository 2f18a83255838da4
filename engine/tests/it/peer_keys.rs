//! Bugs that keyed limiters have with keys, sweeps and clocks; see `peer_bugs`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tollgate::{
    Clock, Cost, Engine, InMemorySource, ManualClock, Tenant, TenantConfig, TimeSource, Timestamp,
};

use crate::world::{id, secs};

/// Keyed limiters that leave eviction to their user (governor: `retain_recent`) keep every key they ever saw.
#[test]
fn keys_that_are_back_at_zero_leave_the_memory() {
    let (engine, clock) = thousand();
    assert_eq!(engine.sweep(usize::MAX), 0, "still in use");
    clock.advance(secs(120));
    assert_eq!(engine.sweep(usize::MAX), 1_000);
    assert_eq!(engine.tenants_in_memory(), 0);
}

/// throttlecrab's adaptive store sweeps its whole table on the write that fills it: 442 µs for one request.
#[test]
fn no_request_pays_for_a_sweep_and_no_sweep_is_longer_than_it_was_told() {
    let (engine, clock) = thousand();
    clock.advance(secs(120));
    for number in 0..1_000 {
        let tenant = engine
            .tenant_blocking(&id(&format!("tenant-{number}")))
            .unwrap();
        assert!(tenant.try_acquire(&Cost::none()).is_admitted());
    }
    assert_eq!(engine.tenants_in_memory(), 1_000, "asking evicted nobody");
    assert_eq!(engine.sweep(10), 10);
}

/// An engine in which a thousand tenants have used something.
fn thousand() -> (Engine, ManualClock) {
    let (source, clock) = (InMemorySource::new(), ManualClock::new());
    let builder = Engine::builder().clock(Clock::manual(&clock));
    let engine = builder
        .source(source.clone())
        .build_without_actors()
        .unwrap();
    for number in 0..1_000 {
        let id = id(&format!("tenant-{number}"));
        source
            .set(TenantConfig::new(id.clone()).requests_per_minute(5))
            .unwrap();
        let tenant = engine.tenant_blocking(&id).unwrap();
        assert!(tenant.try_acquire(&Cost::request()).is_admitted());
    }
    (engine, clock)
}

/// A clock that counts how often it is read.
#[derive(Debug, Clone, Default)]
struct Counting {
    time: ManualClock,
    readings: Arc<AtomicU64>,
}

impl TimeSource for Counting {
    fn now(&self) -> Timestamp {
        self.readings.fetch_add(1, Ordering::Relaxed);
        self.time.now()
    }
}

/// `tower_governor` and actix-governor make a clock for each denial, 4 to 17 µs, and read time twice in one
/// decision, as gubernator does; a denial must be as cheap as an admission, and of one instant.
#[test]
fn a_repeated_denial_reads_one_clock_once() {
    let clock = Counting::default();
    let config = TenantConfig::new(id("acme")).requests_per_minute(1);
    let tenant = Tenant::new(&config, Clock::custom(clock.clone())).unwrap();
    assert!(tenant.try_acquire(&Cost::request()).is_admitted());
    assert!(tenant.try_acquire(&Cost::request()).is_denied());
    let now = clock.time.now();
    clock.readings.store(0, Ordering::Relaxed);
    for count in 1..=100 {
        let decision = tenant.try_acquire(&Cost::request());
        let denial = decision.into_result().unwrap_err();
        let (at, after) = (denial.retry_at().unwrap(), denial.retry_after().unwrap());
        assert_eq!(at.since(now), after, "both are told from one instant");
        assert_eq!(clock.readings.load(Ordering::Relaxed), count);
    }
}
