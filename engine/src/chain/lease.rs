//! Filling and draining the lease words of a tenant, which are charged to its whole chain.

use crate::budget::Budget;
use crate::clock::Timestamp;
use crate::cost::Cost;
use crate::lease_word::{Drained, Epoch, LeaseWord};
use crate::ledger::{Classes, Offer, Standing, shift_of};
use crate::plan::Limit;
use crate::scope::Scope;
use crate::sync::Arc;

use super::{Chain, Link};

/// The word that requests like the one at hand take from.
pub(super) enum Lane {
    /// That of requests without a scope, and of all if the plans tell none apart.
    Main,
    /// That of a class.
    Class(Arc<Option<Classes>>, u64),
    /// There is none: each such request is decided under the lock.
    None,
}

impl Lane {
    /// The class whose limits count, as [`Plan::class_of`](crate::plan::Plan::class_of) has it.
    fn class(&self) -> u64 {
        match self {
            Self::Class(_, class) => *class,
            Self::Main | Self::None => 0,
        }
    }
}

impl Chain<'_> {
    /// The lane of requests of this scope that cost something like this.
    pub(super) fn lane(&self, scope: &Scope<'_>, cost: &Cost) -> Lane {
        let conditional = |link: &Link<'_>| link.ledger.plan().nature.conditional;
        if Budget::of(cost).is_none() {
            return Lane::None;
        }
        if scope.is_empty() || !self.links().any(conditional) {
            return Lane::Main;
        }
        if self.above.iter().any(conditional) {
            return Lane::None;
        }
        let own = &self.own;
        let plan = own.ledger.plan();
        let (front, class) = (own.state.front(), plan.class_of(scope));
        let known = front.classes().filter(|classes| classes.is_some());
        let classes =
            known.unwrap_or_else(|| front.set_classes(Some(Classes::new(Arc::clone(plan)))));
        Lane::Class(classes, class)
    }

    /// Empties one word.
    pub(super) fn drain(&mut self, lane: &Lane) {
        let lease = match lane {
            Lane::Main => self.own.state.front().drain(),
            Lane::Class(classes, class) => {
                word_of((**classes).as_ref(), *class).and_then(|word| word.drain(None))
            }
            Lane::None => None,
        };
        if let Some(lease) = lease {
            self.take_back(0, &lease);
        }
    }

    /// Empties every word of the tenant and of its ancestors.
    pub(super) fn drain_all(&mut self) {
        for below in 0..=self.above.len() {
            self.drain_link(below);
        }
    }

    /// Empties every word of one tenant of the chain; says whether there was one to empty.
    pub(super) fn drain_link(&mut self, below: usize) -> bool {
        let Some(state) = self.link(below).map(|link| link.state) else {
            return false;
        };
        let mut found = false;
        state.front().drain_all(|lease| {
            self.take_back(below, &lease);
            found = true;
        });
        found
    }

    /// Empties the words whose time has passed at `now`, of every tenant of the chain and of their borrowers.
    pub(super) fn drain_ended(&mut self, now: Timestamp) {
        for below in 0..=self.above.len() {
            let Some(link) = self.link(below) else { return };
            let (state, ended) = (link.state, link.ledger.borrowers.has_ended(now));
            state
                .front()
                .drain_ended(now, |lease| self.take_back(below, &lease));
            if ended {
                self.recall(below);
            }
        }
    }

    /// Gives what is left of a lease back to the tenant that it was of and to its ancestors.
    pub(super) fn take_back(&mut self, below: usize, lease: &Drained) {
        for (above, link) in self.links_mut().skip(below).enumerate() {
            link.ledger.take_back(lease, above);
        }
    }

    /// Fills the word again with half of what is free, unless it must stay empty.
    pub(super) fn fill(&mut self, lane: &Lane) {
        let armed = self.links().any(|link| link.ledger.is_armed());
        let active = |link: &Link<'_>| link.ledger.standing() == Standing::Active;
        // An ancestor's bucket lends to nobody: it would have to know who spent when.
        let ordered = |link: &Link<'_>| link.ledger.plan().nature.ordered;
        let above = self.above.iter().any(ordered);
        if armed || above || !self.links().all(active) {
            return;
        }
        let offer = self.offer(lane.class());
        let own = &self.own;
        if offer.budget.is_nothing() || offer.until <= own.ledger.now() {
            return;
        }
        match lane {
            Lane::Main => {
                if own.state.front().lease.is_crowded() {
                    own.state.front().stripe();
                }
                let state = own.state;
                self.lend(&state.front().lease, &offer, !self.is_conditional());
                state.front().fill(offer.budget);
            }
            Lane::Class(classes, class) => {
                if let Some(word) = word_of((**classes).as_ref(), *class) {
                    self.lend(word, &offer, false);
                    word.fill(None, offer.budget);
                }
            }
            Lane::None => {}
        }
    }

    fn is_conditional(&self) -> bool {
        self.links()
            .any(|link| link.ledger.plan().nature.conditional)
    }

    /// What the word of a class may get.
    fn offer(&self, class: u64) -> Offer {
        let mut offer = Offer::unlimited();
        for (above, link) in self.links().enumerate() {
            let in_class = |place: usize| above == 0 && class >> place & 1 != 0;
            let counts = |place: usize, limit: &Limit| !limit.is_conditional() || in_class(place);
            offer.bound(&link.ledger, above, counts);
        }
        offer
    }

    /// Charges an offer to the chain and opens an epoch of `word` for it.
    fn lend(&mut self, word: &LeaseWord, offer: &Offer, for_any_scope: bool) {
        self.announce_slots();
        for (above, link) in self.links_mut().enumerate() {
            link.ledger
                .lend(offer.budget, offer.seats >> shift_of(above));
        }
        let lag = self.own.state.clock().max_lag();
        self.enlist(offer.until.saturating_sub(lag));
        let mut epoch = Epoch {
            number: 0,
            start: self.own.ledger.now(),
            until: offer.until.saturating_sub(lag),
            seats: offer.seats,
            for_any_scope,
        };
        let same = word.open_epoch_like(&epoch);
        if !same.is_some_and(|number| self.own.ledger.continues(number)) {
            epoch.number = self.begin_epoch();
            word.open(&epoch);
        }
    }

    fn begin_epoch(&mut self) -> u64 {
        // The ledgers of a chain that was rolled stand at the same epoch.
        let next = self.own.ledger.epoch().wrapping_add(1);
        for link in self.links_mut() {
            link.ledger.begin_epoch(next);
        }
        next
    }

    /// Tells every ancestor whom to call when it needs what it has lent.
    fn enlist(&mut self, until: Timestamp) {
        for (above, ancestor) in self.above.iter_mut().enumerate() {
            ancestor.ledger.borrowers.lend(until);
            if self.own.ledger.borrowers.enlist(above) {
                ancestor.ledger.borrowers.push(self.own.state.weak());
            }
        }
    }

    /// Tells the front what it must know of the plans and the standing.
    pub(crate) fn announce(&self) {
        self.announce_slots();
        let own = &self.own;
        let removed = own.ledger.standing() == Standing::Removed;
        own.state.front().announce_removed(removed);
    }

    /// Tells the front whether a permit of now has slots to free, an ancestor's among them: said before
    /// every charge, since ancestors get other plans without a word to their descendants.
    pub(super) fn announce_slots(&self) {
        let slots = self.links().any(|link| link.ledger.plan().nature.slots);
        self.own.state.front().announce_slots(slots);
    }
}

fn word_of(classes: Option<&Classes>, class: u64) -> Option<&LeaseWord> {
    classes?.claim(class)
}
