//! By which config a limit is counted: of all that nodes say, the latest.

use std::ops::RangeInclusive;

use crate::cluster::{Ask, Call, Shape};

use super::moment::Moment;

/// A bucket's rows are remembered for so many more, for what comes back late. What comes later still has been refilled.
const OLD_ROWS: u64 = 3;

/// What a config says of a limit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    pub(super) generation: u64,
    pub(super) shape: Shape,
    pub(super) capacity: u64,
    /// When a node last said so.
    pub(super) said: u64,
}

impl Terms {
    pub(super) fn of(ask: &Ask, now: u64) -> Self {
        Self {
            generation: ask.generation,
            shape: ask.shape,
            capacity: std::cmp::min(ask.capacity, Call::MOST),
            said: now,
        }
    }

    /// What is in force when these terms are, and a node says others: those, or these still.
    pub(super) fn or_later(self, other: Self, moment: &Moment) -> Self {
        if self.is_confirmed_by(&other) || (self.yields_to(&other, moment) && other.is_on(moment)) {
            other
        } else {
            self
        }
    }

    fn is_confirmed_by(&self, other: &Self) -> bool {
        (self.generation, self.shape, self.capacity)
            == (other.generation, other.shape, other.capacity)
    }

    fn yields_to(&self, other: &Self, moment: &Moment) -> bool {
        let is_later = other.generation > self.generation;
        let is_next_period = other.generation == self.generation
            && matches!(other.shape, Shape::Calendar { .. })
            && !self.is_on(moment);
        is_later || is_next_period || moment.is_silent(self.said)
    }

    /// Whether the store's clock stands in the period, if there is one.
    pub(super) fn is_on(&self, moment: &Moment) -> bool {
        match self.shape {
            Shape::Calendar { start, end } => (start..end).contains(&moment.now),
            Shape::Sliding { .. } | Shape::Bucket { .. } | Shape::Concurrency { .. } => true,
        }
    }

    /// Whether what was reported for the one's rows can be added to the other's.
    pub(super) fn has_rows_of(&self, other: &Self) -> bool {
        let both_held = matches!(
            (self.shape, other.shape),
            (Shape::Concurrency { .. }, Shape::Concurrency { .. })
        );
        both_held || self.shape == other.shape
    }

    /// The row that a clock stands in.
    pub(super) fn row_at(&self, now: u64) -> u64 {
        match self.shape {
            Shape::Sliding { step, .. } | Shape::Bucket { step, .. } => {
                now.checked_div(step).unwrap_or(0)
            }
            Shape::Calendar { start, .. } => start,
            Shape::Concurrency { .. } => 0,
        }
    }

    /// When a row begins.
    pub(super) fn start_of(&self, epoch: u64) -> u64 {
        match self.shape {
            Shape::Sliding { step, .. } | Shape::Bucket { step, .. } => {
                std::cmp::min(epoch.saturating_mul(step), Call::MOST)
            }
            Shape::Calendar { start, .. } => start,
            Shape::Concurrency { .. } => 0,
        }
    }

    /// When the row `last` will count in no window any more.
    pub(super) fn counts_until(&self, last: u64) -> u64 {
        match self.shape {
            Shape::Sliding { rows, .. } => self.start_of(last.saturating_add(rows.max(1))),
            Shape::Bucket { .. } => {
                let older = OLD_ROWS.saturating_add(1);
                self.start_of(last.saturating_add(older))
            }
            Shape::Calendar { end, .. } => end,
            Shape::Concurrency { .. } => 0,
        }
    }

    /// Which rows count in some window that holds the row `head`. Rows after the next are those of a store whose clock
    /// was ahead of this one's.
    pub(super) fn rows_that_count(&self, head: u64) -> RangeInclusive<u64> {
        match self.shape {
            Shape::Sliding { rows, .. } => {
                let others = rows.saturating_sub(1);
                head.saturating_sub(others)..=head.saturating_add(others.max(1))
            }
            Shape::Bucket { .. } => head.saturating_sub(OLD_ROWS)..=head.saturating_add(1),
            Shape::Calendar { .. } | Shape::Concurrency { .. } => head..=head,
        }
    }
}
