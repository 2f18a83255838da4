//! Eviction against lookups: never two states of one tenant that both admit, and nothing lost.

use std::num::NonZeroUsize;

use tollgate::{Engine, InMemorySource, TenantId};

use super::*;

fn id(name: &str) -> TenantId {
    name.parse().unwrap()
}

/// An engine that knows `acme`, with so many requests a minute, and `globex`; with `acme` in memory.
fn engine(requests: u64, most: usize) -> (Engine, ManualClock) {
    let (source, clock) = (InMemorySource::new(), ManualClock::new());
    source.set(config().requests_per_minute(requests)).unwrap();
    source.set(TenantConfig::new(id("globex"))).unwrap();
    let builder = Engine::builder()
        .source(source)
        .clock(Clock::manual(&clock))
        .most_tenants(NonZeroUsize::new(most).unwrap());
    let engine = builder.build_without_actors().unwrap();
    drop(engine.tenant_blocking(&id("acme")).unwrap());
    (engine, clock)
}

/// Has `acme` spend one, loaded again if it is not in memory.
fn load_and_take(engine: &Engine) -> bool {
    take(
        &engine.tenant_blocking(&id("acme")).unwrap(),
        &Cost::request(),
    )
}

fn beside<T: 'static>(
    engine: &Engine,
    work: impl FnOnce(&Engine) -> T + 'static,
) -> thread::JoinHandle<T> {
    let engine = engine.clone();
    thread::spawn(move || work(&engine))
}

#[test]
fn a_tenant_that_is_evicted_beside_a_lookup_is_admitted_once() {
    check("lookup and sweep", || {
        let (engine, _clock) = engine(1, 9);
        let other = beside(&engine, |engine| {
            let acme = engine.get(&id("acme"));
            acme.is_some_and(|acme| take(&acme, &Cost::request()))
        });
        let _gone = engine.sweep(1);
        let here = load_and_take(&engine);
        let there = other.join().unwrap();
        assert!(here != there, "one of one, whoever was first");
        let tenant = engine.get(&id("acme")).unwrap();
        assert_eq!(used(&tenant, "requests_per_minute"), 1);
    });
}

#[test]
fn what_is_taken_by_a_kept_handle_beside_a_sweep_is_not_forgotten() {
    check("kept handle and sweep", || {
        let (engine, _clock) = engine(1, 9);
        let other = beside(&engine, |engine| {
            let ask = |cost| engine.with_tenant(&id("acme"), |acme| take(acme, &cost));
            // The first look-up keeps the handle that the second one spends by.
            ask(Cost::none()).is_some() && ask(Cost::request()) == Some(true)
        });
        let gone = engine.sweep(1);
        let there = other.join().unwrap();
        assert!(there || gone == 1, "nothing else stands in the way");
        assert!(load_and_take(&engine) != there, "one of one");
        let tenant = engine.get(&id("acme")).unwrap();
        assert_eq!(used(&tenant, "requests_per_minute"), 1);
    });
}

#[test]
fn room_is_not_made_of_who_is_spending() {
    check("lookup and newcomer", || {
        let (engine, _clock) = engine(1, 1);
        let other = beside(&engine, |engine| {
            let acme = engine.get(&id("acme"));
            acme.is_some_and(|acme| take(&acme, &Cost::request()))
        });
        let came_in = engine.tenant_blocking(&id("globex")).is_ok();
        assert_eq!(engine.tenants_in_memory(), 1);
        let there = other.join().unwrap();
        assert!(!(came_in && there), "who has spent stays");
    });
}
