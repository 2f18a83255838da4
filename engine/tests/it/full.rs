//! P9, P10: never more tenants in memory than there may be, and nobody's usage is forgotten to make room.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tollgate::{Clock, Cost, Engine, EngineBuilder, InMemorySource, LookupError, ManualClock};

use crate::sources::minute;
use crate::world::{id, secs};

fn builder(known: usize, most: usize) -> (EngineBuilder, ManualClock) {
    let (source, clock) = (InMemorySource::new(), ManualClock::new());
    for number in 0..known {
        source.set(minute(&format!("t{number}"), 5)).unwrap();
    }
    let builder = Engine::builder()
        .clock(Clock::manual(&clock))
        .source(source)
        .most_tenants(NonZeroUsize::new(most).unwrap());
    (builder, clock)
}

fn engine(known: usize, most: usize) -> (Engine, ManualClock) {
    let (builder, clock) = builder(known, most);
    (builder.build_without_actors().unwrap(), clock)
}

/// Loads the tenant and has it spend one; says whether there was room for it.
fn spends(engine: &Engine, number: usize) -> bool {
    match engine.tenant_blocking(&id(&format!("t{number}"))) {
        Ok(tenant) => {
            assert!(tenant.try_acquire(&Cost::request()).is_admitted());
            true
        }
        Err(LookupError::Full { most, .. }) => {
            assert_eq!(engine.tenants_in_memory(), most.get());
            false
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn a_full_directory_of_busy_tenants_refuses_newcomers_and_recovers_when_they_idle() {
    for most in [1, 5, 100] {
        let (engine, clock) = engine(3 * most, most);
        assert!((0..most).all(|number| spends(&engine, number)));
        assert!((most..3 * most).all(|number| !spends(&engine, number)));
        let error = engine
            .tenant_blocking(&id(&format!("t{most}")))
            .unwrap_err();
        assert!(!error.is_not_found(), "{error}");
        // Who is in goes on, with what it has used.
        let first = engine.get(&id("t0")).unwrap();
        assert_eq!(first.usage().get("l").unwrap().used, 1);
        drop(first);
        let nobody = engine.tenant_blocking(&id("nobody"));
        assert!(
            nobody.is_err_and(|error| error.is_not_found()),
            "full or not"
        );
        clock.advance(secs(62));
        assert!((most..2 * most).all(|number| spends(&engine, number)));
        assert!((0..most).all(|number| !spends(&engine, number)));
    }
}

#[test]
fn whoever_is_held_is_not_made_room_of() {
    let (engine, clock) = engine(10, 2);
    let held = engine.tenant_blocking(&id("t0")).unwrap();
    assert!(held.try_acquire(&Cost::request()).is_admitted());
    clock.advance(secs(62));
    for number in 1..10 {
        assert!(spends(&engine, number));
        assert!(engine.get(&id("t0")).is_some());
        clock.advance(secs(62));
    }
    let other = engine.tenant_blocking(&id("t9")).unwrap();
    assert!(!spends(&engine, 1));
    drop(other);
    assert!(spends(&engine, 1));
}

#[test]
fn a_flood_of_tenants_that_the_source_knows_takes_no_more_room() {
    let (engine, _clock) = engine(20_000, 500);
    for number in 0..20_000 {
        // Looked up and not used, as somebody does who tries names.
        drop(engine.tenant_blocking(&id(&format!("t{number}"))).unwrap());
        assert!(engine.tenants_in_memory() <= 500);
    }
}

#[test]
fn handles_that_threads_have_kept_make_room_too() {
    let (engine, _clock) = engine(100, 4);
    for number in 0..100 {
        let id = id(&format!("t{number}"));
        drop(engine.tenant_blocking(&id).unwrap());
        for _ in 0..3 {
            assert_eq!(
                engine.with_tenant(&id, |tenant| tenant.id() == &id),
                Some(true)
            );
        }
    }
}

#[test]
fn many_threads_that_load_at_once_never_exceed_the_bound() {
    for round in 0..20 {
        let (engine, clock) = engine(400, 50);
        let (over, most_seen) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for begin in [0, 100, 200, 300] {
                let (engine, clock, over, most_seen) = (&engine, &clock, &over, &most_seen);
                scope.spawn(move || {
                    for number in (begin..begin + 100).chain(0..100) {
                        let _busy = spends_or_denied(engine, number);
                        let there = engine.tenants_in_memory();
                        most_seen.fetch_max(there, Ordering::SeqCst);
                        over.fetch_add(usize::from(there > 50), Ordering::SeqCst);
                        if begin == 0 && number % 20 == 0 {
                            clock.advance(secs(62));
                        }
                    }
                });
            }
        });
        assert_eq!(over.into_inner(), 0, "round {round}");
        assert!(most_seen.into_inner() > 40, "it was about full");
    }
}

/// As [`spends`], where others may have spent all.
fn spends_or_denied(engine: &Engine, number: usize) -> bool {
    match engine.tenant_blocking(&id(&format!("t{number}"))) {
        Ok(tenant) => tenant.try_acquire(&Cost::request()).is_admitted(),
        Err(LookupError::Full { .. }) => false,
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn the_loader_answers_that_it_is_full_to_everybody_who_waits() {
    let (builder, clock) = builder(10, 1);
    let engine = builder.sweep_every(secs(3_600), 1).build().unwrap();
    let held = engine.tenant(&id("t0")).await.unwrap();
    let ask = || {
        let engine = engine.clone();
        tokio::spawn(async move { engine.tenant(&id("t1")).await })
    };
    let asks: Vec<_> = (0..50).map(|_| ask()).collect();
    for asked in asks {
        let error = asked.await.unwrap().unwrap_err();
        assert!(matches!(error, LookupError::Full { .. }), "{error}");
    }
    drop(held);
    clock.advance(secs(62));
    assert!(engine.tenant(&id("t1")).await.is_ok());
    assert_eq!(engine.tenants_in_memory(), 1);
}
