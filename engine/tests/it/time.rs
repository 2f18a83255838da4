//! P8: a clock that stalls, jumps back or lags frees nothing early, is never spent past, and never panics.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use tollgate::{Clock, Cost, Dimension, LimitConfig, ManualClock, Tenant, TimeSource, Timestamp};

use crate::audit::Audit;
use crate::drive::{Drive, Witness};
use crate::world::{Op, Rule, config, cost_of, edge, history, nanos, rules, secs, tenant};

/// A clock whose cheap reading lags, by as much as it is told.
#[derive(Debug, Clone)]
struct Lagging {
    exact: ManualClock,
    lag: Arc<AtomicU64>,
    most: u64,
}

impl TimeSource for Lagging {
    fn now(&self) -> Timestamp {
        self.exact.now()
    }

    fn now_coarse(&self) -> Timestamp {
        let lag = self.lag.load(Ordering::Relaxed);
        self.exact.now().saturating_sub(nanos(lag))
    }

    fn max_lag(&self) -> Duration {
        nanos(self.most)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 800, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_lagging_clock_is_as_exact_as_a_precise_one(
        rules in rules(),
        ops in history(80, false),
        most in prop_oneof![Just(0_u64), 1_u64..1_000, 1_u64..5_000_000],
        lags in prop::collection::vec(0.0..=1.0, 80),
    ) {
        let exact = ManualClock::new();
        let clock = Lagging { exact: exact.clone(), lag: Arc::default(), most };
        let config = config(rules.iter().map(Rule::config));
        let tenant = Tenant::new(&config, Clock::custom(clock.clone())).unwrap();
        // A precise twin answers the same, whatever the lag.
        let twin = Tenant::new(&config, Clock::manual(&exact)).unwrap();
        let mut audit = Audit::new(&rules);
        let mut permits = Vec::new();
        let mut retry_at = None;
        for (number, (op, lag)) in ops.iter().zip(&lags).enumerate() {
            clock.lag.store(lagged(most, *lag), Ordering::Relaxed);
            match op {
                &Op::Acquire { requests, tokens, bytes } => {
                    let cost = cost_of(requests, tokens, bytes);
                    let (here, there) = (tenant.try_acquire(&cost), twin.try_acquire(&cost));
                    prop_assert_eq!(here.is_admitted(), there.is_admitted(), "{}", &cost);
                    match (here.into_owned().into_result(), there.into_owned().into_result()) {
                        (Ok(here), Ok(there)) => {
                            audit.admitted(number, exact.now().as_nanos(), &cost);
                            permits.push((here, there));
                        }
                        (Err(here), Err(there)) => {
                            prop_assert_eq!(here.reason(), there.reason());
                            prop_assert_eq!(here.retry_at(), there.retry_at());
                            retry_at = here.retry_at().or(retry_at);
                        }
                        _ => unreachable!("compared above"),
                    }
                }
                &Op::Wait(by) => exact.advance(nanos(by)),
                Op::ToEdge { limit, rows, offset } => {
                    exact.set(edge(exact.now(), limit.get(&rules), *rows, *offset));
                }
                &Op::ToRetry { before } => if let Some(at) = retry_at {
                    let at = at.saturating_sub(nanos(u64::from(before)));
                    exact.set(std::cmp::max(at, exact.now()));
                },
                _ => {}
            }
        }
    }

    #[test]
    fn a_clock_that_jumps_about_anywhere_in_time_never_panics(
        rules in rules(),
        ops in history(60, true),
        jumps in prop::collection::vec(any::<u64>(), 60),
    ) {
        let clock = ManualClock::at(Timestamp::MAX);
        let mut drive = Drive::new(&rules, clock);
        for (op, jump) in ops.iter().zip(jumps) {
            drive.step(op, &mut Nobody);
            if jump % 3 == 0 {
                drive.clock.set(Timestamp::from_nanos(jump));
            }
            if jump % 7 == 0 {
                drive.clock.set([Timestamp::ZERO, Timestamp::MAX, Timestamp::from_nanos(1)][(jump % 3) as usize]);
            }
        }
    }
}

struct Nobody;
impl Witness for Nobody {}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "any lag up to the most will do"
)]
fn lagged(most: u64, part: f64) -> u64 {
    std::cmp::min((most as f64 * part) as u64, most)
}

#[test]
fn a_clock_that_jumps_back_frees_nothing_early() {
    let limits = [
        LimitConfig::sliding("s", Dimension::Requests, 10, secs(10)).sub_windows(10),
        LimitConfig::bucket("b", Dimension::Requests, 10, secs(10), 10),
        LimitConfig::calendar("m", Dimension::Requests, 10, tollgate::Period::Minute),
    ];
    for limit in limits {
        let (tenant, clock) = tenant([limit]);
        clock.advance(secs(3_600));
        assert!(tenant.try_acquire(&Cost::requests(10)).is_admitted());
        let at = tenant
            .try_acquire(&Cost::request())
            .into_result()
            .unwrap_err()
            .retry_at()
            .unwrap();
        for back in [1, 30, 3_599, 10_000_000] {
            clock.set(at.saturating_sub(secs(back)));
            let denial = tenant
                .try_acquire(&Cost::request())
                .into_result()
                .unwrap_err();
            assert_eq!(denial.retry_at(), Some(at), "{back}");
            assert_eq!(tenant.usage().remaining(&Dimension::Requests), Some(0));
        }
        clock.set(at);
        assert!(tenant.try_acquire(&Cost::request()).is_admitted());
    }
}

#[test]
fn a_clock_that_stands_still_refills_nothing() {
    let (tenant, _clock) = tenant([LimitConfig::bucket(
        "b",
        Dimension::Requests,
        1_000_000,
        secs(1),
        7,
    )]);
    let admitted = (0..10_000).filter(|_| tenant.try_acquire(&Cost::request()).is_admitted());
    assert_eq!(admitted.count(), 7);
}

/// A window begun long ago, all of it: nothing is forgotten while the tenant sleeps, and nothing kept.
#[test]
fn a_word_that_was_filled_long_ago_is_not_spent_in_a_later_window() {
    for sleep in [1_u64, 31, 61, 62, 256 * 2, 257 * 2, 100_000] {
        let limit = LimitConfig::sliding("s", Dimension::Requests, 100, secs(60));
        let (tenant, clock) = tenant([limit]);
        assert!(tenant.try_acquire(&Cost::request()).is_admitted());
        clock.advance(secs(sleep));
        let admitted = (0..200)
            .filter(|_| tenant.try_acquire(&Cost::request()).is_admitted())
            .count();
        assert_eq!(admitted, if sleep < 62 { 99 } else { 100 }, "{sleep}");
    }
}
