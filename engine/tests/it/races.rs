//! P5, P11 under any interleaving: swaps, suspensions and resets beside requests.

use std::sync::atomic::{AtomicBool, Ordering};

use tollgate::{Algorithm, Cost, Dimension, LimitConfig, Period, Status, Tenant};

use crate::concurrent::together;
use crate::world::{config, secs, tenant};

fn sliding(capacity: u64) -> LimitConfig {
    LimitConfig::sliding("l", Dimension::Requests, capacity, secs(60))
}

/// Three threads spend and give back while `disturb` is called over and over.
fn beside(tenant: &Tenant, seed: u64, disturb: impl Fn(u64) + Sync) -> u64 {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let spenders: Vec<_> = (0..3_u64)
            .map(|number| scope.spawn(move || spend_and_settle(tenant, seed + number, 400)))
            .collect();
        scope.spawn(|| {
            for step in 0.. {
                if over.load(Ordering::SeqCst) {
                    break;
                }
                disturb(step);
            }
        });
        let net = spenders
            .into_iter()
            .map(|spender| spender.join().unwrap())
            .sum();
        over.store(true, Ordering::SeqCst);
        net
    })
}

#[test]
fn swaps_beside_requests_lose_and_gift_nothing() {
    let others = |step: u64| {
        LimitConfig::bucket(
            format!("b{}", step % 3),
            Dimension::Requests,
            6_000,
            secs(60),
            6_000,
        )
    };
    for round in 0..100 {
        let (tenant, _clock) = tenant([sliding(100)]);
        let net = beside(&tenant, round, |step| {
            let mut limits = vec![sliding([100, 60, 150][usize::try_from(step % 3).unwrap()])];
            limits.insert(usize::try_from(step % 2).unwrap(), others(step));
            tenant.reconfigure(&config(limits)).unwrap();
        });
        assert_eq!(tenant.usage().get("l").unwrap().used, net, "round {round}");
        assert!(net <= 150);
    }
}

#[test]
fn suspensions_beside_requests_lose_and_gift_nothing() {
    for round in 0..100 {
        let (tenant, _clock) = tenant([sliding(300)]);
        let net = beside(&tenant, round, |_| {
            tenant
                .reconfigure(&config([sliding(300)]).status(Status::Suspended))
                .unwrap();
            assert!(tenant.try_acquire(&Cost::request()).is_denied(), "at once");
            tenant.reconfigure(&config([sliding(300)])).unwrap();
        });
        assert_eq!(tenant.usage().get("l").unwrap().used, net, "round {round}");
        assert!(net <= 300);
    }
}

#[test]
fn looking_beside_requests_changes_nothing_and_never_shows_more_than_there_is() {
    for round in 0..100 {
        let (tenant, _clock) = tenant([sliding(200)]);
        let net = beside(&tenant, round, |_| {
            let usage = tenant.usage();
            let level = usage.get("l").unwrap();
            assert_eq!(level.used + level.remaining, 200);
        });
        assert_eq!(tenant.usage().get("l").unwrap().used, net, "round {round}");
    }
}

#[test]
fn slots_survive_swaps_and_are_all_free_at_the_end() {
    let slots = |capacity| LimitConfig::concurrency("c", Dimension::Requests, capacity);
    for round in 0..100 {
        let (tenant, _clock) = tenant([slots(3)]);
        beside(&tenant, round, |step| {
            let capacity = [3, 1, 8][usize::try_from(step % 3).unwrap()];
            let limits = match step % 4 {
                0 => vec![sliding(1_000_000)],
                1 => vec![slots(capacity), sliding(1_000_000)],
                _ => vec![slots(capacity)],
            };
            tenant.reconfigure(&config(limits)).unwrap();
        });
        tenant.reconfigure(&config([slots(3)])).unwrap();
        assert_eq!(tenant.usage().get("c").unwrap().used, 0, "round {round}");
    }
}

#[test]
fn resets_beside_requests_never_leave_more_used_than_was_spent() {
    for round in 0..100 {
        let (tenant, _clock) = tenant([sliding(200)]);
        let net = beside(&tenant, round, |_| tenant.reset());
        assert!(tenant.usage().get("l").unwrap().used <= std::cmp::min(net, 200));
    }
}

/// Keeps a thread's own account of what stays charged.
fn spend_and_settle(tenant: &Tenant, seed: u64, steps: u64) -> u64 {
    let mut net = 0;
    for step in 0..steps {
        let amount = 1 + (seed + step) % 4;
        if let Ok(permit) = tenant.try_acquire(&Cost::requests(amount)).into_result() {
            match (seed * 3 + step) % 4 {
                0 => drop(permit.refund()),
                1 => {
                    drop(permit.settle(&Cost::requests(amount - 1)));
                    net += amount - 1;
                }
                _ => {
                    drop(permit);
                    net += amount;
                }
            }
        }
        if step % 16 == 0 {
            drop(tenant.usage());
        }
    }
    net
}

#[test]
fn what_threads_spend_and_give_back_adds_up() {
    for round in 0..300 {
        let capacity = 10 + round * 7 % 300;
        for limit in [
            LimitConfig::sliding("l", Dimension::Requests, capacity, secs(60)),
            LimitConfig::calendar("l", Dimension::Requests, capacity, Period::Hour),
            LimitConfig::bucket("l", Dimension::Requests, 60, secs(3_600), capacity),
        ] {
            let (tenant, _clock) = tenant([limit]);
            let net: u64 = together(|number| spend_and_settle(&tenant, number + round, 60))
                .iter()
                .sum();
            let used = tenant.usage().get("l").unwrap().used;
            // A bucket may give back less than was refunded, never more.
            let exact = !matches!(
                tenant.plan().limits()[0].algorithm(),
                Algorithm::Bucket { .. }
            );
            assert!(
                used == net || !exact && used > net,
                "round {round}: {used} for {net}"
            );
        }
    }
}
