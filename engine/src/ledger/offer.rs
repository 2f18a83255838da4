//! What a lease word may get: half of what is free, for as long as spending it later is as good as now.

use crate::budget::{Budget, MOST_REQUESTS, MOST_TOKENS};
use crate::clock::Timestamp;
use crate::dimension::Dimension;
use crate::meter::Retry;
use crate::plan::Limit;

use super::{Entry, Ledger, shift_of};

/// What a word may get, for how long, and charged to which limits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Offer {
    pub(crate) budget: Budget,
    /// Exclusive.
    pub(crate) until: Timestamp,
    pub(crate) seats: u64,
}

impl Offer {
    /// All that a word holds, for ever: limits make it less.
    pub(crate) fn unlimited() -> Self {
        Self {
            budget: Budget {
                requests: MOST_REQUESTS,
                tokens: MOST_TOKENS,
            },
            until: Timestamp::MAX,
            seats: 0,
        }
    }

    /// Makes it no more than the limits of an ancestor allow, of which those count that `counts` says.
    pub(crate) fn bound(
        &mut self,
        ledger: &Ledger,
        above: usize,
        counts: impl Fn(usize, &Limit) -> bool,
    ) {
        for (place, entry) in ledger.entries().enumerate() {
            if counts(place, entry.limit) {
                self.bound_by(&entry, above);
            }
        }
    }

    fn bound_by(&mut self, entry: &Entry<'_>, above: usize) {
        let &Entry {
            limit,
            meter,
            tenure,
        } = entry;
        let free = meter.free(limit);
        if limit.is_shadow() && free == 0 {
            // It would deny everything until it has something free again, and is not charged.
            if let Retry::At(at) = meter.retry(limit, 1) {
                self.until = std::cmp::min(self.until, at);
            }
            return;
        }
        self.seats |= tenure.seat() << shift_of(above);
        let named = matches!(limit.dimension, Dimension::Named(_));
        if !named || !limit.is_bucket() {
            // No word carries a named dimension, but a permit may be settled in it: its epoch must not
            // outlast the row. A bucket charges debt when it is settled.
            self.until = std::cmp::min(self.until, meter.steady_until(limit));
        }
        let part = match limit.dimension {
            Dimension::Requests => &mut self.budget.requests,
            Dimension::Tokens => &mut self.budget.tokens,
            Dimension::Named(_) => return,
        };
        *part = std::cmp::min(*part, free >> 1);
    }
}

/// What a budget holds of a dimension.
pub(crate) fn part(budget: Budget, dimension: &Dimension) -> u64 {
    match dimension {
        Dimension::Requests => budget.requests,
        Dimension::Tokens => budget.tokens,
        Dimension::Named(_) => 0,
    }
}
