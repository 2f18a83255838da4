//! The frame of every operation: open drains the lease word into the meters, close fills it again.

use crate::clock::Timestamp;
use crate::dimension::Dimension;
use crate::lease_word::{Budget, MOST_REQUESTS, MOST_TOKENS};
use crate::meter::LeaseReturn;

use super::front::Front;
use super::{Ledger, Standing};

/// The epoch that is open, and what the lease word was last filled with.
#[derive(Debug, Default)]
pub(super) struct Lease {
    pub(super) epoch: u64,
    start: Timestamp,
    pub(super) until: Timestamp,
    pub(super) granted: Budget,
}

impl Ledger {
    /// Drains the word into the rows that it was charged to, then moves every meter on to `now`.
    pub(super) fn open(&mut self, front: &Front, now: Timestamp) {
        let unspent = front.lease.drain();
        let granted = std::mem::take(&mut self.lease.granted);
        let (epoch, start) = (self.lease.epoch, self.lease.start);
        if self.nature.ordered {
            self.end_epoch();
        }
        self.now = std::cmp::max(self.now, now);
        for (limit, meter) in self.plan.limits.iter().zip(&mut self.meters) {
            let granted = part(granted, &limit.dimension);
            if granted > 0 {
                let unspent = part(unspent, &limit.dimension);
                meter.return_lease(LeaseReturn {
                    epoch,
                    start,
                    granted,
                    unspent,
                });
            }
            meter.roll(self.now, self.lease.epoch);
        }
    }

    /// Fills the word again, unless it must stay empty.
    pub(super) fn close(&mut self, front: &Front) {
        if !self.armed && self.standing == Standing::Active {
            self.fill(front);
        }
    }

    /// Fills the word with half of what is free, charged to every limit.
    fn fill(&mut self, front: &Front) {
        let budget = Budget {
            requests: self.spare(&Dimension::Requests, MOST_REQUESTS),
            tokens: self.spare(&Dimension::Tokens, MOST_TOKENS),
        };
        let until = self.steady_until();
        if budget == Budget::default() || until <= self.now {
            return;
        }
        for (limit, meter) in self.plan.limits.iter().zip(&mut self.meters) {
            meter.charge(part(budget, &limit.dimension));
        }
        self.lease.granted = budget;
        if until != self.lease.until {
            self.begin_epoch(front, until);
        }
        front.lease.fill(self.lease.epoch, budget);
    }

    /// Ends the epoch: whatever is charged from now on is told from what was charged before.
    pub(super) fn end_epoch(&mut self) {
        self.lease.epoch = self.lease.epoch.wrapping_add(1);
        self.lease.until = Timestamp::ZERO;
    }

    /// Opens a new epoch from now on, for a word that may be spent until `until`.
    fn begin_epoch(&mut self, front: &Front, until: Timestamp) {
        self.lease.epoch = self.lease.epoch.wrapping_add(1);
        self.lease.start = self.now;
        self.lease.until = until;
        front
            .lease
            .open(self.lease.epoch, self.now, until.saturating_sub(self.lag));
    }

    /// What the word may get of `dimension`: half of the least that any limit has free.
    fn spare(&self, dimension: &Dimension, most: u64) -> u64 {
        let meters = self.plan.limits.iter().zip(&self.meters);
        let free = meters
            .filter(|(limit, _)| limit.dimension == *dimension)
            .map(|(_, m)| m.free());
        free.min()
            .map_or(most, |least| std::cmp::min(least >> 1, most))
    }

    /// Until when spending from the word is the same as charging now, for every limit it is charged to.
    fn steady_until(&self) -> Timestamp {
        let meters = self.plan.limits.iter().zip(&self.meters);
        let leased = meters.filter(|(limit, _)| !matches!(limit.dimension, Dimension::Named(_)));
        leased
            .map(|(_, meter)| meter.steady_until())
            .min()
            .unwrap_or(Timestamp::MAX)
    }
}

/// What a budget holds of a dimension.
pub(super) fn part(budget: Budget, dimension: &Dimension) -> u64 {
    match dimension {
        Dimension::Requests => budget.requests,
        Dimension::Tokens => budget.tokens,
        Dimension::Named(_) => 0,
    }
}
