//! Real threads on a tree of three levels: the root admits exactly its limit, whatever goes on, and nobody waits
//! for ever.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::scope;

use tollgate::{Clock, Cost, Engine, InMemorySource, LimitConfig, ManualClock, Status, Tenant};

use super::{child, config, minute, root, slots, take, used};
use crate::world::{id, secs};

const ROUNDS: u64 = 12;
const LIMIT: u64 = 3_000;

/// A root with two children, of which one has two.
fn tree(clock: &ManualClock, limits: impl IntoIterator<Item = LimitConfig>) -> [Tenant; 5] {
    let root = root(clock, limits);
    let (left, right) = (
        child(&root, "left", [minute("m", LIMIT)]),
        child(&root, "right", []),
    );
    let (first, second) = (
        child(&left, "first", []),
        child(&left, "second", [slots("own", 50)]),
    );
    [root, left, right, first, second]
}

/// Asks until nothing is admitted any more.
fn drain(tenant: &Tenant, admitted: &AtomicU64) {
    while tenant.try_acquire(&Cost::request()).is_admitted() {
        admitted.fetch_add(1, Ordering::SeqCst);
    }
}

/// Does something over and over while others work.
fn beside(done: &AtomicBool, mut act: impl FnMut(u64)) {
    let mut turn = 0;
    while !done.load(Ordering::SeqCst) {
        act(turn);
        turn += 1;
    }
}

#[test]
fn the_root_admits_exactly_its_limit_while_usage_is_asked_and_plans_are_swapped() {
    for round in 0..ROUNDS {
        let clock = ManualClock::new();
        let tree = tree(&clock, [minute("m", LIMIT), slots("s", 1_000)]);
        let (admitted, done) = (AtomicU64::new(0), AtomicBool::new(false));
        scope(|scope| {
            scope.spawn(|| {
                beside(&done, |turn| {
                    let at = (turn % 5) as usize;
                    drop(tree[at].usage());
                    if turn.is_multiple_of(7) {
                        tree[1]
                            .reconfigure(&config("left", [minute("m", LIMIT)]).parent(id("root")))
                            .unwrap();
                    }
                    if turn.is_multiple_of(11) {
                        // Higher and back: what is in force when the last one is asked is the limit.
                        for limit in [LIMIT + 5, LIMIT] {
                            let next = config("root", [slots("s", 1_000), minute("m", limit)]);
                            tree[0].reconfigure(&next).unwrap();
                        }
                    }
                });
            });
            let workers: Vec<_> = [2, 3, 4, 3]
                .into_iter()
                .map(|at| {
                    scope.spawn({
                        let (tenant, admitted) = (&tree[at], &admitted);
                        move || drain(tenant, admitted)
                    })
                })
                .collect();
            for worker in workers {
                worker.join().unwrap();
            }
            done.store(true, Ordering::SeqCst);
        });
        let (admitted, used) = (admitted.into_inner(), used(&tree[0], "m"));
        assert_eq!(used, admitted, "round {round}");
        assert!(
            (LIMIT..=LIMIT + 5).contains(&admitted),
            "round {round}: {admitted}"
        );
        assert_eq!(super::used(&tree[0], "s"), 0, "every slot was freed");
        assert_eq!(super::used(&tree[4], "own"), 0);
    }
}

#[test]
fn settled_amounts_add_up_in_every_generation() {
    for round in 0..ROUNDS {
        let clock = ManualClock::new();
        let tree = tree(&clock, [minute("m", LIMIT)]);
        let spent: Vec<u64> = scope(|scope| {
            let work = |at: usize| {
                let tenant = &tree[at];
                scope.spawn(move || {
                    let mut spent = 0;
                    for turn in 0..300_u64 {
                        let Ok(permit) = tenant.try_acquire(&Cost::requests(3)).into_result()
                        else {
                            continue;
                        };
                        let actual = [0, 1, 3, 4][(turn % 4) as usize];
                        drop(permit.settle(&Cost::requests(actual)));
                        spent += actual;
                    }
                    spent
                })
            };
            let threads: Vec<_> = [2, 3, 4].into_iter().map(work).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        assert_eq!(
            used(&tree[0], "m"),
            spent.iter().sum::<u64>(),
            "round {round}"
        );
        assert_eq!(used(&tree[1], "m"), spent[1] + spent[2], "round {round}");
    }
}

#[test]
fn nothing_is_admitted_below_a_root_that_is_suspended() {
    let clock = ManualClock::new();
    for _ in 0..ROUNDS {
        let tree = tree(&clock, [minute("m", 1_000_000)]);
        let (admitted, done) = (AtomicU64::new(0), AtomicBool::new(false));
        scope(|scope| {
            for at in [0, 2, 3, 4] {
                let (tenant, done, admitted) = (&tree[at], &done, &admitted);
                scope.spawn(move || {
                    beside(done, |_| {
                        let yes = tenant.try_acquire(&Cost::request()).is_admitted();
                        admitted.fetch_add(u64::from(yes), Ordering::SeqCst);
                    });
                });
            }
            for turn in 0..60 {
                let mut next = config("root", [minute("m", 1_000_000)]);
                if turn % 2 == 0 {
                    next.status = Status::Suspended;
                }
                tree[0].reconfigure(&next).unwrap();
                if turn % 2 == 0 {
                    let before = used(&tree[0], "m");
                    std::thread::yield_now();
                    assert_eq!(used(&tree[0], "m"), before, "admitted while suspended");
                }
            }
            done.store(true, Ordering::SeqCst);
        });
        assert_eq!(used(&tree[0], "m"), admitted.into_inner());
    }
}

#[test]
fn children_that_are_evicted_and_loaded_meanwhile_lose_and_gift_nothing() {
    for round in 0..ROUNDS {
        let (clock, source) = (ManualClock::new(), InMemorySource::new());
        source.set(config("root", [minute("m", LIMIT)])).unwrap();
        source.set(config("left", []).parent(id("root"))).unwrap();
        source.set(config("first", []).parent(id("left"))).unwrap();
        source.set(config("right", []).parent(id("root"))).unwrap();
        let builder = Engine::builder()
            .clock(Clock::manual(&clock))
            .source(source);
        let engine = builder.build_without_actors().unwrap();
        let (admitted, done) = (AtomicU64::new(0), AtomicBool::new(false));
        scope(|scope| {
            scope.spawn(|| {
                beside(&done, |_| {
                    let _gone = engine.sweep(10);
                });
            });
            let work = |name: &'static str| {
                let (engine, admitted) = (&engine, &admitted);
                scope.spawn(move || {
                    loop {
                        let tenant = engine.tenant_blocking(&id(name)).unwrap();
                        if tenant.try_acquire(&Cost::request()).is_denied() {
                            break;
                        }
                        admitted.fetch_add(1, Ordering::SeqCst);
                    }
                })
            };
            let workers = ["first", "left", "right"].map(work);
            for worker in workers {
                worker.join().unwrap();
            }
            done.store(true, Ordering::SeqCst);
        });
        assert_eq!(admitted.into_inner(), LIMIT, "round {round}");
    }
}

/// Handles that are dropped on one thread while another calls in what their tenants have.
#[test]
fn children_that_are_dropped_while_they_are_called_give_everything_back_once() {
    let clock = ManualClock::new();
    let parent = root(&clock, [minute("m", 1_000_000)]);
    let spent = AtomicU64::new(0);
    let done = AtomicBool::new(false);
    scope(|scope| {
        scope.spawn(|| beside(&done, |_| drop(parent.usage())));
        let work = |name: &'static str| {
            let (parent, spent) = (&parent, &spent);
            scope.spawn(move || {
                for _ in 0..1_000 {
                    let middle = child(parent, name, []);
                    let youngest = child(&middle, "youngest", []);
                    drop(take(&middle, 1));
                    drop(middle);
                    drop(take(&youngest, 2));
                    spent.fetch_add(3, Ordering::SeqCst);
                }
            })
        };
        let workers = ["a", "b"].map(work);
        for worker in workers {
            worker.join().unwrap();
        }
        done.store(true, Ordering::SeqCst);
    });
    assert_eq!(used(&parent, "m"), spent.into_inner());
    clock.advance(secs(120));
    assert_eq!(used(&parent, "m"), 0);
}
