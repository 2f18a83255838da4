//! P9, P11 through `with_tenant`: a handle that a thread has kept is never stale, and is let go of.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;

use tollgate::{Clock, Cost, Engine, InMemorySource, ManualClock, TenantConfig, TenantId};

use crate::sources::minute;
use crate::world::{id, secs};

/// The most that a thread keeps, as `with_tenant` says.
const KEPT: usize = 2_048;

fn engine(
    tenants: impl IntoIterator<Item = TenantConfig>,
) -> (Engine, InMemorySource, ManualClock) {
    let (source, clock) = (InMemorySource::new(), ManualClock::new());
    tenants
        .into_iter()
        .for_each(|tenant| source.set(tenant).unwrap());
    let builder = Engine::builder()
        .clock(Clock::manual(&clock))
        .source(source.clone());
    (builder.build_without_actors().unwrap(), source, clock)
}

fn load(engine: &Engine, name: &str) {
    drop(engine.tenant_blocking(&id(name)).unwrap());
}

/// Asks twice: the second time by the handle that the first one left behind.
fn asks(engine: &Engine, name: &str) -> [Option<bool>; 2] {
    let ask = || {
        engine.with_tenant(&id(name), |tenant| {
            tenant.try_acquire(&Cost::request()).is_admitted()
        })
    };
    [ask(), ask()]
}

/// Runs `here` between what another thread does before and after, with its handles kept all the while.
fn beside(before: impl FnOnce() + Send, here: impl FnOnce(), after: impl FnOnce() + Send) {
    let ((ready, is_ready), (go, gone)) = (mpsc::channel(), mpsc::channel());
    // All ends of the channels move in, so that a panic on either side ends the other's wait.
    thread::scope(move |scope| {
        let other = scope.spawn(move || {
            before();
            ready.send(()).unwrap();
            gone.recv().unwrap();
            after();
        });
        is_ready.recv().unwrap();
        here();
        go.send(()).unwrap();
        // A scope ends when its threads' work is done; a join waits until they have let go, too.
        other.join().unwrap();
    });
}

#[test]
fn the_kept_handle_and_any_other_are_one_tenant() {
    let (engine, _source, _clock) = engine([minute("acme", 3)]);
    assert_eq!(asks(&engine, "acme"), [None, None], "not in memory");
    load(&engine, "acme");
    assert_eq!(asks(&engine, "acme"), [Some(true), Some(true)]);
    let handle = engine.get(&id("acme")).unwrap();
    assert!(handle.try_acquire(&Cost::request()).is_admitted());
    assert_eq!(asks(&engine, "acme"), [Some(false), Some(false)]);
    assert_eq!(handle.usage().get("l").unwrap().used, 3);
}

#[test]
fn a_removal_and_a_new_config_are_seen_at_once_by_every_thread_that_has_kept_a_handle() {
    let (engine, source, _clock) = engine([minute("acme", 2)]);
    load(&engine, "acme");
    beside(
        || assert_eq!(asks(&engine, "acme"), [Some(true), Some(true)]),
        || assert!(source.remove(&id("acme"))),
        || assert_eq!(asks(&engine, "acme"), [None, None]),
    );
    assert_eq!(asks(&engine, "acme"), [None, None]);
    source.set(minute("acme", 3)).unwrap();
    beside(
        || {
            assert_eq!(
                asks(&engine, "acme"),
                [Some(true), Some(false)],
                "2 of 3 were used"
            );
        },
        || source.set(minute("acme", 5)).unwrap(),
        || assert_eq!(asks(&engine, "acme"), [Some(true), Some(true)]),
    );
    beside(
        || assert_eq!(asks(&engine, "acme"), [Some(false); 2]),
        || {
            source.set(minute("acme", 9)).unwrap();
            assert!(source.suspend(&id("acme")));
        },
        || assert_eq!(asks(&engine, "acme"), [Some(false); 2]),
    );
}

#[test]
fn a_kept_handle_keeps_its_tenant_until_the_thread_looks_up_after_a_sweep() {
    let (engine, _source, _clock) = engine([minute("acme", 5), minute("globex", 5)]);
    load(&engine, "acme");
    load(&engine, "globex");
    let is_there = |name: &str| engine.with_tenant(&id(name), |_| ()).is_some();
    let looked_up = || assert!(is_there("acme") && is_there("acme"));
    // As many lookups as it takes to let go of everything, whatever else the process is letting go of.
    let settle = || (0..64).for_each(|_| assert!(!is_there("nobody")));
    // On a thread that has kept nothing.
    let sweep = || thread::scope(|scope| scope.spawn(|| engine.sweep(10)).join().unwrap());
    beside(
        looked_up,
        || {
            assert_eq!(sweep(), 1, "globex");
            assert_eq!(sweep(), 0, "the other thread has acme");
        },
        || {
            settle();
            looked_up();
            assert_eq!(sweep(), 0, "it looks acme up time and again");
            settle();
            assert_eq!(sweep(), 1, "acme, which it has let go of");
        },
    );
}

#[test]
fn a_sweep_lets_go_of_what_its_own_thread_has_kept() {
    let (engine, _source, clock) = engine([minute("acme", 5)]);
    load(&engine, "acme");
    assert_eq!(asks(&engine, "acme"), [Some(true), Some(true)]);
    assert_eq!(engine.sweep(10), 0, "two are used");
    clock.advance(secs(62));
    assert_eq!(
        engine.with_tenant(&id("acme"), |_| engine.sweep(10)),
        Some(0),
        "it is in use"
    );
    assert_eq!(engine.sweep(10), 1);
    assert_eq!(asks(&engine, "acme"), [None, None]);
}

#[test]
fn a_tenant_that_went_and_came_back_is_looked_up_anew() {
    let (engine, _source, clock) = engine([minute("acme", 1)]);
    for _ in 0..50 {
        load(&engine, "acme");
        assert_eq!(asks(&engine, "acme"), [Some(true), Some(false)]);
        assert_eq!(engine.sweep(10), 0);
        clock.advance(secs(62));
        assert_eq!(engine.sweep(10), 1);
        assert_eq!(asks(&engine, "acme"), [None, None]);
    }
}

#[test]
fn many_engines_on_one_thread_are_told_apart() {
    let engines: Vec<_> = (1..=40)
        .map(|most| engine([minute("acme", most)]).0)
        .collect();
    for engine in &engines {
        load(engine, "acme");
    }
    let ask = |engine: &Engine| {
        engine.with_tenant(&id("acme"), |tenant| {
            tenant.try_acquire(&Cost::request()).is_admitted()
        })
    };
    for round in 1..=40 {
        for (most, engine) in (1..=40).zip(&engines) {
            assert_eq!(ask(engine), Some(round <= most), "round {round} of {most}");
        }
    }
}

#[test]
fn an_engine_that_is_dropped_is_let_go_of() {
    use std::sync::Arc;
    use tollgate::{TimeSource, Timestamp};
    /// A clock that tells, by being there, that some tenant of its engine is.
    #[derive(Debug)]
    struct Canary(#[expect(dead_code, reason = "it is counted")] Arc<()>);
    impl TimeSource for Canary {
        fn now(&self) -> Timestamp {
            Timestamp::from_nanos(1)
        }
    }
    let canary = Arc::new(());
    let of = || {
        let source = InMemorySource::new();
        source.set(minute("acme", 9)).unwrap();
        let clock = Clock::custom(Canary(Arc::clone(&canary)));
        let builder = Engine::builder().clock(clock).source(source);
        let engine = builder.build_without_actors().unwrap();
        load(&engine, "acme");
        engine
    };
    let (first, other) = (of(), of());
    assert_eq!(asks(&first, "acme"), [Some(true); 2]);
    let dropped = std::sync::Mutex::new(Some(of()));
    beside(
        || {
            assert_eq!(
                asks(dropped.lock().unwrap().as_ref().unwrap(), "acme"),
                [Some(true); 2]
            );
        },
        || {
            drop(dropped.lock().unwrap().take());
            assert_eq!(
                Arc::strong_count(&canary),
                4,
                "the other thread has a tenant of it"
            );
        },
        || {
            (0..64).for_each(|_| assert!(asks(&other, "acme")[0].is_some()));
            assert_eq!(Arc::strong_count(&canary), 3);
        },
    );
    drop((first, other));
    assert_eq!(Arc::strong_count(&canary), 1);
}

#[test]
fn what_looks_tenants_up_within_a_look_up_finds_all_as_it_is() {
    let (engine, _source, _clock) = engine([minute("acme", 200), minute("globex", 200)]);
    load(&engine, "acme");
    load(&engine, "globex");
    let names = [id("acme"), id("globex"), id("globex")];
    for depth in [0, 1, 2, 3, 8, 40] {
        nested(&engine, &names, depth);
    }
    let used = |name| {
        engine
            .get(&id(name))
            .unwrap()
            .usage()
            .get("l")
            .unwrap()
            .used
    };
    assert_eq!(used("acme") + used("globex"), 1 + 2 + 3 + 4 + 9 + 41);
}

#[test]
fn a_panic_within_a_look_up_loses_nothing() {
    let (engine, _source, _clock) = engine([minute("acme", 10)]);
    load(&engine, "acme");
    for kept in [false, true] {
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            engine.with_tenant(&id("acme"), |tenant| {
                let _permit = tenant.try_acquire(&Cost::request());
                panic!("of the caller's own");
            })
        }));
        assert!(panicked.is_err());
        let handle = engine.get(&id("acme")).unwrap();
        assert_eq!(
            handle.usage().get("l").unwrap().used,
            if kept { 4 } else { 1 }
        );
        assert_eq!(asks(&engine, "acme"), [Some(true), Some(true)]);
    }
    assert_eq!(engine.sweep(10), 0, "six are used");
}

#[test]
fn a_thread_that_ends_lets_go_and_may_look_up_to_the_last() {
    /// Looks a tenant up when the thread ends: before its handles go, or after.
    struct Last(Engine, mpsc::Sender<Option<bool>>);
    impl Drop for Last {
        fn drop(&mut self) {
            let found = asks(&self.0, "acme")[1];
            self.1.send(found).unwrap();
        }
    }
    thread_local! {
        static LAST: std::cell::RefCell<Option<Last>> = const { std::cell::RefCell::new(None) };
    }
    let (engine, _source, clock) = engine([minute("acme", 100)]);
    load(&engine, "acme");
    for look_up_first in [true, false] {
        let (told, tells) = mpsc::channel();
        let last = Last(engine.clone(), told);
        let theirs = engine.clone();
        let ending = thread::spawn(move || {
            if look_up_first {
                asks(&theirs, "acme");
            }
            LAST.set(Some(last));
            if !look_up_first {
                asks(&theirs, "acme");
            }
        });
        ending.join().unwrap();
        assert_eq!(tells.recv().unwrap(), Some(true));
    }
    clock.advance(secs(62));
    assert_eq!(engine.sweep(10), 1, "no thread has it");
}

#[test]
fn a_thread_keeps_no_more_than_it_may() {
    let (engine, _source, _clock) =
        engine((0..10_000).map(|number| minute(&format!("t{number}"), 5)));
    let ids: Vec<_> = (0..10_000)
        .map(|number| id(&format!("t{number}")))
        .collect();
    for id in &ids {
        drop(engine.tenant_blocking(id).unwrap());
    }
    beside(
        || {
            for id in ids.iter().chain(&ids).chain(&ids) {
                assert!(engine.with_tenant(id, |tenant| tenant.id() == id).unwrap());
            }
        },
        || {
            let kept = 10_000 - engine.sweep(usize::MAX);
            assert!((1..=KEPT).contains(&kept), "{kept}");
        },
        || (),
    );
    engine.sweep(usize::MAX);
    assert_eq!(engine.tenants_in_memory(), 0);
}

#[test]
fn sweeps_beside_kept_handles_lose_no_usage() {
    for _ in 0..50 {
        let (engine, _source, _clock) = engine([minute("acme", 200)]);
        let admitted = std::sync::atomic::AtomicU64::new(0);
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let ask = |tenant: &tollgate::Tenant| {
                            tenant.try_acquire(&Cost::request()).is_admitted()
                        };
                        let known = engine.with_tenant(&id("acme"), ask);
                        let yes = known
                            .unwrap_or_else(|| ask(&engine.tenant_blocking(&id("acme")).unwrap()));
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

/// Looks tenants up within the look-up of others, so deep, and has each spend one.
fn nested(engine: &Engine, names: &[TenantId], depth: usize) {
    let name = &names[depth % names.len()];
    let found = engine.with_tenant(name, |tenant| {
        assert_eq!(tenant.id(), name);
        if depth > 0 {
            nested(engine, names, depth - 1);
        }
        assert!(tenant.try_acquire(&Cost::request()).is_admitted());
    });
    assert!(found.is_some());
}
