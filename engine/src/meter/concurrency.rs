//! At most the capacity held at once.

use super::{Level, Retry};

/// A count of slots in use; a slot is freed when its permit is dropped.
#[derive(Debug, Default)]
pub(crate) struct Concurrency {
    in_use: u64,
}

impl Concurrency {
    pub(super) fn used(&self) -> u64 {
        self.in_use
    }

    pub(super) fn free(&self, capacity: u64) -> u64 {
        capacity.saturating_sub(self.in_use)
    }

    pub(super) fn charge(&mut self, amount: u64) {
        self.in_use = self.in_use.saturating_add(amount);
    }

    pub(super) fn release(&mut self, amount: u64) {
        self.in_use = self.in_use.saturating_sub(amount);
    }

    pub(super) fn retry(capacity: u64, amount: u64) -> Retry {
        if amount > capacity {
            Retry::Never
        } else {
            Retry::WhenFreed { not_before: None }
        }
    }

    pub(super) fn level(&self, capacity: u64, unspent: u64) -> Level {
        let used = self.in_use.saturating_sub(unspent);
        Level {
            used,
            remaining: capacity.saturating_sub(used),
            next_at: None,
            full_at: None,
        }
    }
}
