//! Slots of a limit of concurrency: how they come free again, here and for other nodes.
//!
//! A slot is spent again as often as it is released, so nothing but its holder can end a holding. Two rules see to it that
//! holders do: after the capacity was lowered each node keeps its part of the lower one, and where the store has hardly any
//! left, who holds more than an even part passes some on.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::cluster::{Answer, Shape};

use super::Share;
use super::rows::Held;
use super::server_clock::scaled;

/// Of so many slots that are released beyond an even part, one is passed on.
const PASSED_ON: u64 = 8;
/// The store has hardly any left if that is no more than such a part of an even part: where requests take several slots,
/// what is too little for one is never taken.
const HARDLY_ANY: u64 = 8;

/// What binds a holder of slots.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Slots {
    /// The capacity in force, as it was said last.
    capacity: Option<u64>,
    /// So many are held at most, since the capacity was lowered.
    ceiling: Option<u64>,
    /// An even part of all, if the store had hardly any left.
    part: Option<u64>,
    /// How many were released beyond that, since one was passed on.
    released: u64,
}

impl Slots {
    /// Whether other nodes might want more than there is.
    pub(super) fn are_scarce(&self) -> bool {
        let part = self.part.zip(self.capacity);
        part.is_some_and(|(part, all)| part < all)
    }
}

impl Share {
    /// Frees slots of a limit of concurrency.
    pub fn release(&mut self, amount: u64) {
        let owed = std::cmp::min(self.owed, amount);
        self.owed = self.owed.saturating_sub(owed);
        let rest = amount.saturating_sub(owed);
        let less = self.rows.get_mut(0).map_or(0, |row| row.unspend(rest));
        self.level.give(owed.saturating_add(less));
        self.pass_on(less);
        self.keep_below_ceiling();
    }

    /// Takes in what the store says of slots.
    pub(super) fn count_slots(&mut self, nodes: u64, answer: &Answer) {
        if !self.is_concurrency() {
            self.slots = Slots::default();
            return;
        }
        let capacity = answer.capacity;
        let even = capacity.div_ceil(std::cmp::max(nodes, 1));
        let is_left = answer.free.saturating_mul(HARDLY_ANY) > even;
        self.slots.part = (!is_left).then_some(even);
        let was = self.slots.capacity.replace(capacity);
        let held = self.rows.get(0).map_or(0, Held::held);
        if let Some(was) = was.filter(|was| capacity < *was) {
            let most = std::cmp::min(held, self.slots.ceiling.unwrap_or(held));
            self.slots.ceiling = Some(scaled(most, capacity, was));
        }
        self.keep_below_ceiling();
    }

    fn keep_below_ceiling(&mut self) {
        let (Some(ceiling), Some(row)) = (self.slots.ceiling, self.rows.get_mut(0)) else {
            return;
        };
        row.give_back(ceiling.saturating_sub(row.spent()));
        if row.held() <= ceiling {
            self.slots.ceiling = None;
        }
    }

    fn pass_on(&mut self, released: u64) {
        let (Some(part), Some(row)) = (self.slots.part, self.rows.get_mut(0)) else {
            return;
        };
        let beyond = std::cmp::min(row.held().saturating_sub(part), released);
        let all = self.slots.released.saturating_add(beyond);
        let passed = all.checked_div(PASSED_ON).unwrap_or(0);
        self.slots.released = all.checked_rem(PASSED_ON).unwrap_or(0);
        if passed > 0 {
            row.give_back(row.spare().saturating_sub(passed));
        }
    }

    /// Slots are told of in time, however rarely the rest may be.
    pub(super) fn slots_told_every(&self) -> Duration {
        match self.shape {
            Some(Shape::Concurrency { ttl }) => Duration::from_micros(ttl >> 2),
            _ => Duration::MAX,
        }
    }

    /// So many are in use here.
    pub(crate) fn in_use(&self) -> u64 {
        let row = self.rows.get(0).map_or(0, Held::spent);
        row.saturating_add(self.owed)
    }

    pub(super) fn is_concurrency(&self) -> bool {
        matches!(self.shape, Some(Shape::Concurrency { .. }))
    }

    /// Whether what was held may have been given to others meanwhile.
    pub(super) fn has_lapsed(&self, now: Timestamp) -> bool {
        let Some(Shape::Concurrency { ttl }) = self.shape else {
            return false;
        };
        !self.rows.is_empty() && now >= self.leased_until(ttl)
    }
}
