//! Limits that are pointless and that are not, by hand and against the engine.

use proptest::prelude::*;
use tollgate::{Clock, Cost, Dimension, ManualClock, Tenant, TenantConfig};

use super::*;

const REQUESTS: Dimension = Dimension::Requests;

fn sliding(capacity: u64, seconds: u64) -> LimitConfig {
    LimitConfig::sliding("s", REQUESTS, capacity, Duration::from_secs(seconds))
}

fn bucket(capacity: u64, seconds: u64, burst: u64) -> LimitConfig {
    LimitConfig::bucket("b", REQUESTS, capacity, Duration::from_secs(seconds), burst)
}

fn calendar(capacity: u64, period: Period) -> LimitConfig {
    LimitConfig::calendar("c", REQUESTS, capacity, period)
}

#[test]
fn a_limit_that_always_denies_first_makes_the_other_pointless() {
    let (day, month) = (Period::Day, Period::Month);
    for (a, b) in [
        (sliding(100, 60), sliding(1_000, 60)),
        (sliding(100, 60), sliding(100, 60)),
        // An hour's window of 30 parts looks at 62 minutes.
        (sliding(100, 60), sliding(6_200, 3_600)),
        (sliding(100, 3_600), sliding(100, 60)),
        (sliding(10, 1), calendar(864_000, day)),
        (sliding(10, 1), bucket(600, 60, 10)),
        (calendar(100, month), calendar(100, day)),
        (calendar(100, day), calendar(3_100, month)),
        (calendar(100, day), sliding(200, 3_600)),
        (bucket(60, 60, 5), bucket(1, 1, 5)),
        (bucket(60, 60, 5), sliding(67, 60)),
        (bucket(1, 1, 5), calendar(86_405, day)),
        (
            LimitConfig::concurrency("a", REQUESTS, 8),
            LimitConfig::concurrency("b", REQUESTS, 9),
        ),
    ] {
        assert!(makes_pointless(&a, &b), "{a:?}\n{b:?}");
    }
}

#[test]
fn a_limit_that_may_deny_alone_is_not_pointless() {
    let (day, month) = (Period::Day, Period::Month);
    for (a, b) in [
        (sliding(100, 60), sliding(99, 60)),
        (sliding(100, 60), sliding(6_199, 3_600)),
        // In 62 s there are two intervals of 60 s.
        (sliding(100, 60), sliding(150, 60).sub_windows(1)),
        (sliding(10, 1), calendar(863_999, day)),
        (sliding(10, 1), bucket(600, 60, 9)),
        (sliding(10, 1), bucket(599, 60, 10)),
        (calendar(100, day), calendar(3_099, month)),
        (calendar(100, day), sliding(199, 3_600)),
        (calendar(100, day), bucket(100, 1, 100)),
        (bucket(60, 60, 5), bucket(1, 1, 4)),
        (bucket(60, 60, 5), sliding(66, 60)),
        (sliding(1, 60), LimitConfig::concurrency("c", REQUESTS, 9)),
        (sliding(1, 60).shadow(), sliding(9, 60)),
        (
            LimitConfig::sliding("t", Dimension::Tokens, 1, Duration::from_secs(60)),
            sliding(9, 60),
        ),
    ] {
        assert!(!makes_pointless(&a, &b), "{a:?}\n{b:?}");
    }
}

#[test]
fn a_limit_for_some_requests_says_nothing_of_others() {
    let mut gpt = MatchConfig::default();
    gpt.models.push("gpt-4*".to_owned());
    let mut gpt4o = MatchConfig::default();
    gpt4o.models.push("gpt-4o".to_owned());
    let (all, wide, narrow) = (
        sliding(9, 60),
        sliding(9, 60).only_for(gpt),
        sliding(9, 60).only_for(gpt4o),
    );
    assert!(makes_pointless(&all, &wide) && makes_pointless(&wide, &narrow));
    assert!(!makes_pointless(&wide, &all) && !makes_pointless(&narrow, &wide));
}

/// Any limit on requests whose window is a few seconds to a few minutes.
fn limit(name: &'static str) -> impl Strategy<Value = LimitConfig> {
    let windows = prop::sample::select(vec![1_u64, 2, 3, 10, 30, 59, 60, 61, 90, 120]);
    let periods = prop::sample::select(vec![Period::Minute, Period::Hour]);
    let named = move |mut limit: LimitConfig| {
        limit.name = name.to_owned();
        limit
    };
    prop_oneof![
        (1..30_u64, windows.clone(), 1..7_u16)
            .prop_map(|(capacity, window, parts)| sliding(capacity, window).sub_windows(parts)),
        (1..30_u64, windows, 1..30_u64)
            .prop_map(|(capacity, window, burst)| bucket(capacity, window, burst)),
        (1..30_u64, periods).prop_map(|(capacity, period)| calendar(capacity, period)),
    ]
    .prop_map(named)
}

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 1_000_000, ..ProptestConfig::default() })]

    /// What is called pointless can be taken out, and every request is answered as before.
    #[test]
    fn without_a_pointless_limit_the_engine_decides_the_same(
        a in limit("a"),
        b in limit("b"),
        requests in prop::collection::vec((0..40_000_u64, 1..4_u64), 1..120),
    ) {
        prop_assume!(makes_pointless(&a, &b));
        let time = ManualClock::new();
        let acme = || TenantConfig::new("acme".parse().unwrap());
        let tenant = |config| Tenant::new(&config, Clock::manual(&time)).unwrap();
        let (both, one) = (tenant(acme().limit(a.clone()).limit(b.clone())), tenant(acme().limit(a)));
        for (wait, cost) in requests {
            // Most come at once.
            time.advance(Duration::from_millis(wait.saturating_sub(20_000)));
            let cost = Cost::requests(cost);
            prop_assert_eq!(
                both.try_acquire(&cost).is_admitted(),
                one.try_acquire(&cost).is_admitted()
            );
        }
    }
}
