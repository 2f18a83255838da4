//! When messages arrive, if they do.

use crate::cluster::scenario::{MILLI, Manners, SECOND};
use crate::rng::Rng;

/// The network between all nodes and the store.
#[derive(Debug)]
pub(super) struct Network {
    manners: Manners,
    /// Until then every message arrives, and soon.
    tame: u64,
    /// And from then on.
    calm: u64,
}

/// Where a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    ToStore,
    ToNode,
}

/// When a message arrives, and when once more.
#[derive(Debug, Clone, Copy)]
pub(super) struct Copies {
    pub(super) first: Option<u64>,
    pub(super) again: Option<u64>,
}

impl Network {
    pub(super) fn new(manners: Manners, calm: u64) -> Self {
        Self {
            manners,
            tame: 0,
            calm,
        }
    }

    /// Nothing is lost, and nothing slow, until then.
    pub(super) fn tame(&mut self, until: u64) {
        self.tame = std::cmp::max(self.tame, until);
    }

    /// What becomes of a message between the store and a node.
    pub(super) fn carry(&self, now: u64, node: usize, way: Way, rng: &mut Rng) -> Copies {
        let (soonest, latest) = self.delays(node, way);
        let mut arrival = || {
            let tame = now < self.tame || now >= self.calm;
            if !tame && rng.below(1_000) < self.manners.lost {
                return None;
            }
            let slow = !tame && rng.below(1_000) < self.manners.slow;
            let latest = if slow { 2 * SECOND } else { latest };
            Some(now + rng.within(soonest, latest))
        };
        let first = arrival();
        let again = arrival();
        let twice = rng.below(1_000) < self.manners.twice;
        Copies {
            first,
            again: again.filter(|_| twice),
        }
    }

    fn delays(&self, node: usize, way: Way) -> (u64, u64) {
        let Manners {
            delay, lopsided, ..
        } = self.manners;
        let soonest = MILLI / 20;
        let is_late = node.is_multiple_of(2) == (way == Way::ToStore);
        match (lopsided, is_late) {
            (false, _) => (soonest, delay),
            (true, false) => (soonest, soonest + delay / 16),
            (true, true) => (delay * 3 / 4, delay),
        }
    }
}
