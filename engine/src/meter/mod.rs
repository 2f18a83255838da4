//! The state of one limit of one tenant: four algorithms behind one enum, and two whose budget comes from elsewhere.
//!
//! A meter is plain sequential code: time comes in as a value, nothing is read from outside, and
//! the tenant's lock is held by the caller. One file an algorithm; [`carry`] says what a meter
//! keeps when its limit changes.
//!
//! Three rules hold for all of them:
//! 1. Time only moves ahead: `roll` ignores a time before the one it has seen.
//! 2. What a lease word holds is charged here, at the time when it was leased. It comes back through
//!    `return_lease` to the row that was charged; to a bucket, which has no rows, *before* it is rolled on.
//! 3. A refund may lighten the row that was charged, or an older one, never a newer one: a newer
//!    row stays in the window for longer, and lightening it would admit too much.

mod calendar_window;
mod carry;
mod concurrency;
mod durable_window;
mod rows;
mod shared;
mod sliding_window;
mod tenure;
mod token_bucket;

use crate::clock::Timestamp;
use crate::cluster::Share;
use crate::lease_word::Charge;
use crate::plan::{Algorithm, Limit};

use self::calendar_window::CalendarWindow;
pub(crate) use self::calendar_window::bounds;
pub(crate) use self::carry::Swap;
use self::concurrency::Concurrency;
#[cfg(feature = "actors")]
pub(crate) use self::durable_window::ASK_AGAIN;
pub(crate) use self::durable_window::{Aim, DurableWindow, OwnClaim};
pub(crate) use self::shared::{most_at_once, shape as shape_of_share};
use self::sliding_window::{Shape as Rows, SlidingWindow};
pub(crate) use self::tenure::Tenure;
use self::token_bucket::TokenBucket;

/// The state of one limit of one tenant; what never changes about it is the limit's to say, so every
/// operation is given the limit, always the same one.
#[derive(Debug)]
pub(crate) enum Meter {
    Sliding(SlidingWindow),
    Bucket(Box<TokenBucket>),
    Calendar(CalendarWindow),
    Durable(Box<DurableWindow>),
    Shared(Box<Share>),
    Concurrency(Concurrency),
}

/// When a cost that is refused now would be admitted, if nothing else arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Retry {
    /// When the origin has granted more, if it does: nobody knows before it has answered.
    WhenGranted,
    /// At this instant and not before.
    At(Timestamp),
    /// When a permit is dropped, which only its holder knows, and not before this instant.
    WhenFreed {
        /// When the limits that are not of concurrency have room.
        not_before: Option<Timestamp>,
    },
    /// Never: it is more than the limit ever holds.
    Never,
}

/// How full a meter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Level {
    /// What is used; debt can make it more than the capacity.
    pub(crate) used: u64,
    /// What can still be spent.
    pub(crate) remaining: u64,
    /// When more than `remaining` becomes available; `None` if it is full, or nobody can know.
    pub(crate) next_at: Option<Timestamp>,
    /// When it is full again; `None` if nobody can know.
    pub(crate) full_at: Option<Timestamp>,
}

impl Meter {
    /// A meter at zero use.
    pub(crate) fn new(limit: &Limit, now: Timestamp) -> Self {
        if limit.is_shared() {
            return Self::Shared(Box::new(Share::new(now)));
        }
        match limit.algorithm {
            Algorithm::Sliding { .. } => Self::Sliding(SlidingWindow::new(shape(limit), now)),
            Algorithm::Bucket { window, burst } => {
                let bucket = TokenBucket::new(limit.capacity, window, burst, now);
                Self::Bucket(Box::new(bucket))
            }
            Algorithm::Calendar { period } if limit.is_durable() => {
                Self::Durable(Box::new(DurableWindow::new(period, now)))
            }
            Algorithm::Calendar { period } => Self::Calendar(CalendarWindow::new(period, now)),
            Algorithm::Concurrency => Self::Concurrency(Concurrency::default()),
        }
    }

    /// Moves it on to `now`, where `epoch` stands: what has left its window no longer counts.
    pub(crate) fn roll(&mut self, limit: &Limit, now: Timestamp, epoch: u64) {
        match self {
            Self::Sliding(meter) => meter.roll(shape(limit), now),
            Self::Bucket(meter) => meter.roll(now, epoch),
            Self::Calendar(meter) => {
                if let Some(period) = limit.period() {
                    meter.roll(period, now);
                }
            }
            Self::Durable(meter) => {
                if now >= meter.end() {
                    *self = Self::new(limit, now);
                }
            }
            Self::Shared(meter) => {
                // A limit that is shared has a shape.
                if let Some(shape) = shared::shape(meter, limit, now) {
                    meter.roll(shape, now);
                }
            }
            Self::Concurrency(_) => {}
        }
    }

    /// What can still be spent now.
    pub(crate) fn free(&self, limit: &Limit) -> u64 {
        match self {
            Self::Sliding(meter) => meter.free(shape(limit)),
            Self::Bucket(meter) => meter.free(),
            Self::Calendar(meter) => meter.free(limit.capacity),
            Self::Durable(meter) => meter.free(limit),
            Self::Shared(meter) => meter.free(),
            Self::Concurrency(meter) => meter.free(limit.capacity),
        }
    }

    /// Charges `amount` now, whether or not that much is free.
    pub(crate) fn charge(&mut self, limit: &Limit, amount: u64) {
        match self {
            Self::Sliding(meter) => meter.charge(shape(limit), amount),
            Self::Bucket(meter) => meter.charge(amount),
            Self::Calendar(meter) => meter.charge(amount),
            Self::Durable(meter) => meter.charge(amount),
            Self::Shared(meter) => meter.charge(amount),
            Self::Concurrency(meter) => meter.charge(amount),
        }
    }

    /// Takes back what a lease word did not spend of what was charged for it.
    ///
    /// To be called before a bucket is rolled on.
    pub(crate) fn return_lease(&mut self, limit: &Limit, lease: LeaseReturn) {
        match self {
            Self::Sliding(meter) => meter.lighten(shape(limit), lease.start, lease.unspent),
            Self::Bucket(meter) => meter.return_lease(lease),
            Self::Calendar(meter) => meter.lighten(lease.start, lease.unspent),
            Self::Durable(meter) => meter.lighten(lease.start, lease.unspent),
            Self::Shared(meter) if limit.is_concurrency() => meter.release(lease.unspent),
            Self::Shared(meter) => meter.lighten(lease.start, lease.unspent),
            Self::Concurrency(meter) => meter.release(lease.unspent),
        }
    }

    /// Gives back `amount` of what was charged, as far as that still counts.
    pub(crate) fn refund(&mut self, limit: &Limit, charged: Charge, amount: u64) {
        match self {
            Self::Sliding(meter) => meter.lighten(shape(limit), charged.at, amount),
            Self::Bucket(meter) => meter.refund(charged.epoch, amount),
            Self::Calendar(meter) => meter.lighten(charged.at, amount),
            Self::Durable(meter) => meter.lighten(charged.at, amount),
            Self::Shared(_) if limit.is_concurrency() => {}
            Self::Shared(meter) => meter.lighten(charged.at, amount),
            Self::Concurrency(_) => {}
        }
    }

    /// Charges `amount` more where something was charged, by force, if that still counts.
    pub(crate) fn add_debt(&mut self, limit: &Limit, charged: Charge, amount: u64) {
        match self {
            Self::Sliding(meter) => meter.burden(shape(limit), charged.at, amount),
            Self::Bucket(meter) => meter.charge(amount),
            Self::Calendar(meter) => meter.burden(charged.at, amount),
            Self::Durable(meter) => meter.burden(charged.at, amount),
            Self::Shared(_) if limit.is_concurrency() => {}
            Self::Shared(meter) => meter.burden(charged.at, amount),
            Self::Concurrency(_) => {}
        }
    }

    /// Frees `amount` slots, if it has any.
    pub(crate) fn release(&mut self, limit: &Limit, amount: u64) {
        match self {
            Self::Concurrency(meter) => meter.release(amount),
            Self::Shared(meter) if limit.is_concurrency() => meter.release(amount),
            Self::Shared(_)
            | Self::Durable(_)
            | Self::Sliding(_)
            | Self::Bucket(_)
            | Self::Calendar(_) => {}
        }
    }

    /// When `amount` could be charged, if it can't be now.
    pub(crate) fn retry(&self, limit: &Limit, amount: u64) -> Retry {
        match self {
            Self::Sliding(meter) => meter.retry(shape(limit), amount),
            Self::Bucket(meter) => meter.retry(amount),
            Self::Calendar(meter) => meter.retry(limit.capacity, amount),
            Self::Durable(meter) => meter.retry(limit, amount),
            Self::Shared(meter) => shared::retry(meter, limit, amount),
            Self::Concurrency(_) => Concurrency::retry(limit.capacity, amount),
        }
    }

    /// Until when (exclusive) spending what is charged now means the same as charging it then.
    pub(crate) fn steady_until(&self, limit: &Limit) -> Timestamp {
        match self {
            Self::Sliding(meter) => meter.row_end(shape(limit)),
            Self::Bucket(meter) => meter.steady_until(),
            Self::Calendar(meter) => meter.end(),
            Self::Durable(meter) => meter.end(),
            Self::Shared(meter) => meter.look_by(),
            Self::Concurrency(_) => Timestamp::MAX,
        }
    }

    /// How full it is at `now`, when `unspent` of what is charged still lies in a lease word.
    ///
    /// `now` is within the steady time of that lease, or `unspent` is 0 and the meter is rolled.
    pub(crate) fn level(&self, limit: &Limit, now: Timestamp, unspent: u64) -> Level {
        match self {
            Self::Sliding(meter) => meter.level(shape(limit), unspent),
            Self::Bucket(meter) => meter.level(now, unspent),
            Self::Calendar(meter) => meter.level(limit.capacity, unspent),
            Self::Durable(meter) => meter.level(limit.capacity, unspent),
            Self::Shared(meter) => shared::level(meter, limit, now, unspent),
            Self::Concurrency(meter) => meter.level(limit.capacity, unspent),
        }
    }

    /// Whether it carries no information: as good as new.
    pub(crate) fn is_idle(&self) -> bool {
        match self {
            Self::Sliding(meter) => meter.used() == 0,
            Self::Bucket(meter) => meter.is_full(),
            Self::Calendar(meter) => meter.used() == 0,
            Self::Durable(meter) => meter.is_idle(),
            Self::Shared(meter) => meter.is_idle(),
            Self::Concurrency(meter) => meter.used() == 0,
        }
    }

    /// The meter of a durable limit.
    pub(crate) fn durable(&mut self, limit: &Limit) -> Option<&mut DurableWindow> {
        match self {
            Self::Durable(meter) if limit.is_durable() => Some(meter),
            Self::Durable(_)
            | Self::Shared(_)
            | Self::Sliding(_)
            | Self::Bucket(_)
            | Self::Calendar(_)
            | Self::Concurrency(_) => None,
        }
    }

    /// As [`share`](Self::share), to look at.
    pub(crate) fn shared(&self) -> Option<&Share> {
        match self {
            Self::Shared(meter) => Some(meter),
            Self::Durable(_)
            | Self::Sliding(_)
            | Self::Bucket(_)
            | Self::Calendar(_)
            | Self::Concurrency(_) => None,
        }
    }

    /// What this node has of a limit that nodes share.
    pub(crate) fn share(&mut self) -> Option<&mut Share> {
        match self {
            Self::Shared(meter) => Some(meter),
            Self::Durable(_)
            | Self::Sliding(_)
            | Self::Bucket(_)
            | Self::Calendar(_)
            | Self::Concurrency(_) => None,
        }
    }
}

/// What comes back from a lease word when it is drained.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LeaseReturn {
    /// The epoch in which it could be spent.
    pub(crate) epoch: u64,
    /// When the word was filled.
    pub(crate) start: Timestamp,
    /// What it was filled with.
    pub(crate) granted: u64,
    /// What is left of that.
    pub(crate) unspent: u64,
}

fn shape(limit: &Limit) -> Rows {
    Rows::of(limit, limit.parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meter_is_small() {
        assert_eq!(size_of::<Meter>(), 32, "a million tenants have one a limit");
    }
}
