//! New configs and suspensions against takers.

use tollgate::{Dimension, LimitConfig, Status};

use super::*;

#[test]
fn a_swap_keeps_what_a_racing_taker_took() {
    check("swap", || {
        let (tenant, _clock) = tenant(&config().requests_per_minute(4));
        assert!(take(&tenant, &Cost::request()));
        let other = spawn(&tenant, |tenant| take(tenant, &Cost::request()));
        tenant
            .reconfigure(&config().requests_per_minute(8))
            .unwrap();
        assert!(other.join().unwrap());
        assert_eq!(
            tenant.usage().get("requests_per_minute").unwrap().remaining,
            6
        );
    });
}

#[test]
fn a_decision_after_a_swap_is_made_by_the_new_plan() {
    check("swap, then decide", || {
        let (tenant, _clock) = tenant(&config().requests_per_minute(8));
        assert!(take(&tenant, &Cost::request()));
        let other = spawn(&tenant, |tenant| {
            take(tenant, &Cost::request().and_tokens(7))
        });
        // Half of what it has is nothing, so that the word stays empty: there are few stores to see or not to see.
        let next = config().requests_per_minute(1).tokens_per_minute(1);
        tenant.reconfigure(&next).unwrap();
        assert!(!take(&tenant, &Cost::tokens(2)), "more than there ever is");
        let there = other.join().unwrap();
        assert_eq!(used(&tenant, "requests_per_minute"), 1 + u64::from(there));
        assert_eq!(
            used(&tenant, "tokens_per_minute"),
            0,
            "the old plan did not count tokens"
        );
    });
}

#[test]
fn a_limit_is_not_lightened_by_a_permit_that_it_did_not_charge() {
    check("swap and refund", || {
        let limit = |name: &str| LimitConfig::sliding(name, Dimension::Requests, 8, MINUTE);
        let (tenant, _clock) = tenant(&config().limit(limit("old")));
        assert!(take(&tenant, &Cost::request()));
        // Taken from the lease word, in the epoch that the swap ends; the new limit gets the old one's
        // seat.
        let permit = tenant.try_acquire(&Cost::request()).into_result().unwrap();
        let permit = permit.into_owned();
        let other = thread::spawn(move || drop(permit.refund()));
        tenant.reconfigure(&config().limit(limit("new"))).unwrap();
        assert!(take(&tenant, &Cost::request()));
        other.join().unwrap();
        assert_eq!(used(&tenant, "new"), 1);
    });
}

#[test]
fn nothing_is_admitted_once_a_suspension_has_returned() {
    check("suspend", || {
        let (tenant, _clock) = tenant(&config().requests_per_minute(8));
        assert!(take(&tenant, &Cost::request()));
        let other = spawn(&tenant, |tenant| take(tenant, &Cost::request()));
        let mut suspended = config().requests_per_minute(8);
        suspended.status = Status::Suspended;
        tenant.reconfigure(&suspended).unwrap();
        assert!(!take(&tenant, &Cost::request()));
        let there = other.join().unwrap();
        assert!(
            !take(&tenant, &Cost::none()),
            "not even a request that costs nothing"
        );
        assert_eq!(used(&tenant, "requests_per_minute"), 1 + u64::from(there));
    });
}
