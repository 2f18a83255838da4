//! What is held at once.

use std::collections::BTreeMap;

use crate::cluster::scenario::SECOND;

/// What a node holds that the store has not heard of for so long may be held by others.
const KEPT: u64 = 4 * SECOND;

/// What each life of a node holds now.
#[derive(Debug, Clone, Default)]
pub(super) struct Slots {
    lives: BTreeMap<u64, Life>,
    sum: u64,
    /// What was held by nodes that came back after they had been silent for too long: others may hold it too, for who knows
    /// how long.
    excess: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Life {
    held: u64,
    /// When the store last heard of it.
    heard: u64,
    /// Late calls of it may arrive all the same.
    died: bool,
}

impl Life {
    fn is_silent(&self, at: u64) -> bool {
        self.heard + KEPT < at
    }
}

impl Slots {
    /// A call of this life arrived at the store.
    pub(super) fn told(&mut self, at: u64, life: u64) {
        let life = self.lives.entry(life).or_default();
        if life.is_silent(at) {
            self.excess += life.held;
        }
        life.heard = at;
    }

    pub(super) fn admitted(
        &mut self,
        at: u64,
        life: u64,
        cost: u64,
        bound: u64,
    ) -> Result<(), String> {
        let who = self.lives.entry(life).or_default();
        who.held += cost;
        self.sum += cost;
        if who.is_silent(at) {
            let heard = who.heard;
            return Err(format!(
                "a node admits that was last heard of at {heard} ns"
            ));
        }
        let silent = self.lives.values().filter(|life| life.is_silent(at));
        let silent: u64 = silent.map(|life| life.held).sum();
        let (sum, excess) = (self.sum - silent, self.excess);
        if sum > bound + excess {
            return Err(format!(
                "{sum} held, bound {bound} and {excess} that was given away"
            ));
        }
        Ok(())
    }

    pub(super) fn released(&mut self, life: u64, cost: u64) {
        let life = self.lives.get_mut(&life);
        if let Some(life) = life.filter(|life| !life.died) {
            life.held -= cost;
            self.sum -= cost;
        }
    }

    /// The node is no more, nor is what it did.
    pub(super) fn died(&mut self, life: u64) {
        let life = self.lives.entry(life).or_default();
        self.sum -= std::mem::take(&mut life.held);
        life.died = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(at: u64) -> Slots {
        let mut slots = Slots::default();
        (1..=3).for_each(|life| slots.told(at, life));
        slots
    }

    #[test]
    fn one_too_many_is_found_until_somebody_goes() {
        let mut slots = heard(0);
        slots.admitted(1, 1, 3, 5).unwrap();
        slots.admitted(2, 2, 2, 5).unwrap();
        slots.released(1, 1);
        slots.admitted(3, 1, 1, 5).unwrap();
        slots.died(2);
        slots.released(2, 2);
        slots.admitted(4, 3, 2, 5).unwrap();
        assert!(slots.admitted(5, 3, 1, 5).is_err());
    }

    #[test]
    fn what_the_silent_hold_is_free_and_they_take_no_more() {
        let mut slots = heard(0);
        slots.admitted(1, 1, 3, 5).unwrap();
        slots.told(9, 2);
        assert!(slots.clone().admitted(KEPT, 2, 3, 5).is_err());
        slots.admitted(KEPT + 1, 2, 5, 5).unwrap();
        assert!(slots.admitted(KEPT + 2, 1, 0, 5).is_err());
    }

    #[test]
    fn what_was_given_away_is_beyond_the_bound_when_its_holder_comes_back() {
        let mut slots = heard(0);
        slots.admitted(1, 1, 3, 5).unwrap();
        slots.told(KEPT + 1, 2);
        slots.admitted(KEPT + 2, 2, 5, 5).unwrap();
        slots.told(KEPT + 3, 1);
        slots.admitted(KEPT + 4, 2, 0, 5).unwrap();
        assert!(slots.admitted(KEPT + 4, 2, 1, 5).is_err());
    }
}
