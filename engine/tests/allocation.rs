//! A decision allocates nothing, admitted or denied, but for the ring of a sliding window: once, when its usage
//! first lies in a second sub-window.
//!
//! A binary of its own: `allocation_counter` sets the global allocator, and counts by thread.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::time::Duration;

use tollgate::{
    AlgorithmKind, Clock, Cost, Dimension, LimitConfig, ManualClock, Period, Tenant, TenantConfig,
};

fn allocations(work: impl FnOnce()) -> u64 {
    allocation_counter::measure(work).count_total
}

fn every_algorithm() -> [LimitConfig; 6] {
    let second = Duration::from_secs(1);
    [
        LimitConfig::sliding("sliding", Dimension::Requests, 20, second).sub_windows(120),
        LimitConfig::bucket("bucket", Dimension::Tokens, 30, second, 30),
        LimitConfig::calendar("month", Dimension::Tokens, 20_000, Period::Month),
        LimitConfig::calendar("minute", Dimension::Requests, 500, Period::Minute),
        LimitConfig::concurrency("slots", Dimension::Requests, 6),
        LimitConfig::sliding("bytes", "bytes".parse().unwrap(), 1_000, second),
    ]
}

fn tenant(limits: impl IntoIterator<Item = LimitConfig>, clock: &ManualClock) -> Tenant {
    let config = TenantConfig::new("acme".parse().unwrap());
    let config = limits.into_iter().fold(config, TenantConfig::limit);
    Tenant::new(&config, Clock::manual(clock)).unwrap()
}

#[test]
fn the_allocator_counts() {
    assert!(allocations(|| drop(std::hint::black_box(vec![1_u8]))) > 0);
}

#[test]
fn no_decision_allocates_but_a_ring_for_each_sliding_window_once() {
    let limits = every_algorithm();
    let costs = [
        Cost::request(),
        Cost::request().and_tokens(7),
        Cost::tokens(29),
        Cost::requests(21),
        Cost::none(),
        Cost::request().and("bytes".parse().unwrap(), 600),
    ];
    for first in 0..limits.len() {
        for many in 1..=4 {
            let clock = ManualClock::new();
            let some = limits.iter().cycle().skip(first).take(many).cloned();
            let sliding = some
                .clone()
                .filter(|limit| limit.algorithm == AlgorithmKind::Sliding);
            let rings = u64::try_from(sliding.count()).unwrap();
            let tenant = tenant(some, &clock);
            let mut allocated = 0;
            let (mut admitted, mut denied) = (0_u32, 0_u32);
            for step in 0..3_000_u64 {
                for cost in &costs {
                    let mut decision = None;
                    // A ring is 128 bytes of its own, or two pieces if it is larger.
                    allocated += allocations(|| decision = Some(tenant.try_acquire(cost)));
                    assert!(
                        allocated <= 2 * rings,
                        "{cost}, {many} limits from {first}, step {step}"
                    );
                    match decision.unwrap().into_result() {
                        Ok(permit) if step.is_multiple_of(3) => drop(permit.refund()),
                        Ok(permit) if step.is_multiple_of(5) => {
                            drop(permit.settle(&Cost::tokens(9)));
                        }
                        Ok(_permit) => admitted += 1,
                        Err(_denial) => denied += 1,
                    }
                }
                // Rows of 8 ms, now and then a minute, in the end several months.
                let long = if step.is_multiple_of(100) {
                    61_000_000_000
                } else {
                    3_000_000
                };
                clock.advance(Duration::from_nanos(long));
                if step.is_multiple_of(900) {
                    clock.advance(Duration::from_secs(40 * 86_400));
                }
            }
            assert!(admitted > 0 && denied > 0, "{admitted} {denied}");
        }
    }
}

#[test]
fn looking_at_usage_allocates_nothing_for_up_to_eight_limits() {
    let tenant = tenant(every_algorithm(), &ManualClock::new());
    assert_eq!(allocations(|| drop(tenant.usage())), 0);
}
