//! Concurrency slots: never one too many, each freed exactly once.

use tollgate::{Dimension, LimitConfig};

use super::*;

fn in_flight(capacity: u64) -> TenantConfig {
    config().limit(LimitConfig::concurrency(
        "in-flight",
        Dimension::Requests,
        capacity,
    ))
}

#[test]
fn a_slot_is_held_by_one_of_two_and_freed_once() {
    check("one slot", || {
        let (tenant, _clock) = tenant(&in_flight(1));
        let other = spawn(&tenant, |tenant| take(tenant, &Cost::request()));
        let here = take(&tenant, &Cost::request());
        let there = other.join().unwrap();
        assert!(here || there, "the first to ask gets it");
        assert_eq!(used(&tenant, "in-flight"), 0, "both are gone");
    });
}

#[test]
fn a_freed_slot_is_seen_by_whoever_asks_next() {
    check("freed slot", || {
        let (tenant, _clock) = tenant(&in_flight(4));
        let kept = tenant.try_acquire(&Cost::request()).into_result().unwrap();
        let permit = tenant.try_acquire(&Cost::request()).into_result().unwrap();
        let other = spawn(&tenant, |tenant| {
            let held = tenant
                .try_acquire(&Cost::requests(2))
                .into_result()
                .unwrap();
            drop(held);
        });
        drop(permit);
        other.join().unwrap();
        assert_eq!(used(&tenant, "in-flight"), 1, "each is freed once");
        assert!(take(&tenant, &Cost::requests(3)));
        drop(kept);
    });
}
