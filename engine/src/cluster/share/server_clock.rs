//! What a node knows of the store's clock: two bounds, which grow apart until the next reply.

use std::time::Duration;

use crate::clock::{Timestamp, nanos_of};

/// Of so many nanoseconds one may be missing or too much on either side: clocks that drift by 200 ppm.
pub(super) const DRIFT: u64 = 5_000;
/// Nanoseconds a microsecond.
const NANOS: u64 = 1_000;

/// The bounds, if the store was ever heard of. All of the store's times in here are nanoseconds.
///
/// # Complexity
/// Everything is O(1).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ServerClock(Option<Known>);

/// At the local time `at` the store's clock stood between these, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Known {
    at: Timestamp,
    low: u64,
    high: u64,
}

impl ServerClock {
    /// Takes in that the store's clock stood at `micros` at some time between `sent` and `received`.
    ///
    /// If that can't be true beside what was known, the store's clock was set: what was known is forgotten, unless the
    /// reply is `late` and may tell of the time before.
    pub(super) fn hear(&mut self, micros: u64, sent: Timestamp, received: Timestamp, late: bool) {
        let trip = nanos_of(received.since(sent));
        let low = nanos(micros);
        let heard = Known {
            at: received,
            low,
            // What it shows is rounded down.
            high: low.saturating_add(NANOS).saturating_add(widened(trip)),
        };
        self.0 = match self.0 {
            None => Some(heard),
            Some(known) => Some(match known.both(heard) {
                Some(both) => both,
                None if late => known,
                None => heard,
            }),
        };
    }

    /// Forgets all: it is another store's clock from now on.
    pub(super) fn forget(&mut self) {
        self.0 = None;
    }

    /// Between which times the store's clock stands, both included.
    pub(super) fn bounds(&self, now: Timestamp) -> Option<(u64, u64)> {
        let known = self.0?.moved_to(now);
        Some((known.low, known.high))
    }

    /// How far apart the bounds are.
    pub(super) fn uncertainty(&self, now: Timestamp) -> Duration {
        let (low, high) = self.bounds(now).unwrap_or_default();
        Duration::from_nanos(high.saturating_sub(low))
    }

    /// The best guess of what the store's clock shows.
    pub(super) fn guess(&self, now: Timestamp) -> Option<u64> {
        self.0.map(|known| {
            let passed = nanos_of(now.since(known.at));
            known.middle().saturating_add(passed)
        })
    }

    /// The local time until which, exclusive, the store's clock is certainly before `bound`.
    pub(super) fn certainly_before(&self, bound: u64) -> Timestamp {
        let Some(known) = self.0 else {
            return Timestamp::ZERO;
        };
        let Some(gap) = bound
            .checked_sub(known.high)
            .and_then(|gap| gap.checked_sub(1))
        else {
            return known.at;
        };
        // The longest time that is no longer than the gap when it is widened.
        let longest = scaled(gap, DRIFT, DRIFT.saturating_add(1));
        later(known.at, longest.saturating_add(1))
    }

    /// The local time from which on the store's clock has certainly come to `bound`; [`Timestamp::MAX`] if nobody knows.
    pub(super) fn certainly_at(&self, bound: u64) -> Timestamp {
        self.0.map_or(Timestamp::MAX, |known| {
            let gap = bound.saturating_sub(known.low);
            later(known.at, scaled_up(gap, DRIFT, DRIFT.saturating_sub(1)))
        })
    }

    /// The local time at which the best guess comes to `bound`.
    pub(super) fn guessed_at(&self, bound: u64) -> Timestamp {
        self.0.map_or(Timestamp::MAX, |known| {
            later(known.at, bound.saturating_sub(known.middle()))
        })
    }
}

impl Known {
    fn middle(self) -> u64 {
        let width = self.high.saturating_sub(self.low);
        self.low.saturating_add(width >> 1)
    }

    /// What is known of a later time.
    fn moved_to(self, at: Timestamp) -> Self {
        let passed = nanos_of(at.since(self.at));
        let drift = passed.div_ceil(DRIFT);
        Self {
            at: std::cmp::max(at, self.at),
            low: self.low.saturating_add(passed.saturating_sub(drift)),
            high: self.high.saturating_add(passed).saturating_add(drift),
        }
    }

    /// What both say, if it can be true.
    fn both(self, other: Self) -> Option<Self> {
        let at = std::cmp::max(self.at, other.at);
        let (one, other) = (self.moved_to(at), other.moved_to(at));
        let low = std::cmp::max(one.low, other.low);
        let high = std::cmp::min(one.high, other.high);
        (low <= high).then_some(Self { at, low, high })
    }
}

/// The store's microseconds as nanoseconds.
pub(super) fn nanos(micros: u64) -> u64 {
    micros.saturating_mul(NANOS)
}

fn widened(time: u64) -> u64 {
    time.saturating_add(time.div_ceil(DRIFT))
}

fn later(at: Timestamp, by: u64) -> Timestamp {
    Timestamp::from_nanos(at.as_nanos().saturating_add(by))
}

/// value · times / parts, rounded down.
pub(super) fn scaled(value: u64, times: u64, parts: u64) -> u64 {
    let product = u128::from(value).saturating_mul(u128::from(times));
    let part = product.checked_div(u128::from(parts)).unwrap_or(0);
    u64::try_from(part).unwrap_or(u64::MAX)
}

fn scaled_up(value: u64, times: u64, parts: u64) -> u64 {
    let product = u128::from(value).saturating_mul(u128::from(times));
    u64::try_from(product.div_ceil(u128::from(std::cmp::max(parts, 1)))).unwrap_or(u64::MAX)
}
