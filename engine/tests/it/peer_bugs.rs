//! Bugs that limiters of this field have, or had, held against us one by one; those of keys, sweeps and clocks
//! are in `peer_keys`.
//!
//! Each test names whose bug it is where it was reproduced; versions and figures are those of the
//! comparison that `benches/` is part of. Where no crate is named the mistake is one of the trade's classics.

use std::sync::atomic::{AtomicU64, Ordering};

use tollgate::{
    Clock, Cost, DenialReason, Dimension, LimitConfig, ManualClock, Period, Tenant, TenantConfig,
    Timestamp,
};

use crate::concurrent::together;
use crate::world::{config, id, nanos, secs, tenant};

fn sliding(capacity: u64, window: u64) -> LimitConfig {
    LimitConfig::sliding("l", Dimension::Requests, capacity, secs(window))
}

fn bucket(capacity: u64, window: u64, burst: u64) -> LimitConfig {
    LimitConfig::bucket("b", Dimension::Requests, capacity, secs(window), burst)
}

/// How many single requests are admitted until one is denied.
fn admitted(tenant: &Tenant) -> u64 {
    std::iter::repeat_with(|| tenant.try_acquire(&Cost::request()).is_admitted())
        .take_while(|yes| *yes)
        .count() as u64
}

/// governor, leaky-bucket and ratelimit admit twice the limit within the worst interval of one window; so does
/// every fixed window.
#[test]
fn two_bursts_do_not_fit_one_window_wherever_they_lie() {
    for parts in [1, 6, 30] {
        for phase in (0..60_000).step_by(997) {
            let (tenant, clock) = tenant([sliding(10, 60).sub_windows(parts)]);
            clock.advance(nanos(phase * 1_000_000));
            let first = admitted(&tenant);
            // As late as one can be without leaving the window of the first burst.
            clock.advance(nanos(60_000_000_000 - 1));
            assert_eq!((first, admitted(&tenant)), (10, 0), "{phase} of {parts}");
        }
    }
}

/// volga's fixed window admits up to four times the limit as the window rolls over: each thread that notices
/// starts the count again.
#[test]
fn a_window_that_rolls_over_under_four_threads_begins_once() {
    for round in 0..200 {
        let limit = LimitConfig::calendar("l", Dimension::Requests, 20, Period::Minute);
        let (tenant, clock) = tenant([limit]);
        assert_eq!(admitted(&tenant), 20);
        let rolled = AtomicU64::new(0);
        let sums = together(|number| {
            if number == 0 {
                clock.advance(secs(60));
                rolled.store(1, Ordering::SeqCst);
            }
            while rolled.load(Ordering::SeqCst) == 0 {
                std::thread::yield_now();
            }
            admitted(&tenant)
        });
        assert_eq!(sums.iter().sum::<u64>(), 20, "round {round}: {sums:?}");
    }
}

/// limitador checks every counter and adds afterwards: one too many in 2 to 5 % of rounds; trypema admits one
/// or two too many in 74 %.
#[test]
fn the_last_one_is_admitted_once() {
    for round in 0..500 {
        let (tenant, _clock) = tenant([sliding(7, 60), bucket(60, 60, 7)]);
        for _ in 0..6 {
            assert!(tenant.try_acquire(&Cost::request()).is_admitted());
        }
        let yes = together(|_| tenant.try_acquire(&Cost::request()).is_admitted());
        let count = yes.iter().filter(|yes| **yes).count();
        assert_eq!(count, 1, "round {round}");
    }
}

/// throttlecrab admits 129 to 188 of a burst of 100 after an idle spell.
#[test]
fn idling_saves_up_no_more_than_one_burst() {
    for idle in [1, 59, 60, 61, 3_600, 86_400 * 400] {
        let (tenant, clock) = tenant([bucket(6_000, 60, 100)]);
        assert_eq!(admitted(&tenant), 100);
        clock.advance(secs(idle));
        assert_eq!(admitted(&tenant), 100, "after {idle} s");
    }
}

/// pingora's rate counter takes a clock that steps back for one that wrapped round, and resets.
#[test]
fn a_clock_that_goes_back_resets_nothing() {
    let limits = [
        sliding(5, 60),
        bucket(5, 60, 5),
        LimitConfig::calendar("m", Dimension::Requests, 5, Period::Minute),
    ];
    for limit in limits {
        for back in [1, 1_000_000_000, 3_600_000_000_000, u64::MAX] {
            let (tenant, clock) = tenant([limit.clone()]);
            assert_eq!(admitted(&tenant), 5);
            clock.set(clock.now().saturating_sub(nanos(back)));
            assert_eq!(admitted(&tenant), 0, "{back} ns back, {}", limit.name);
        }
    }
}

/// pingora's rate counter panics within its first second if its window is shorter.
#[test]
fn windows_below_a_second_count_from_the_first_nanosecond() {
    for window in [1_000_000, 1_000_007, 20_000_000, 999_999_999] {
        let clock = ManualClock::at(Timestamp::ZERO);
        let limit = LimitConfig::sliding("l", Dimension::Requests, 3, nanos(window)).sub_windows(1);
        let tenant = Tenant::new(&config([limit]), Clock::manual(&clock)).unwrap();
        for step in 0..5 {
            assert_eq!(admitted(&tenant), 3, "{window} ns, step {step}");
            clock.advance(nanos(2 * window));
        }
    }
}

/// A check of the count *before* the cost is added lets a cost of any size through an unused limit.
#[test]
fn a_cost_above_the_limit_is_denied_by_an_unused_limit_too() {
    let slots = LimitConfig::concurrency("c", Dimension::Requests, 5);
    for limit in [sliding(5, 60), bucket(5, 60, 5), slots] {
        let (tenant, _clock) = tenant([limit]);
        let denial = tenant
            .try_acquire(&Cost::requests(6))
            .into_result()
            .unwrap_err();
        assert_eq!(denial.reason(), DenialReason::Never);
        assert_eq!(denial.retry_after(), None, "waiting would not help");
        assert!(tenant.try_acquire(&Cost::requests(5)).is_admitted());
    }
}

/// A bucket that keeps a time of last refill and no more refills the past at whatever rate is in force now.
#[test]
fn a_new_rate_credits_no_past() {
    let (tenant, clock) = tenant([bucket(60, 60, 100)]);
    assert_eq!(admitted(&tenant), 100);
    clock.advance(secs(10));
    tenant
        .reconfigure(&config([bucket(6_000, 60, 100)]))
        .unwrap();
    assert_eq!(admitted(&tenant), 10, "ten seconds at one a second");
    clock.advance(nanos(500_000_000));
    assert_eq!(admitted(&tenant), 50, "half a second at a hundred a second");
}

/// "Unlimited" kept as the number 0 is told to clients as "nothing remains".
#[test]
fn unlimited_is_not_zero() {
    let unlimited = TenantConfig::new(id("acme"))
        .requests_per_minute(0)
        .tokens_per_minute(0);
    let tenant = Tenant::new(&unlimited, Clock::manual(&ManualClock::new())).unwrap();
    assert!(tenant.try_acquire(&Cost::requests(u64::MAX)).is_admitted());
    assert_eq!(tenant.usage().remaining(&Dimension::Requests), None);
    assert_eq!(tenant.usage().remaining(&Dimension::Tokens), None);
}

/// A counter that is raised first and compared afterwards lets a client that keeps asking lock itself out.
#[test]
fn who_is_denied_is_not_charged_and_not_put_off() {
    let tokens = LimitConfig::sliding("t", Dimension::Tokens, 10, secs(60));
    let (tenant, clock) = tenant([sliding(5, 60), tokens]);
    assert_eq!(admitted(&tenant), 5);
    let retry_at = || {
        let denial = tenant.try_acquire(&Cost::request().and_tokens(2));
        denial.into_result().unwrap_err().retry_at().unwrap()
    };
    let first = retry_at();
    for _ in 0..1_000 {
        clock.advance(nanos(1_000_000));
        assert_eq!(retry_at(), first);
    }
    assert_eq!(tenant.usage().get("t").unwrap().used, 0, "all or none");
    clock.set(first);
    for _ in 0..5 {
        let cost = Cost::request().and_tokens(2);
        assert!(tenant.try_acquire(&cost).is_admitted());
    }
}

/// A limiter of several dimensions that reports the first one that says no sends the client back too early.
#[test]
fn the_retry_instant_is_that_of_the_slowest_dimension() {
    let tokens = LimitConfig::bucket("t", Dimension::Tokens, 60, secs(60), 100);
    for reversed in [false, true] {
        let mut limits = [bucket(60, 60, 2), tokens.clone()];
        if reversed {
            limits.reverse();
        }
        let (tenant, clock) = tenant(limits);
        let cost = Cost::request().and_tokens(50);
        assert!(tenant.try_acquire(&cost).is_admitted());
        assert!(tenant.try_acquire(&cost).is_admitted());
        let denial = tenant.try_acquire(&cost).into_result().unwrap_err();
        // One second for the request, fifty for the tokens.
        assert_eq!(denial.retry_after(), Some(secs(50)));
        clock.set(denial.retry_at().unwrap().saturating_sub(nanos(1)));
        assert!(tenant.try_acquire(&cost).is_denied());
        clock.advance(nanos(1));
        assert!(tenant.try_acquire(&cost).is_admitted());
    }
}

/// A signed cost below zero is a gift to whoever sends it; cast to unsigned it is the largest number there is.
#[test]
fn what_a_negative_cost_becomes_is_neither_a_gift_nor_wrapped() {
    let minus_one = u64::MAX;
    for limit in [sliding(5, 60), bucket(5, 60, 5)] {
        let name = limit.name.clone();
        let (tenant, _clock) = tenant([limit]);
        assert!(tenant.try_acquire(&Cost::requests(3)).is_admitted());
        let denial = tenant.try_acquire(&Cost::requests(minus_one));
        let denial = denial.into_result().unwrap_err();
        assert_eq!(denial.reason(), DenialReason::Never);
        assert_eq!(tenant.usage().get(&name).unwrap().used, 3);
        let permit = tenant.try_acquire(&Cost::request()).into_result().unwrap();
        drop(permit.settle(&Cost::requests(minus_one)));
        assert_eq!(admitted(&tenant), 0, "debt, not a refund");
    }
}

/// throttlecrab casts to `u32` without a word: a cost of 2³² + 1 counts as 1.
#[test]
fn a_wide_cost_keeps_all_its_bits() {
    let limit = LimitConfig::sliding("t", Dimension::Tokens, 1 << 40, secs(60));
    let (tenant, _clock) = tenant([limit]);
    let wide = (1 << 32) + 1;
    assert!(tenant.try_acquire(&Cost::tokens(wide)).is_admitted());
    assert_eq!(tenant.usage().get("t").unwrap().used, wide);
}

/// gubernator keeps tokens in floats: rates that don't divide evenly drift away.
#[test]
fn a_rate_that_divides_nothing_evenly_drifts_by_nothing() {
    // 7 in 11 seconds, asked for every 13 ms for two hours.
    let (tenant, clock) = tenant([bucket(7, 11, 1)]);
    let mut total = 0_u64;
    for _ in 0..553_846_u64 {
        total += admitted(&tenant);
        clock.advance(nanos(13_000_000));
    }
    // A burst of one loses what comes while it is full: at most one interval a token, and no token gained.
    let elapsed = 553_845 * 13_u64;
    let most = 1 + elapsed * 7 / 11_000;
    let waits = 11_000_u64.div_ceil(7).div_ceil(13) * 13;
    assert!(
        (elapsed / waits..=most).contains(&total),
        "{total} of {most}"
    );
}
