//! What a meter keeps when its limit changes: usage is never forgotten and never gifted.
//!
//! Between limits of the same shape the state stays as it is. Otherwise what is known of the past is
//! charged to the new meter at the latest instant at which it can have happened, which errs on the
//! side of the limit. A bucket keeps what it lacks of being full, refilled so far at the old rate.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::plan::{Algorithm, Limit};

use super::{Meter, Tenure, shape};

/// What is known of a meter's past: amounts, each with the latest instant it can be of, in order.
type Past = Vec<(Timestamp, u64)>;

/// A swap of plans: when it is, in time and in epochs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Swap {
    pub(crate) epoch: u64,
    pub(crate) now: Timestamp,
}

impl Meter {
    /// The meter of `limit`, which replaces the limit `old` of this one.
    ///
    /// The meter is rolled to now, and nothing of it is out on lease. Permits that were charged to
    /// it count as charged to the new one.
    pub(crate) fn carried_to(
        self,
        old: &Limit,
        mut tenure: Tenure,
        limit: &Limit,
        swap: Swap,
    ) -> (Self, Tenure) {
        if old.is_concurrency() != limit.is_concurrency() {
            // What is held now says nothing of what was spent, nor the other way round: a new limit begins, and earlier
            // permits are none of its business.
            let next = Self::succeeding(limit, swap.now);
            return (next, Tenure::new(tenure.seat(), swap.epoch));
        }
        match (self, Self::succeeding(limit, swap.now)) {
            (Self::Sliding(meter), Self::Sliding(_)) if shape(old).has_rows_of(shape(limit)) => {
                (Self::Sliding(meter), tenure)
            }
            (Self::Calendar(meter), Self::Calendar(next)) if meter.is_window_of(&next) => {
                (Self::Calendar(meter), tenure)
            }
            (Self::Durable(mut meter), Self::Durable(next))
                if meter.is_window_of(next.calendar()) =>
            {
                meter.attach();
                (Self::Durable(meter), tenure)
            }
            // The store knows what all have used, whatever the rows: the share takes on other rows by itself.
            (Self::Shared(meter), Self::Shared(_)) => (Self::Shared(meter), tenure),
            (Self::Durable(meter), Self::Durable(mut next)) => {
                // Windows of another period take over what the origin knows of these; permits of
                // before gave what they have to those.
                tenure.reshape(swap.epoch, swap.now);
                next.charge(meter.debt());
                (Self::Durable(next), tenure)
            }
            (Self::Calendar(meter), Self::Durable(mut next)) if next.is_window_of(&meter) => {
                next.charge(meter.used());
                (Self::Durable(next), tenure)
            }
            (Self::Durable(mut meter), Self::Calendar(next)) if meter.is_window_of(&next) => {
                meter.detach();
                // Until the window ends it remembers what others have used, and what it was granted.
                (Self::Durable(meter), tenure)
            }
            (Self::Concurrency(meter), Self::Concurrency(_)) => (Self::Concurrency(meter), tenure),
            (Self::Bucket(meter), Self::Bucket(mut next)) => {
                next.carry_from(&meter);
                (Self::Bucket(next), tenure)
            }
            (Self::Concurrency(meter), mut next) => {
                // Those who hold it hold it, whoever else does.
                next.charge(limit, meter.used());
                (next, tenure)
            }
            (Self::Shared(meter), Self::Concurrency(mut next)) => {
                next.charge(meter.in_use());
                (Self::Concurrency(next), tenure)
            }
            (meter, next) => {
                tenure.reshape(swap.epoch, meter.counted_since(old, limit, swap.now));
                let past = meter.past(old, limit, swap.now);
                (next.replayed(limit, &past, swap), tenure)
            }
        }
    }

    /// As [`new`](Self::new), where there may have been one for the same limit before.
    pub(crate) fn succeeding(limit: &Limit, now: Timestamp) -> Self {
        let mut meter = Self::new(limit, now);
        if let Some(share) = meter.share() {
            share.succeed_another();
        }
        meter
    }

    /// As if this new meter had been there all along, and been charged `past`.
    fn replayed(mut self, limit: &Limit, past: &Past, swap: Swap) -> Self {
        let start = match &self {
            Self::Calendar(meter) => Some(meter.start()),
            Self::Durable(meter) => Some(meter.start()),
            // What was used alone becomes a debt to those who share it.
            Self::Shared(_) => Some(Timestamp::ZERO),
            Self::Sliding(_) | Self::Bucket(_) | Self::Concurrency(_) => None,
        };
        if let Some(start) = start {
            past.iter()
                .filter(|(at, _)| *at >= start)
                .for_each(|&(_, amount)| self.charge(limit, amount));
            if let Some(share) = self.share() {
                // All that is known here, an earlier share's part of it too.
                share.succeed_another();
            }
            return self;
        }
        let Some(&(first, _)) = past.first() else {
            return self;
        };
        let mut meter = Self::new(limit, first);
        for &(at, amount) in past {
            meter.roll(limit, at, swap.epoch);
            meter.charge(limit, amount);
        }
        meter.roll(limit, swap.now, swap.epoch);
        meter
    }

    /// What is known of the past of a meter of `old`, as far as `limit` looks back.
    fn past(&self, old: &Limit, limit: &Limit, now: Timestamp) -> Past {
        match self {
            Self::Sliding(meter) => meter.past(shape(old), now).collect(),
            Self::Calendar(meter) => vec![(now, meter.used())],
            Self::Durable(meter) => vec![(now, meter.used_by_all())],
            Self::Shared(meter) => vec![(now, meter.used_by_all())],
            Self::Bucket(meter) => vec![(now, meter.taken_within(span_of(limit)))],
            Self::Concurrency(_) => Past::new(),
        }
    }

    /// Since when all that was charged is part of its [`past`](Self::past).
    fn counted_since(&self, old: &Limit, limit: &Limit, now: Timestamp) -> Timestamp {
        match self {
            Self::Sliding(meter) => meter.counted_since(shape(old)),
            Self::Calendar(meter) => meter.start(),
            Self::Durable(meter) => meter.start(),
            Self::Shared(_) => now.saturating_sub(span_of(old)),
            Self::Bucket(meter) => {
                std::cmp::max(meter.last_full(), now.saturating_sub(span_of(limit)))
            }
            Self::Concurrency(_) => now,
        }
    }
}

/// The longest time that a limit looks back.
fn span_of(limit: &Limit) -> Duration {
    const MONTH: Duration = Duration::from_secs(31 * 24 * 60 * 60);
    match limit.algorithm {
        Algorithm::Sliding { window, .. } | Algorithm::Bucket { window, .. } => window,
        Algorithm::Calendar { .. } => limit.window().unwrap_or(MONTH),
        Algorithm::Concurrency => Duration::ZERO,
    }
}
