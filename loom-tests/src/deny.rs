//! The deny word: what it remembers never outlives what it is about.

use tollgate::{Dimension, LimitConfig};

use super::*;

#[test]
fn a_remembered_denial_never_hides_quota_that_was_freed() {
    check("deny and refund", || {
        let (tenant, _clock) = tenant(&config().requests_per_minute(1));
        let permit = tenant.try_acquire(&Cost::request()).into_result().unwrap();
        assert!(!take(&tenant, &Cost::request()), "remembered from here on");
        // Arms it again, perhaps, while the refund below disarms it.
        let other = spawn(&tenant, |tenant| take(tenant, &Cost::request()));
        drop(permit.refund());
        let there = other.join().unwrap();
        let here = take(&tenant, &Cost::request());
        assert!(here ^ there, "one was freed: here {here}, there {there}");
    });
}

#[test]
fn a_remembered_denial_is_told_as_it_was_made() {
    check("deny as made", || {
        let (tenant, _clock) = tenant(&config().requests_per_minute(2).tokens_per_minute(10));
        assert!(take(&tenant, &Cost::requests(2).and_tokens(10)));
        assert!(!take(&tenant, &Cost::request()));
        let other = spawn(&tenant, |tenant| {
            let denied = tenant
                .try_acquire(&Cost::tokens(1))
                .into_result()
                .unwrap_err();
            denied.binding_name().unwrap().to_string()
        });
        let denied = tenant
            .try_acquire(&Cost::request())
            .into_result()
            .unwrap_err();
        assert_eq!(&*denied.binding_name().unwrap(), "requests_per_minute");
        assert_eq!(other.join().unwrap(), "tokens_per_minute");
    });
}

#[test]
fn a_denial_counts_what_was_admitted_since_it_was_remembered() {
    check("deny and admit", || {
        let window = LimitConfig::sliding("w", Dimension::Requests, 10, MINUTE).sub_windows(1);
        let (tenant, clock) = tenant(&config().limit(window));
        assert!(take(&tenant, &Cost::requests(6)));
        clock.advance(MINUTE);
        assert!(
            !take(&tenant, &Cost::requests(9)),
            "remembered until the first row leaves"
        );
        let other = spawn(&tenant, |tenant| take(tenant, &Cost::requests(9)));
        assert!(take(&tenant, &Cost::requests(2)));
        assert!(!other.join().unwrap());
        // The first row leaves a minute from now, but then two of the second are in the way.
        let denied = tenant
            .try_acquire(&Cost::requests(9))
            .into_result()
            .unwrap_err();
        assert_eq!(denied.retry_after(), Some(2 * MINUTE));
    });
}
