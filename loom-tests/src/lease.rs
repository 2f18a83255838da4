//! The lease word: taking, filling, draining and rolling on.

use super::*;

fn two_limits(requests: u64, tokens: u64) -> TenantConfig {
    config()
        .requests_per_minute(requests)
        .tokens_per_minute(tokens)
}

#[test]
fn the_last_two_go_to_exactly_two_of_four_requests() {
    check("last two", || {
        let (tenant, _clock) = tenant(&two_limits(3, 1000));
        // One is charged under the lock, one is leased, one is free: the takers meet the word and the lock.
        assert!(take(&tenant, &Cost::request()));
        let twice = |tenant: &Tenant| [(); 2].map(|()| take(tenant, &Cost::request()));
        let other = spawn(&tenant, twice);
        let here = twice(&tenant);
        let there = other.join().unwrap();
        let admitted = here.iter().chain(&there).filter(|yes| **yes).count();
        assert_eq!(admitted, 2, "here {here:?}, there {there:?}");
        assert_eq!(used(&tenant, "requests_per_minute"), 3);
    });
}

#[test]
fn all_dimensions_are_taken_or_none() {
    check("all or none", || {
        let (tenant, _clock) = tenant(&two_limits(8, 30));
        let big = Cost::request().and_tokens(10);
        assert!(take(&tenant, &big));
        let other = spawn(&tenant, |tenant| {
            take(tenant, &Cost::request().and_tokens(15))
        });
        let here = take(&tenant, &big);
        let there = other.join().unwrap();
        // 20 tokens are left: 10 and 15 don't both fit, each alone does.
        assert!(here ^ there, "here {here}, there {there}");
        assert_eq!(used(&tenant, "requests_per_minute"), 2);
        let tokens = if here { 20 } else { 25 };
        assert_eq!(used(&tenant, "tokens_per_minute"), tokens);
    });
}

#[test]
fn a_drain_loses_nothing_and_gives_nothing_twice() {
    check("drain", || {
        let (tenant, _clock) = tenant(&two_limits(8, 1000));
        assert!(take(&tenant, &Cost::request()));
        // Debt drains the word and fills it again, while the other thread takes from it.
        let permit = tenant.try_acquire(&Cost::request()).into_result().unwrap();
        let other = spawn(&tenant, |tenant| {
            take(tenant, &Cost::request().and_tokens(10))
        });
        drop(permit.settle(&Cost::requests(2)));
        assert!(other.join().unwrap(), "there was room all along");
        assert_eq!(used(&tenant, "requests_per_minute"), 4);
        assert_eq!(used(&tenant, "tokens_per_minute"), 10);
    });
}

#[test]
fn what_is_taken_while_the_minute_rolls_is_charged_to_the_minute_it_was_taken_in() {
    check("roll", || {
        let (tenant, clock) = tenant(
            &config().limit(
                tollgate::LimitConfig::sliding("w", tollgate::Dimension::Requests, 4, MINUTE)
                    .sub_windows(1),
            ),
        );
        assert!(take(&tenant, &Cost::request()));
        let other = spawn(&tenant, |tenant| take(tenant, &Cost::request()));
        // The next row: its taker drains the word, opens a new epoch and fills it again.
        clock.advance(MINUTE);
        assert!(take(&tenant, &Cost::request()));
        assert!(other.join().unwrap());
        assert_eq!(used(&tenant, "w"), 3, "both rows are in the window");
        // Two rows later only what was charged to the second row may be left.
        clock.advance(MINUTE);
        let left = used(&tenant, "w");
        assert!((1..=2).contains(&left), "{left}");
    });
}

#[test]
fn a_refund_while_the_minute_rolls_lightens_no_newer_row() {
    check("refund and roll", || {
        let (tenant, clock) = tenant(
            &config().limit(
                tollgate::LimitConfig::sliding("w", tollgate::Dimension::Requests, 8, MINUTE)
                    .sub_windows(1),
            ),
        );
        assert!(take(&tenant, &Cost::request()));
        let other = spawn(&tenant, |tenant| {
            let permit = tenant.try_acquire(&Cost::request()).into_result().unwrap();
            drop(permit.refund());
        });
        clock.advance(MINUTE);
        assert!(take(&tenant, &Cost::request()));
        other.join().unwrap();
        assert_eq!(used(&tenant, "w"), 2);
        clock.advance(MINUTE);
        assert_eq!(
            used(&tenant, "w"),
            1,
            "the one of the second row is still there"
        );
    });
}
