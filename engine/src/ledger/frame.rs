//! The frame of every operation: open drains the lease word into the meters, close fills it again.

use crate::clock::Timestamp;
use crate::dimension::Dimension;
use crate::lease_word::{Budget, Epoch, MOST_REQUESTS, MOST_TOKENS};
use crate::meter::{LeaseReturn, Retry};

use super::front::Front;
use super::{Ledger, Standing};

/// The epoch that is open, and what the lease word was last filled with.
#[derive(Debug, Default)]
pub(super) struct Lease {
    pub(super) epoch: Epoch,
    pub(super) granted: Budget,
}

impl Ledger {
    /// Drains the word into the rows that it was charged to, then moves every meter on to `now`.
    pub(super) fn open(&mut self, front: &Front, now: Timestamp) {
        let unspent = front.lease.drain();
        let granted = std::mem::take(&mut self.lease.granted);
        let Epoch {
            number: epoch,
            start,
            seats,
            ..
        } = self.lease.epoch;
        if self.nature.ordered {
            self.end_epoch();
        }
        self.now = std::cmp::max(self.now, now);
        for (limit, meter) in self.plan.limits.iter().zip(&mut self.meters) {
            let granted = part(granted, &limit.dimension);
            if granted > 0 && meter.seat() & seats != 0 {
                let unspent = part(unspent, &limit.dimension);
                meter.return_lease(LeaseReturn {
                    epoch,
                    start,
                    granted,
                    unspent,
                });
            }
            meter.roll(self.now, self.lease.epoch.number);
        }
    }

    /// Fills the word again, unless it must stay empty.
    pub(super) fn close(&mut self, front: &Front) {
        if !self.armed && self.standing == Standing::Active {
            self.fill(front);
        }
    }

    /// Fills the word with half of what is free, charged to every limit that is for all requests.
    fn fill(&mut self, front: &Front) {
        let offer = self.offer();
        let budget = offer.budget;
        if budget == Budget::default() || offer.until <= self.now {
            return;
        }
        for (limit, meter) in self.plan.limits.iter().zip(&mut self.meters) {
            if meter.seat() & offer.seats != 0 {
                meter.charge(part(budget, &limit.dimension));
            }
        }
        self.lease.granted = budget;
        let epoch = self.lease.epoch;
        if (offer.until, offer.seats) != (epoch.until, epoch.seats) {
            self.begin_epoch(front, offer);
        }
        front.lease.fill(self.lease.epoch.number, budget);
    }

    /// Ends the epoch: whatever is charged from now on is told from what was charged before.
    pub(super) fn end_epoch(&mut self) {
        self.lease.epoch.number = self.lease.epoch.number.wrapping_add(1);
        self.lease.epoch.until = Timestamp::ZERO;
    }

    /// Opens a new epoch from now on, for a word of this offer.
    fn begin_epoch(&mut self, front: &Front, offer: Offer) {
        let epoch = Epoch {
            number: self.lease.epoch.number.wrapping_add(1),
            start: self.now,
            until: offer.until,
            seats: offer.seats,
            for_any_scope: !self.nature.conditional,
        };
        self.lease.epoch = epoch;
        let until = epoch.until.saturating_sub(self.lag);
        front.lease.open(Epoch { until, ..epoch });
    }

    /// What the word may get: of each dimension, half of the least that a limit has free, for as long as
    /// spending it then is the same as charging it now.
    fn offer(&self) -> Offer {
        let mut offer = Offer {
            budget: Budget {
                requests: MOST_REQUESTS,
                tokens: MOST_TOKENS,
            },
            until: Timestamp::MAX,
            seats: 0,
        };
        for (limit, meter) in self.plan.limits.iter().zip(&self.meters) {
            if limit.is_conditional() {
                continue;
            }
            if limit.is_shadow() && meter.free() == 0 {
                // It would deny everything until it has something free again, and is not charged.
                if let Retry::At(at) = meter.retry(1) {
                    offer.until = std::cmp::min(offer.until, at);
                }
                continue;
            }
            offer.seats |= meter.seat();
            let spare = meter.free() >> 1;
            match limit.dimension {
                Dimension::Requests => {
                    offer.budget.requests = std::cmp::min(offer.budget.requests, spare);
                }
                Dimension::Tokens => {
                    offer.budget.tokens = std::cmp::min(offer.budget.tokens, spare);
                }
                // No word carries it, but a permit that is taken from one may be settled in it: its epoch
                // must not outlast the row. A bucket charges debt when it is settled.
                Dimension::Named(_) if limit.is_bucket() => continue,
                Dimension::Named(_) => {}
            }
            offer.until = std::cmp::min(offer.until, meter.steady_until());
        }
        offer
    }
}

/// What the word may get, for how long, and charged to which limits.
#[derive(Debug, Clone, Copy)]
struct Offer {
    budget: Budget,
    until: Timestamp,
    seats: u64,
}

/// What a budget holds of a dimension.
pub(super) fn part(budget: Budget, dimension: &Dimension) -> u64 {
    match dimension {
        Dimension::Requests => budget.requests,
        Dimension::Tokens => budget.tokens,
        Dimension::Named(_) => 0,
    }
}
