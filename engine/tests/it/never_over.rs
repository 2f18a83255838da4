//! P1, P7: whatever is asked, settled and refunded, and however the clock behaves, no limit is exceeded.

use proptest::prelude::*;
use tollgate::{Cost, Dimension, LimitConfig, ManualClock, Timestamp};

use crate::audit::Audit;
use crate::drive::Drive;
use crate::world::{bytes, history, rules, secs, tenant};

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_interval_holds_more_than_its_limit(rules in rules(), ops in history(80, false)) {
        Drive::new(&rules, ManualClock::new()).run(&ops, &mut Audit::new(&rules));
    }

    #[test]
    fn no_interval_holds_more_than_its_limit_when_the_clock_jumps_back(
        rules in rules(),
        ops in history(80, true),
    ) {
        Drive::new(&rules, ManualClock::new()).run(&ops, &mut Audit::new(&rules));
    }

    #[test]
    fn no_interval_holds_more_than_its_limit_near_the_beginning_of_time(
        rules in rules(),
        ops in history(60, true),
        start in 0_u64..5_000_000,
    ) {
        let clock = ManualClock::at(Timestamp::from_nanos(start));
        Drive::new(&rules, clock).run(&ops, &mut Audit::new(&rules));
    }
}

#[test]
fn a_burst_at_the_end_of_a_window_is_not_repeated_within_it() {
    for parts in [1, 2, 6, 7, 30, 120] {
        let limit = LimitConfig::sliding("l", Dimension::Requests, 10, secs(60)).sub_windows(parts);
        let (tenant, clock) = tenant([limit]);
        let row = 60_000_000_000_u64.div_ceil(u64::from(parts));
        let start = clock.now();
        let last = (start.as_nanos() / row + 1) * row - 1;
        clock.set(Timestamp::from_nanos(last));
        assert!(tenant.try_acquire(&Cost::requests(10)).is_admitted());
        clock.set(Timestamp::from_nanos(last + 60_000_000_000 - 1));
        assert!(
            tenant.try_acquire(&Cost::request()).is_denied(),
            "{parts} parts"
        );
    }
}

#[test]
fn costs_at_the_end_of_the_numbers_are_refused_and_not_wrapped() {
    let limits = [
        LimitConfig::sliding("s", Dimension::Requests, 10, secs(60)),
        LimitConfig::bucket("b", Dimension::Tokens, 10, secs(60), 10),
        LimitConfig::concurrency("c", bytes(), 10),
    ];
    let (tenant, _clock) = tenant(limits);
    for amount in [
        11,
        (1 << 24) - 1,
        1 << 24,
        (1 << 24) + 1,
        1 << 32,
        (1 << 32) + 1,
        u64::MAX,
    ] {
        for cost in [
            Cost::requests(amount),
            Cost::tokens(amount),
            Cost::none().and(bytes(), amount),
        ] {
            let denial = tenant.try_acquire(&cost).into_result().unwrap_err();
            assert_eq!(denial.reason(), tollgate::DenialReason::Never, "{cost}");
        }
    }
    assert!(tenant.usage().iter().all(|level| level.used == 0));
}

#[test]
fn settling_at_the_end_of_the_numbers_saturates_and_never_frees() {
    let limits = [
        LimitConfig::sliding("s", Dimension::Requests, 10, secs(60)),
        LimitConfig::bucket("b", Dimension::Requests, 10, secs(60), 10),
        LimitConfig::calendar("m", Dimension::Requests, 10, tollgate::Period::Minute),
    ];
    let (tenant, clock) = tenant(limits);
    for _ in 0..3 {
        if let Ok(permit) = tenant.try_acquire(&Cost::request()).into_result() {
            drop(permit.settle(&Cost::requests(u64::MAX)));
        }
        assert!(tenant.try_acquire(&Cost::request()).is_denied());
        assert_eq!(tenant.usage().get("b").unwrap().remaining, 0);
        clock.advance(secs(61));
    }
}

#[test]
fn amounts_wider_than_the_lease_word_are_counted_whole() {
    let most = 9_007_199_254_740_991;
    let limit = LimitConfig::sliding("s", Dimension::Tokens, most, secs(60));
    let (tenant, _clock) = tenant([limit]);
    let mut left = most;
    for amount in [
        1,
        (1 << 32) - 1,
        1 << 32,
        (1 << 32) + 1,
        1 << 40,
        1 << 52,
        7,
    ] {
        assert!(tenant.try_acquire(&Cost::tokens(amount)).is_admitted());
        left -= amount;
        assert_eq!(tenant.usage().remaining(&Dimension::Tokens), Some(left));
    }
    assert!(tenant.try_acquire(&Cost::tokens(left + 1)).is_denied());
    assert!(tenant.try_acquire(&Cost::tokens(left)).is_admitted());
}
