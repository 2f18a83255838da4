//! P1, P2 under any interleaving: threads on one tenant admit exactly what its limits hold.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};

use tollgate::{Cost, Dimension, LimitConfig, Period, Permit};

use crate::world::{Rule, SECOND, Shape, bytes, cost_of, nanos, secs, tenant};

const THREADS: u64 = 4;

/// Runs `work` on all threads, released together; gives what each returned.
pub(crate) fn together<T: Send>(work: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(usize::try_from(THREADS).unwrap());
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|number| {
                let (barrier, work) = (&barrier, &work);
                scope.spawn(move || {
                    barrier.wait();
                    work(number)
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    })
}

fn limits(capacity: u64) -> [LimitConfig; 4] {
    [
        LimitConfig::sliding("s", Dimension::Requests, capacity, secs(60)),
        LimitConfig::bucket("b", Dimension::Requests, 1_000, secs(60), capacity + 1),
        LimitConfig::calendar("m", Dimension::Tokens, capacity * 10, Period::Minute),
        LimitConfig::sliding("n", bytes(), capacity * 100, secs(60)),
    ]
}

#[test]
fn together_they_admit_exactly_the_capacity() {
    for round in 0..1_000 {
        let capacity = 1 + round % 17;
        let (tenant, _clock) = tenant(limits(capacity));
        let cost =
            [cost_of(1, 10, 0), cost_of(1, 10, 100)][usize::try_from(round % 2).unwrap()].clone();
        let admitted = together(|_| {
            (0..capacity + 2)
                .filter(|_| tenant.try_acquire(&cost).is_admitted())
                .count()
        });
        assert_eq!(
            admitted.iter().sum::<usize>() as u64,
            capacity,
            "round {round}"
        );
        let usage = tenant.usage();
        assert_eq!(usage.get("s").unwrap().remaining, 0);
        assert_eq!(usage.get("b").unwrap().remaining, 1);
        assert_eq!(usage.get("m").unwrap().remaining, 0);
    }
}

#[test]
fn costs_of_many_sizes_never_exceed_and_are_never_denied_in_vain() {
    for round in 0..500 {
        let capacity = 5 + round % 60;
        let (tenant, _clock) = tenant(limits(capacity));
        let spent = together(|number| {
            let mut spent = [0_u64; 3];
            let mut denied = 0;
            for step in 0.. {
                let size = 1 + (number * 7 + step * 5 + round) % 6;
                let named = u64::from(step % 3 == 0);
                let cost = if denied > 6 {
                    cost_of(1, 1, 0)
                } else {
                    cost_of(size, size * 9, named)
                };
                if tenant.try_acquire(&cost).is_admitted() {
                    spent[0] += cost.get(&Dimension::Requests);
                    spent[1] += cost.get(&Dimension::Tokens);
                    spent[2] += cost.get(&bytes());
                } else {
                    denied += 1;
                    if denied > 7 {
                        return spent;
                    }
                }
            }
            unreachable!("limits end it")
        });
        let sum = |at: usize| spent.iter().map(|spent| spent[at]).sum::<u64>();
        let usage = tenant.usage();
        let used = |name: &str| usage.get(name).unwrap().used;
        assert_eq!(
            (used("s"), used("b"), used("m"), used("n")),
            (sum(0), sum(0), sum(1), sum(2))
        );
        assert!(sum(0) <= capacity && sum(1) <= capacity * 10);
        // The smallest cost was denied to all of them: then it does not fit.
        assert!(
            sum(0) == capacity || sum(1) == capacity * 10,
            "round {round}: {spent:?}"
        );
    }
}

/// What one thread was admitted: the clock before and after, and how much.
type Admitted = (u64, u64, u64);

/// No interval holds more than its limit of what was certainly admitted within it.
///
/// Sorted by the second reading; an admission is certainly in an interval that holds both readings.
fn check_intervals(rule: &Rule, mut admitted: Vec<Admitted>) {
    admitted.sort_unstable_by_key(|&(before, after, _)| (after, before));
    for &(start, _, _) in &admitted {
        let mut sum = 0;
        for &(before, after, amount) in &admitted {
            if before < start || !within(rule.shape, start, after) {
                continue;
            }
            sum += amount;
            let most = match rule.shape {
                Shape::Bucket { window, burst } => {
                    let refill =
                        u128::from(rule.capacity) * u128::from(after - start) / u128::from(window);
                    burst + u64::try_from(refill).unwrap()
                }
                _ => rule.capacity,
            };
            assert!(sum <= most, "{sum} from {start} to {after}: {rule:?}");
        }
    }
}

fn within(shape: Shape, start: u64, at: u64) -> bool {
    match shape {
        Shape::Sliding { window, .. } => at < start + window,
        Shape::Minute => at / (60 * SECOND) == start / (60 * SECOND),
        _ => true,
    }
}

#[test]
fn no_interval_exceeds_while_the_clock_moves() {
    let shapes = [
        Shape::Sliding {
            window: SECOND,
            parts: 5,
        },
        Shape::Sliding {
            window: 1_000_000,
            parts: 1,
        },
        Shape::Bucket {
            window: SECOND,
            burst: 7,
        },
        Shape::Minute,
    ];
    for (round, shape) in shapes.into_iter().cycle().take(80).enumerate() {
        let (name, dimension) = ("l".to_owned(), Dimension::Requests);
        let rules = [Rule {
            name,
            dimension,
            capacity: 20,
            shape,
        }];
        let (tenant, clock) = tenant(rules.iter().map(Rule::config));
        let step = rules[0].row() / [1, 2, 3, 7][round % 4];
        let admitted = together(|number| {
            let mut admitted = Vec::new();
            for call in 0..400 {
                let amount = 1 + number % 2;
                let before = clock.now().as_nanos();
                let yes = tenant.try_acquire(&Cost::requests(amount)).is_admitted();
                let after = clock.now().as_nanos();
                if yes {
                    admitted.push((before, after, amount));
                }
                if call % 5 == 4 {
                    clock.advance(nanos(step));
                }
            }
            admitted
        });
        let admitted: Vec<_> = admitted.into_iter().flatten().collect();
        assert!(!admitted.is_empty());
        check_intervals(&rules[0], admitted);
    }
}

#[test]
fn no_more_than_n_are_at_work_at_once_and_all_slots_are_free_at_the_end() {
    for round in 0..100 {
        let slots = 1 + round % 3;
        let (tenant, clock) = tenant([
            LimitConfig::concurrency("c", Dimension::Requests, slots),
            LimitConfig::sliding("s", Dimension::Requests, 1_000_000, secs(1)),
        ]);
        let at_work = AtomicU64::new(0);
        let served: u64 = together(|number| {
            let mut served = 0;
            for step in 0..400_u64 {
                let Ok(permit) = tenant.try_acquire(&Cost::request()).into_result() else {
                    continue;
                };
                assert!(
                    at_work.fetch_add(1, Ordering::SeqCst) < slots,
                    "round {round}"
                );
                served += 1;
                end(permit, number + step, &at_work);
                if step % 50 == 0 {
                    clock.advance(nanos(30_000_000));
                }
            }
            served
        })
        .iter()
        .sum();
        let usage = tenant.usage();
        assert_eq!(usage.get("c").unwrap().used, 0, "round {round}");
        assert!(served > 0);
        let held: Vec<_> = (0..slots)
            .map(|_| tenant.try_acquire(&Cost::request()))
            .collect();
        assert!(held.iter().all(tollgate::Decision::is_admitted));
        assert!(tenant.try_acquire(&Cost::request()).is_denied());
    }
}

/// Ends a permit in one of its five ways; it counts as at work until just before its slot is freed.
fn end(permit: Permit<'_>, way: u64, at_work: &AtomicU64) {
    let slot = match way % 5 {
        0 => permit.settle(&Cost::requests(0)),
        1 => permit.settle(&Cost::requests(3)),
        2 => permit.keep(),
        3 => permit.refund(),
        _ => {
            let permit = permit.into_owned();
            at_work.fetch_sub(1, Ordering::SeqCst);
            drop(permit);
            return;
        }
    };
    at_work.fetch_sub(1, Ordering::SeqCst);
    drop(slot);
}
