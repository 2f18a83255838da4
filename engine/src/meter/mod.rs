//! The state of one limit of one tenant: four algorithms behind one enum.
//!
//! A meter is plain sequential code: time comes in as a value, nothing is read from outside, and
//! the tenant's lock is held by the caller. One file an algorithm; [`carry`] says what a meter
//! keeps when its limit changes.
//!
//! Three rules hold for all of them:
//! 1. Time only moves ahead: `roll` ignores a time before the one it has seen.
//! 2. What a lease word holds is charged here, at the time when it was leased. It comes back through
//!    `return_lease` *before* the meter is rolled on.
//! 3. A refund may lighten the row that was charged, or an older one, never a newer one: a newer
//!    row stays in the window for longer, and lightening it would admit too much.

mod calendar_window;
mod carry;
mod concurrency;
mod rows;
mod sliding_window;
mod token_bucket;

use crate::clock::Timestamp;
use crate::lease_word::Charge;
use crate::plan::{Algorithm, Limit};

use self::calendar_window::CalendarWindow;
use self::concurrency::Concurrency;
use self::sliding_window::SlidingWindow;
use self::token_bucket::TokenBucket;

/// The state of one limit of one tenant.
#[derive(Debug)]
pub(crate) struct Meter {
    /// One bit, its own among the tenant's meters: permits say with it which limits were charged. A seat
    /// that gets free may be given again: `since` tells the meters apart.
    seat: u64,
    /// The epoch in which this meter began to count: permits of earlier epochs were not charged to it.
    since: u64,
    /// The epoch in which it took its present shape: where earlier charges lie is only known roughly.
    shaped: u64,
    /// Charges of earlier epochs count in it if they are of this time or later.
    carried_since: Timestamp,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Sliding(SlidingWindow),
    Bucket(Box<TokenBucket>),
    Calendar(CalendarWindow),
    Concurrency(Concurrency),
}

/// When a cost that is refused now would be admitted, if nothing else arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Retry {
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
    pub(crate) fn new(limit: &Limit, seat: u64, since: u64, now: Timestamp) -> Self {
        let capacity = limit.capacity;
        let kind = match limit.algorithm {
            Algorithm::Sliding {
                window,
                sub_windows,
            } => Kind::Sliding(SlidingWindow::new(capacity, window, sub_windows, now)),
            Algorithm::Bucket { window, burst } => {
                Kind::Bucket(Box::new(TokenBucket::new(capacity, window, burst, now)))
            }
            Algorithm::Calendar { period } => {
                Kind::Calendar(CalendarWindow::new(capacity, period, now))
            }
            Algorithm::Concurrency => Kind::Concurrency(Concurrency::new(capacity)),
        };
        Self {
            seat,
            since,
            shaped: since,
            carried_since: Timestamp::ZERO,
            kind,
        }
    }

    /// Whether this charge was made to this meter.
    pub(crate) fn counted(&self, charge: Charge) -> bool {
        self.since <= charge.epoch && self.seat & charge.seats != 0
    }

    /// Whether this meter was there for this charge and was left out of it.
    pub(crate) fn denied(&self, charge: Charge) -> bool {
        self.since <= charge.epoch && self.seat & charge.seats == 0
    }

    /// Its bit among the tenant's meters.
    pub(crate) fn seat(&self) -> u64 {
        self.seat
    }

    /// Whether it counts what is held now, and not what was spent.
    pub(crate) fn is_concurrency(&self) -> bool {
        matches!(self.kind, Kind::Concurrency(_))
    }

    /// Moves it on to `now`, where `epoch` stands: what has left its window no longer counts.
    pub(crate) fn roll(&mut self, now: Timestamp, epoch: u64) {
        match &mut self.kind {
            Kind::Sliding(meter) => meter.roll(now),
            Kind::Bucket(meter) => meter.roll(now, epoch),
            Kind::Calendar(meter) => meter.roll(now),
            Kind::Concurrency(_) => {}
        }
    }

    /// What can still be spent now.
    pub(crate) fn free(&self) -> u64 {
        match &self.kind {
            Kind::Sliding(meter) => meter.free(),
            Kind::Bucket(meter) => meter.free(),
            Kind::Calendar(meter) => meter.free(),
            Kind::Concurrency(meter) => meter.free(),
        }
    }

    /// Charges `amount` now, whether or not that much is free.
    pub(crate) fn charge(&mut self, amount: u64) {
        match &mut self.kind {
            Kind::Sliding(meter) => meter.charge(amount),
            Kind::Bucket(meter) => meter.charge(amount),
            Kind::Calendar(meter) => meter.charge(amount),
            Kind::Concurrency(meter) => meter.charge(amount),
        }
    }

    /// Takes back what a lease word did not spend of what was charged for it.
    ///
    /// To be called before the meter is rolled on.
    pub(crate) fn return_lease(&mut self, lease: LeaseReturn) {
        match &mut self.kind {
            Kind::Sliding(meter) => meter.lighten(lease.start, lease.unspent),
            Kind::Bucket(meter) => meter.return_lease(lease),
            Kind::Calendar(meter) => meter.lighten(lease.start, lease.unspent),
            Kind::Concurrency(meter) => meter.release(lease.unspent),
        }
    }

    /// Gives back `amount` of what was charged, as far as that still counts.
    pub(crate) fn refund(&mut self, charged: Charge, amount: u64) {
        if charged.epoch < self.shaped && charged.at < self.carried_since {
            return;
        }
        match &mut self.kind {
            Kind::Sliding(meter) => meter.lighten(charged.at, amount),
            Kind::Bucket(meter) => meter.refund(charged.epoch, amount),
            Kind::Calendar(meter) => meter.lighten(charged.at, amount),
            Kind::Concurrency(_) => {}
        }
    }

    /// Charges `amount` more where something was charged, by force, if that still counts. What was
    /// charged in another shape is charged to the newest row.
    pub(crate) fn add_debt(&mut self, charged: Charge, amount: u64) {
        if charged.epoch < self.shaped && !self.is_concurrency() {
            return self.charge(amount);
        }
        match &mut self.kind {
            Kind::Sliding(meter) => meter.burden(charged.at, amount),
            Kind::Bucket(meter) => meter.charge(amount),
            Kind::Calendar(meter) => meter.burden(charged.at, amount),
            Kind::Concurrency(_) => {}
        }
    }

    /// Frees `amount` slots.
    pub(crate) fn release(&mut self, amount: u64) {
        if let Kind::Concurrency(meter) = &mut self.kind {
            meter.release(amount);
        }
    }

    /// When `amount` could be charged, if it can't be now.
    pub(crate) fn retry(&self, amount: u64) -> Retry {
        match &self.kind {
            Kind::Sliding(meter) => meter.retry(amount),
            Kind::Bucket(meter) => meter.retry(amount),
            Kind::Calendar(meter) => meter.retry(amount),
            Kind::Concurrency(meter) => meter.retry(amount),
        }
    }

    /// Until when (exclusive) spending what is charged now means the same as charging it then.
    pub(crate) fn steady_until(&self) -> Timestamp {
        match &self.kind {
            Kind::Sliding(meter) => meter.row_end(),
            Kind::Bucket(meter) => meter.steady_until(),
            Kind::Calendar(meter) => meter.end(),
            Kind::Concurrency(_) => Timestamp::MAX,
        }
    }

    /// How full it is at `now`, when `unspent` of what is charged still lies in a lease word.
    ///
    /// `now` is within the steady time of that lease, or `unspent` is 0 and the meter is rolled.
    pub(crate) fn level(&self, now: Timestamp, unspent: u64) -> Level {
        match &self.kind {
            Kind::Sliding(meter) => meter.level(unspent),
            Kind::Bucket(meter) => meter.level(now, unspent),
            Kind::Calendar(meter) => meter.level(unspent),
            Kind::Concurrency(meter) => meter.level(unspent),
        }
    }

    /// Whether it carries no information: as good as new.
    pub(crate) fn is_idle(&self) -> bool {
        match &self.kind {
            Kind::Sliding(meter) => meter.used() == 0,
            Kind::Bucket(meter) => meter.is_full(),
            Kind::Calendar(meter) => meter.used() == 0,
            Kind::Concurrency(meter) => meter.used() == 0,
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
