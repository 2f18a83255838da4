//! What the auditor knows of one limit's use: bounds on what is left, from the log alone.
//!
//! Two bounds are kept. `most` follows from the promises and from what was seen to be admitted: more than that
//! can't be left, whatever the engine does inside, and admitting more is a violation. `least` follows from the
//! documented rules (S + 1 rows, exact refill): that much must be left, and denying less is a violation. They
//! are one and the same but for a while after a change of shape or a refund to a bucket, where the engine may
//! err on the side of the limit.

use super::bucket::Bucket;
use super::calendar::Calendar;
use super::rules::{Rule, Shape};
use super::slots::Slots;
use super::window::Sliding;

/// What can be said of what a limit has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Left {
    pub(super) least: u64,
    pub(super) most: u64,
}

impl Left {
    pub(super) fn exactly(amount: u64) -> Self {
        Self {
            least: amount,
            most: amount,
        }
    }
}

/// A charge, as the meter that it was made to will know it again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    /// Its entry in the log.
    pub(super) entry: u64,
    /// The shape that the meter had.
    pub(super) shape: u64,
}

/// The use of one limit. Time is nanoseconds and never goes back.
#[derive(Debug, Clone)]
pub(super) enum Meter {
    Sliding(Sliding),
    Bucket(Bucket),
    Calendar(Calendar),
    Slots(Slots),
}

impl Meter {
    /// Nothing is used; `shape` is a number that no shape had before.
    pub(super) fn new(rule: &Rule, now: u64, shape: u64) -> Self {
        let capacity = rule.capacity;
        match rule.shape {
            Shape::Sliding { window, parts } => {
                Self::Sliding(Sliding::new(capacity, window, parts, shape))
            }
            Shape::Bucket { window, burst } => {
                Self::Bucket(Bucket::new(capacity, window, burst, now, shape))
            }
            Shape::Calendar(period) => Self::Calendar(Calendar::new(capacity, period, now, shape)),
            Shape::Slots => Self::Slots(Slots::new(capacity)),
        }
    }

    /// Goes on to `now`. Before anything else is asked at `now`.
    pub(super) fn advance(&mut self, now: u64) {
        match self {
            Self::Sliding(meter) => meter.advance(now),
            Self::Bucket(meter) => meter.advance(now),
            Self::Calendar(meter) => meter.advance(now),
            Self::Slots(_) => {}
        }
    }

    pub(super) fn left(&self, now: u64) -> Left {
        match self {
            Self::Sliding(meter) => meter.left(now),
            Self::Bucket(meter) => meter.left(),
            Self::Calendar(meter) => meter.left(now),
            Self::Slots(meter) => meter.left(),
        }
    }

    /// Whether `need` on top breaks the promise, by the log and no rule about rows.
    pub(super) fn is_over_with(&self, now: u64, need: u64) -> bool {
        match self {
            Self::Sliding(meter) => meter.is_over_with(need),
            Self::Bucket(_) | Self::Calendar(_) | Self::Slots(_) => need > self.left(now).most,
        }
    }

    /// When all of it can be spent again, where that is certain; `None` if it can be now.
    pub(super) fn full_at(&self) -> Option<u64> {
        match self {
            Self::Sliding(meter) => meter.full_at(),
            Self::Bucket(meter) => meter.full_at(),
            Self::Calendar(meter) => (meter.used_for_certain() > 0).then(|| meter.end()),
            Self::Slots(_) => None,
        }
    }

    /// What is used, where that is certain.
    pub(super) fn used(&self, now: u64) -> Option<u64> {
        match self {
            Self::Sliding(meter) => meter.used(now),
            Self::Bucket(meter) => meter.used(),
            Self::Calendar(meter) => meter.used(now),
            Self::Slots(meter) => Some(meter.used()),
        }
    }

    /// What is used at the least, so that a limit that has forgotten it has forgotten something.
    pub(super) fn used_for_certain(&self) -> u64 {
        match self {
            Self::Sliding(meter) => meter.used_for_certain(),
            Self::Bucket(meter) => meter.used_for_certain(),
            Self::Calendar(meter) => meter.used_for_certain(),
            Self::Slots(meter) => meter.used(),
        }
    }

    pub(super) fn charge(&mut self, permit: u64, now: u64, amount: u64) -> Mark {
        match self {
            Self::Sliding(meter) => meter.charge(now, amount),
            Self::Bucket(meter) => meter.charge(now, amount),
            Self::Calendar(meter) => meter.charge(now, amount),
            Self::Slots(meter) => meter.charge(permit, amount),
        }
    }

    /// What was charged as `reserved` did cost `actual`.
    pub(super) fn settle(&mut self, mark: Mark, now: u64, reserved: u64, actual: u64) {
        match self {
            Self::Sliding(meter) => meter.settle(mark, now, reserved, actual),
            Self::Bucket(meter) => meter.settle(mark, now, reserved, actual),
            Self::Calendar(meter) => meter.settle(mark, now, reserved, actual),
            Self::Slots(_) => {}
        }
    }

    /// The request of `permit` has ended.
    pub(super) fn release(&mut self, permit: u64) {
        if let Self::Slots(meter) = self {
            meter.release(permit);
        }
    }

    /// From when on `amount`, which does not fit now and is not above the limit, fits if nothing else
    /// happens; `None` where nobody can know.
    pub(super) fn fits_at(&self, amount: u64) -> Option<u64> {
        match self {
            Self::Sliding(meter) => meter.fits_at(amount),
            Self::Bucket(meter) => meter.fits_at(amount),
            Self::Calendar(meter) => Some(meter.end()),
            Self::Slots(_) => None,
        }
    }

    /// It may have been charged with something that nobody can tell, just now.
    pub(super) fn doubt(&mut self, now: u64) {
        match self {
            Self::Sliding(meter) => meter.doubt(now),
            Self::Bucket(meter) => meter.doubt(),
            Self::Calendar(meter) => meter.doubt(),
            Self::Slots(_) => {}
        }
    }

    /// The interval that holds most of what counts against `need`, its sum with it, and the bound.
    pub(super) fn evidence(&self, now: u64, need: u64) -> String {
        match self {
            Self::Sliding(meter) => meter.evidence(now, need),
            Self::Bucket(meter) => meter.evidence(now, need),
            Self::Calendar(meter) => meter.evidence(now, need),
            Self::Slots(meter) => meter.evidence(need),
        }
    }
}
