//! Slots: what is held at once.

use std::collections::HashMap;

use super::meter::{Left, Mark};

#[derive(Debug, Clone)]
pub(super) struct Slots {
    capacity: u64,
    held: HashMap<u64, u64>,
    sum: u64,
}

impl Slots {
    pub(super) fn new(capacity: u64) -> Self {
        Self {
            capacity,
            held: HashMap::new(),
            sum: 0,
        }
    }

    pub(super) fn set_capacity(&mut self, capacity: u64) {
        self.capacity = capacity;
    }

    pub(super) fn left(&self) -> Left {
        Left::exactly(self.capacity.saturating_sub(self.sum))
    }

    pub(super) fn used(&self) -> u64 {
        self.sum
    }

    pub(super) fn charge(&mut self, permit: u64, amount: u64) -> Mark {
        self.sum += amount;
        self.held.insert(permit, amount);
        Mark { entry: 0, shape: 0 }
    }

    pub(super) fn release(&mut self, permit: u64) {
        self.sum -= self.held.remove(&permit).unwrap_or(0);
    }

    pub(super) fn evidence(&self, need: u64) -> String {
        format!("{} at once, bound {}", self.sum + need, self.capacity)
    }
}
