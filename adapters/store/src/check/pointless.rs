//! Whether one limit makes another pointless: it always denies first.
//!
//! Limit A makes B pointless if it counts whatever B counts, and all that A can ever let through in the time that B
//! looks at is no more than B's capacity. What an algorithm lets through in a time t, at most:
//!
//! | A | in any t |
//! |---|---|
//! | sliding, C per W | C · ⌈t / W⌉ |
//! | calendar, C per P | C · (⌈t / P⌉ + 1); in a period of the calendar that is made of n times P, C · n |
//! | bucket, C per W, burst b | b + C · t / W |
//!
//! The time that B looks at is its window; a sliding window of S parts looks at S + 1 of them, so a little longer.

use std::time::Duration;

use tollgate::{AlgorithmKind, Enforcement, LimitConfig, MatchConfig, Period, Window};

use crate::check::patterns::Kind;

/// Nanoseconds and amounts; 128 bits hold every product of a capacity and a time.
type Wide = u128;

const DAY: Wide = 86_400 * 1_000_000_000;

/// Whether `a` denies whenever `b` would.
pub(super) fn makes_pointless(a: &LimitConfig, b: &LimitConfig) -> bool {
    let enforced = |limit: &LimitConfig| limit.enforcement == Enforcement::Enforce;
    let same = a.dimension == b.dimension && counts_all_of(a.matches.as_ref(), b.matches.as_ref());
    enforced(a) && enforced(b) && same && is_tighter(a, b).unwrap_or(false)
}

fn counts_all_of(a: Option<&MatchConfig>, b: Option<&MatchConfig>) -> bool {
    let Some(a) = a else { return true };
    let Some(b) = b else { return false };
    Kind::Names.list_covers(&a.models, &b.models)
        && Kind::Names.list_covers(&a.tools, &b.tools)
        && Kind::Paths.list_covers(&a.routes, &b.routes)
}

/// `None` if it can't be said.
fn is_tighter(a: &LimitConfig, b: &LimitConfig) -> Option<bool> {
    let (most, capacity) = (Wide::from(a.capacity), Wide::from(b.capacity));
    match (Time::of(a)?, Time::of(b)?) {
        (Time::None, Time::None) => Some(most <= capacity),
        (Time::None, _) | (_, Time::None) => None,
        // Cut in the same way, they look at the same rows.
        (
            Time::Sliding { window, parts },
            Time::Sliding {
                window: theirs,
                parts: cut,
            },
        ) if window == theirs && parts == cut => Some(most <= capacity),
        (Time::Calendar(mine), Time::Calendar(theirs)) => {
            Some(most.checked_mul(within(mine, theirs))? <= capacity)
        }
        (time, Time::Bucket { window, burst }) => {
            // At once, and in the long run: C per W against C' per W'.
            let (at_once, per) = match time {
                Time::Bucket { window, burst } => (burst, window),
                Time::Sliding { window, .. } => (most, window),
                Time::Calendar(_) | Time::None => return None,
            };
            let slower = most.checked_mul(window)? <= capacity.checked_mul(per)?;
            Some(at_once <= burst && slower)
        }
        (time, theirs) => Some(time.let_through(most, theirs.span())? <= capacity),
    }
}

/// Over what time a limit counts, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Time {
    None,
    Sliding { window: Wide, parts: Wide },
    Bucket { window: Wide, burst: Wide },
    Calendar(Period),
}

impl Time {
    fn of(limit: &LimitConfig) -> Option<Self> {
        let nanos = |window: Duration| window.as_nanos();
        Some(match (limit.algorithm, limit.window) {
            (AlgorithmKind::Concurrency, _) => Self::None,
            (AlgorithmKind::Sliding, Some(Window::Duration(window))) => Self::Sliding {
                window: nanos(window),
                parts: Wide::from(limit.sub_windows.unwrap_or(DEFAULT_PARTS)),
            },
            (AlgorithmKind::Bucket, Some(Window::Duration(window))) => Self::Bucket {
                window: nanos(window),
                burst: Wide::from(limit.burst.unwrap_or(limit.capacity)),
            },
            (AlgorithmKind::Calendar, Some(Window::Period(period))) => Self::Calendar(period),
            (_, Some(_) | None) => return None,
        })
    }

    /// How long a time its capacity is for, at the longest.
    fn span(self) -> Wide {
        match self {
            Self::Sliding { window, parts } => window + window.div_ceil(parts),
            Self::Bucket { window, .. } => window,
            Self::Calendar(period) => longest(period),
            Self::None => 0,
        }
    }

    /// The most that it lets through in any time so long.
    fn let_through(self, capacity: Wide, time: Wide) -> Option<Wide> {
        match self {
            Self::Sliding { window, .. } => capacity.checked_mul(time.div_ceil(window)),
            Self::Bucket { window, burst } => {
                let refilled = capacity.checked_mul(time)?.div_ceil(window);
                burst.checked_add(refilled)
            }
            Self::Calendar(period) => capacity.checked_mul(time.div_ceil(shortest(period)) + 1),
            Self::None => None,
        }
    }
}

/// The parts of a sliding window that says nothing of them.
pub(super) const DEFAULT_PARTS: u16 = 30;

fn longest(period: Period) -> Wide {
    match period {
        Period::Minute => DAY / 1_440,
        Period::Hour => DAY / 24,
        Period::Day => DAY,
        Period::Month => DAY * 31,
    }
}

fn shortest(period: Period) -> Wide {
    match period {
        Period::Month => DAY * 28,
        Period::Minute | Period::Hour | Period::Day => longest(period),
    }
}

/// How many of `small` the longest `big` is made of; the one that it lies in, if it is the smaller.
fn within(small: Period, big: Period) -> Wide {
    std::cmp::max(1, longest(big) / longest(small))
}

#[cfg(test)]
mod tests;
