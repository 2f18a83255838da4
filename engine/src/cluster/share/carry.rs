//! What counts beside the rows: what was charged before there was one, and what rows of another shape held.

use crate::clock::Timestamp;
use crate::cluster::Shape;

use super::level::Level;
use super::rows::Held;
use super::{Link, Share, grid};

/// When charges were made that belong to no row: before the first reply, or in rows of another shape.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rowless {
    since: Timestamp,
    /// When the first row began since, exclusive.
    until: Option<Timestamp>,
}

/// What the store has carried over from rows of another shape: who has to tell it when the store has lost it?
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Carried {
    amount: u64,
    until: Timestamp,
}

impl Carried {
    /// So much of it is charged elsewhere.
    pub(super) fn lessen(&mut self, amount: u64) {
        self.amount = self.amount.saturating_sub(amount);
    }
}

impl Rowless {
    pub(super) fn from(since: Timestamp) -> Self {
        Self { since, until: None }
    }

    /// The first row begins, or another one.
    pub(super) fn ends(&mut self, now: Timestamp) {
        self.until = self.until.or(Some(now));
    }

    pub(super) fn includes(self, at: Timestamp) -> bool {
        at >= self.since && self.until.is_none_or(|until| at < until)
    }
}

impl Share {
    /// Takes up another shape. The store carries what it knows of the old rows over; what it does not know comes along.
    pub(super) fn reshape(&mut self, shape: Shape) {
        let was = self.shape.replace(shape);
        let Some(was) = was.filter(|was| !grid::is_same_grid(*was, shape)) else {
            self.current = None;
            if let Some(Shape::Calendar { .. }) = self.shape {
                // What was said of the period before is of no use.
                (self.denial, self.level) = (None, Level::default());
            }
            return;
        };
        if self.rowless.until.take().is_some() {
            self.rowless.since = self.rows.began().unwrap_or(self.now);
        }
        self.be_wary(was);
        self.carry(was, shape);
        self.give_up_current();
        self.denial = None;
        self.link = Link {
            asked: None,
            ahead: None,
            reshaped: self.now,
            ..self.link
        };
    }

    /// Counts up the rows of the shape that `was`, and drops them.
    fn carry(&mut self, was: Shape, shape: Shape) {
        let level = self.level_to_carry();
        let rows = std::mem::take(&mut self.rows);
        let holds_slots = |shape| matches!(shape, Shape::Concurrency { .. });
        if holds_slots(was) || holds_slots(shape) {
            // Slots are held by what runs, and what was spent in a window does not run.
            self.owed = 0;
            (self.carried, self.level) = (Carried::default(), Level::default());
            return;
        }
        let sum = |all: u64, more: u64| all.saturating_add(more);
        let untold = rows.iter().map(Held::debt).fold(0, sum);
        let all = rows.iter().map(Held::net).fold(0, sum);
        self.owed = self.owed.saturating_add(untold);
        let (_, high) = self.clock.bounds(self.now).unwrap_or_default();
        let charged = grid::counts_until(shape, grid::row_at(shape, high));
        self.level = level.counted_until(self.clock.certainly_at(charged));
        if let Some(last) = rows.iter().next_back() {
            // As long as it would count in its own row, or in one that the store has charged with it.
            let counts = charged.max(grid::counts_until(was, last.epoch));
            let until = self.clock.certainly_at(counts);
            let told = all.saturating_sub(untold);
            self.carried = Carried {
                amount: self.carried_at(self.now).saturating_add(told),
                until: std::cmp::max(self.carried.until, until),
            };
        }
    }

    /// Another life of the store does not know what was carried over: it is told as a debt.
    pub(super) fn recall_carried(&mut self) {
        self.owed = self.owed.saturating_add(self.carried_at(self.now));
        self.carried = Carried::default();
    }

    pub(super) fn carried_at(&self, now: Timestamp) -> u64 {
        if now < self.carried.until {
            self.carried.amount
        } else {
            0
        }
    }
}
