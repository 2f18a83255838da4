//! How a shared limit counts: into which rows the store's time falls, and which of them add up.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::plan::{Algorithm, Limit, Period};

/// By so much nodes may be wrong about the store's clock and lose nothing: half of it on either side of a row.
pub const SLACK: Duration = Duration::from_millis(10);
const SLACK_MICROS: u64 = 10_000;
/// So long after the store has last heard of a node, what that held of a concurrency limit is free for others. Until shortly before, the
/// node itself knows that it is not.
pub const SLOTS_KEPT: Duration = Duration::from_secs(4);
/// Grants of a bucket are spent within so long, or within the time that refills half of it.
const LONGEST_LEASE_MICROS: u64 = 1_000_000;
/// No row is shorter: a round trip must fit.
const SHORTEST_ROW_MICROS: u64 = 1_000;

/// How a shared limit counts, in the store's microseconds.
///
/// Every algorithm counts by rows, numbered by epoch: what was granted in a row is spent in that row, or given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    /// Rows of `step` microseconds: row e begins at e · `step`. `rows` of them in a row never hold more than the capacity.
    ///
    /// For a window W in S sub-windows: `step` = ⌈(W + [`SLACK`]) / S⌉ and `rows` = S + 1. An interval of length W that begins in
    /// row i, or half a slack before, ends in row i + S at the latest.
    Sliding {
        /// The length of a row.
        step: u64,
        /// How many rows add up.
        rows: u64,
    },
    /// One row, from `start` to `end`; its number is `start`. Nodes work out periods of the UTC calendar; the
    /// store grants only what lies within the row by its own clock.
    Calendar {
        /// The first microsecond.
        start: u64,
        /// The first one after it.
        end: u64,
    },
    /// A level that refills by the capacity every `window` microseconds, up to `level`; what is granted in a row of `step`
    /// microseconds is spent within that row.
    ///
    /// For a burst B at the rate r: `level` = B − r · (`step` + slack), rounded down. What is spent in an interval t was granted in it or at
    /// most `step` and slack before: `level` + r · (t + `step` + slack) ≤ B + r · t.
    Bucket {
        /// The time in which it refills by the capacity.
        window: u64,
        /// The most that is there to be granted at once.
        level: u64,
        /// The length of a row.
        step: u64,
    },
    /// So much is held at once. Row 0 is the only one; what is held by a node that the store has not heard of for `ttl`
    /// microseconds is free again, so a node that has not heard of the store for as long admits nothing.
    Concurrency {
        /// For how long a holding counts after the node was heard of.
        ttl: u64,
    },
}

impl Shape {
    /// That of a limit, at this time: a calendar window is one shape after the other.
    ///
    /// `None` if the limit can't be shared: a bucket whose burst is refilled in less than about 25 ms.
    pub fn of(limit: &Limit, now: Timestamp) -> Option<Self> {
        match *limit.algorithm() {
            Algorithm::Sliding {
                window,
                sub_windows,
            } => {
                let whole = micros(window).saturating_add(SLACK_MICROS);
                let count = u64::from(sub_windows.max(1));
                Some(Self::Sliding {
                    step: whole.div_ceil(count).max(SHORTEST_ROW_MICROS),
                    rows: count.saturating_add(1),
                })
            }
            Algorithm::Bucket { window, burst } => bucket(limit.capacity(), micros(window), burst),
            Algorithm::Calendar { period } => Some(calendar(period, now)),
            Algorithm::Concurrency => Some(Self::Concurrency {
                ttl: micros(SLOTS_KEPT),
            }),
        }
    }

    /// From when to when (exclusive) what was granted in row `epoch` may be spent, by the store's clock.
    pub fn span(&self, epoch: u64) -> (u64, u64) {
        let half = SLACK_MICROS >> 1;
        match *self {
            Self::Sliding { step, .. } | Self::Bucket { step, .. } => {
                let start = epoch.saturating_mul(step);
                let end = start.saturating_add(step);
                (start.saturating_sub(half), end.saturating_add(half))
            }
            Self::Calendar { start, end } => (start, end),
            Self::Concurrency { .. } => (0, u64::MAX),
        }
    }
}

fn bucket(capacity: u64, window: u64, burst: u64) -> Option<Shape> {
    let refill = |time: u64| {
        let amount = u128::from(capacity).saturating_mul(u128::from(time));
        let amount = amount.div_ceil(u128::from(window.max(1)));
        u64::try_from(amount).unwrap_or(u64::MAX)
    };
    let half = u128::from(burst >> 1).saturating_mul(u128::from(window));
    let half = half.checked_div(u128::from(capacity)).unwrap_or(0);
    let step = std::cmp::min(
        u64::try_from(half).unwrap_or(u64::MAX),
        LONGEST_LEASE_MICROS,
    );
    let level = burst.saturating_sub(refill(step.saturating_add(SLACK_MICROS)));
    let fits = step >= SHORTEST_ROW_MICROS && level > 0;
    fits.then_some(Shape::Bucket {
        window,
        level,
        step,
    })
}

fn calendar(period: Period, now: Timestamp) -> Shape {
    let (start, end) = crate::meter::bounds(period, now);
    // Calendar periods begin and end on whole seconds.
    Shape::Calendar {
        start: micros_of(start),
        end: micros_of(end),
    }
}

/// Nanoseconds a microsecond.
const NANOS: u64 = 1_000;

/// A point in time in whole microseconds, rounded down.
fn micros_of(at: Timestamp) -> u64 {
    at.as_nanos().checked_div(NANOS).unwrap_or(0)
}

/// In whole microseconds, rounded up: a window that is longer admits less.
fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(u128::from(NANOS))).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{LimitConfig, TenantConfig};
    use crate::dimension::Dimension;

    fn sliding(window: Duration, sub_windows: u16) -> Shape {
        let limit = LimitConfig::sliding("l", Dimension::Requests, 100, window);
        let config =
            TenantConfig::new("acme".parse().unwrap()).limit(limit.sub_windows(sub_windows));
        let plan = config.compile().unwrap();
        Shape::of(&plan.limits[0], Timestamp::ZERO).unwrap()
    }

    #[test]
    fn rows_that_do_not_count_together_are_spent_a_window_apart() {
        for window in [
            20_000,
            200_000,
            1_000_000,
            1_000_001,
            60_000_000,
            86_400_000_000,
        ] {
            for sub_windows in [1, 2, 6, 7, 60, 120] {
                let shape = sliding(Duration::from_micros(window), sub_windows);
                let Shape::Sliding { rows, .. } = shape else {
                    panic!("{shape:?}");
                };
                let last_spent = shape.span(1_000).1 - 1;
                let first_spent = shape.span(1_000 + rows).0;
                assert!(first_spent - last_spent > window, "{window}, {sub_windows}");
            }
        }
    }
}
