//! What a meter keeps when its limit changes: usage is never forgotten and never gifted.
//!
//! Between limits of the same shape the state stays as it is. Otherwise what is known of the past is
//! charged to the new meter at the latest instant at which it can have happened, which errs on the
//! side of the limit. A bucket keeps what it lacks of being full, refilled so far at the old rate.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::plan::{Algorithm, Limit};

use super::{Kind, Meter};

/// What is known of a meter's past: amounts, each with the latest instant it can be of, in order.
type Past = Vec<(Timestamp, u64)>;

impl Meter {
    /// The meter of `limit`, which replaces the limit of this one in `epoch`, at `now`.
    ///
    /// The meter is rolled to `now`, and nothing of it is out on lease. Permits that were charged to
    /// it count as charged to the new one.
    pub(crate) fn carried_to(self, limit: &Limit, epoch: u64, now: Timestamp) -> Self {
        let mut next = Self::new(limit, self.seat, self.since, now);
        (next.shaped, next.carried_since) = (self.shaped, self.carried_since);
        match (self.kind, &mut next.kind) {
            (Kind::Sliding(old), Kind::Sliding(new)) if old.has_shape_of(new) => {
                let capacity = new.capacity();
                *new = old;
                new.set_capacity(capacity);
            }
            (Kind::Concurrency(old), Kind::Concurrency(new)) => {
                let capacity = new.capacity();
                *new = old;
                new.set_capacity(capacity);
            }
            (Kind::Calendar(old), Kind::Calendar(new)) if old.has_shape_of(new) => {
                new.charge(old.used());
            }
            (Kind::Bucket(old), Kind::Bucket(new)) => new.carry_from(&old),
            (old, _) => {
                next.shaped = epoch;
                if is_concurrency(&old) || next.is_concurrency() {
                    // What is held now says nothing of what was spent, nor the other way round: a
                    // new limit begins, and earlier permits are none of its business.
                    next.since = epoch;
                } else {
                    let counted_since = counted_since(&old, limit, now);
                    next.carried_since = std::cmp::max(next.carried_since, counted_since);
                    next.replay(limit, &past(&old, limit, now), epoch, now);
                }
            }
        }
        next
    }

    /// Charges `past` as if this meter had been there all along.
    fn replay(&mut self, limit: &Limit, past: &Past, epoch: u64, now: Timestamp) {
        if let Kind::Calendar(meter) = &mut self.kind {
            let start = meter.start();
            past.iter()
                .filter(|(at, _)| *at >= start)
                .for_each(|&(_, amount)| meter.charge(amount));
            return;
        }
        let Some(&(first, _)) = past.first() else {
            return;
        };
        self.kind = Self::new(limit, self.seat, self.since, first).kind;
        for &(at, amount) in past {
            self.roll(at, epoch);
            self.charge(amount);
        }
        self.roll(now, epoch);
    }
}

fn is_concurrency(kind: &Kind) -> bool {
    matches!(kind, Kind::Concurrency(_))
}

fn past(old: &Kind, limit: &Limit, now: Timestamp) -> Past {
    match old {
        Kind::Sliding(meter) => meter.past(now).collect(),
        Kind::Calendar(meter) => vec![(now, meter.used())],
        Kind::Bucket(meter) => vec![(now, meter.taken_within(span_of(limit)))],
        Kind::Concurrency(_) => Past::new(),
    }
}

/// Since when all that was charged to `old` is part of its [`past`].
fn counted_since(old: &Kind, limit: &Limit, now: Timestamp) -> Timestamp {
    match old {
        Kind::Sliding(meter) => meter.counted_since(),
        Kind::Calendar(meter) => meter.start(),
        Kind::Bucket(meter) => std::cmp::max(meter.last_full(), now.saturating_sub(span_of(limit))),
        Kind::Concurrency(_) => now,
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
