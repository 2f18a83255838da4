//! At most the capacity held at once.

use super::{Level, Retry};

/// A count of slots in use; a slot is freed when its permit is dropped.
#[derive(Debug)]
pub(super) struct Concurrency {
    capacity: u64,
    in_use: u64,
}

impl Concurrency {
    pub(super) fn new(capacity: u64) -> Self {
        Self {
            capacity,
            in_use: 0,
        }
    }

    pub(super) fn used(&self) -> u64 {
        self.in_use
    }

    pub(super) fn free(&self) -> u64 {
        self.capacity.saturating_sub(self.in_use)
    }

    pub(super) fn charge(&mut self, amount: u64) {
        self.in_use = self.in_use.saturating_add(amount);
    }

    pub(super) fn release(&mut self, amount: u64) {
        self.in_use = self.in_use.saturating_sub(amount);
    }

    pub(super) fn retry(&self, amount: u64) -> Retry {
        if amount > self.capacity {
            Retry::Never
        } else {
            Retry::WhenFreed { not_before: None }
        }
    }

    pub(super) fn level(&self, unspent: u64) -> Level {
        let used = self.in_use.saturating_sub(unspent);
        Level {
            used,
            remaining: self.capacity.saturating_sub(used),
            next_at: None,
            full_at: None,
        }
    }

    pub(super) fn set_capacity(&mut self, capacity: u64) {
        self.capacity = capacity;
    }

    pub(super) fn capacity(&self) -> u64 {
        self.capacity
    }
}
