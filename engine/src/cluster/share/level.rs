//! What all nodes have used together, as far as a node knows.

use crate::clock::Timestamp;
use crate::cluster::{Answer, Shape};

use super::rows::Held;
use super::server_clock::nanos;
use super::{Share, grid};

/// What was used when the store said so last, and here since.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Level {
    used: u64,
    /// From then on nothing counts of what the store spoke of.
    until: Timestamp,
}

impl Level {
    pub(super) fn take(&mut self, amount: u64) {
        self.used = self.used.saturating_add(amount);
    }

    pub(super) fn give(&mut self, amount: u64) {
        self.used = self.used.saturating_sub(amount);
    }

    /// The store charges all of it to a row that counts until then.
    pub(super) fn counted_until(self, until: Timestamp) -> Self {
        Self {
            until: std::cmp::max(self.until, until),
            ..self
        }
    }
}

impl Share {
    /// What all nodes together have used, as far as is known here: of a bucket, what its level lacks.
    ///
    /// That is what the store said last, less what is held and not spent here, and what was spent and refunded here since. When
    /// none of that can count any more it is what counts here.
    pub fn used_by_all(&self) -> u64 {
        if self.now < self.level.until {
            self.level.used
        } else {
            self.used_here()
        }
    }

    /// By the capacity in force, which is what the store has counted by.
    pub(super) fn level_after(&self, answer: &Answer) -> Level {
        let held = self.rows.iter().map(Held::spare);
        let left = held.fold(answer.free, u64::saturating_add);
        let used = grid::whole(self.shape, answer.capacity).saturating_sub(left);
        let untold = self.rows.iter().map(Held::debt);
        let untold = untold.fold(self.owed, u64::saturating_add);
        let until = match self.shape {
            Some(Shape::Calendar { end, .. }) => self.clock.certainly_at(nanos(end)),
            Some(shape @ Shape::Sliding { .. }) => {
                // Something may have been granted ahead.
                let last = answer.epoch.saturating_add(1);
                self.clock.certainly_at(grid::counts_until(shape, last))
            }
            // A bucket's lack does not end with a row, nor do slots.
            Some(Shape::Bucket { .. } | Shape::Concurrency { .. }) | None => Timestamp::MAX,
        };
        Level {
            used: used.saturating_add(untold),
            until,
        }
    }

    /// What the rows of another shape begin with.
    pub(super) fn level_to_carry(&self) -> Level {
        Level {
            used: self.used_by_all(),
            ..self.level
        }
    }

    fn used_here(&self) -> u64 {
        let spent = self.rows.iter().map(Held::spent);
        let more = self.owed.saturating_add(self.carried_at(self.now));
        spent.fold(more, u64::saturating_add)
    }
}
