//! The deny word: what it remembers never outlives what it is about.

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
