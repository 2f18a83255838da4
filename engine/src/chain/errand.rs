//! Sending to the origin for what durable limits need.

#![cfg_attr(
    not(feature = "actors"),
    expect(dead_code, reason = "only actors go to an origin")
)]

use crate::clock::Timestamp;
use crate::cost::Cost;
use crate::ledger::Slice;
use crate::origin::{Account, Claim};
use crate::scope::Scope;
use crate::state::TenantState;

use super::Lane;
use super::{Chain, Link};

/// For whom of a chain somebody has to go to the origin. They are called out when it is dropped, which is after the locks.
pub(super) struct Errands<'c> {
    state: &'c TenantState,
    /// A bit for each generation: the lowest is the tenant's own.
    links: u8,
}

impl<'c> Errands<'c> {
    pub(super) fn of(state: &'c TenantState) -> Self {
        Self { state, links: 0 }
    }

    fn add(&mut self, above: usize) {
        self.links |= 1 << above;
    }

    #[cold]
    fn send(&self) {
        for (above, state) in self.state.line().enumerate() {
            if self.links >> above & 1 != 0 {
                state.shared().leave_word(state.id());
            }
        }
    }
}

impl Drop for Errands<'_> {
    fn drop(&mut self) {
        if self.links != 0 {
            self.send();
        }
    }
}

impl Chain<'_> {
    /// Notes what a denied cost would have needed, in every ledger.
    pub(super) fn note_need(&mut self, scope: &Scope<'_>, cost: &Cost) {
        for link in self.links_mut() {
            link.ledger.note_need(scope, cost);
        }
    }

    /// Sends to the origin for whom of the chain that is time; after something was spent, for what comes `next` too.
    pub(crate) fn send_for_more(&mut self, next: bool) {
        if self.links().any(Link::is_durable) {
            self.send_those_who_want_more(next);
        }
    }

    #[cold]
    fn send_those_who_want_more(&mut self, next: bool) {
        let links = std::iter::once(&mut self.own).chain(&mut self.above);
        for (above, link) in links.enumerate() {
            let slice = link.state.shared().slice();
            if slice.is_some_and(|slice| link.ledger.sends_for_more(slice, next)) {
                self.errands.add(above);
            }
        }
    }

    /// Sends to the origin with what the tenant has not touched for a while.
    pub(super) fn send_back(&mut self) {
        let has_origin = self.own.state.shared().slice().is_some();
        if self.own.is_durable() && has_origin && self.own.ledger.sends_back() {
            self.errands.add(0);
        }
    }

    /// What is claimed of the origin for the tenant's own limits; to leave means to give all back.
    pub(crate) fn claims(&mut self, now: Timestamp, slice: Slice, leave: bool) -> Vec<Claim> {
        self.settle_up(now);
        let claims = self.own.ledger.claims(self.own.state.id(), slice, leave);
        self.fill(&Lane::Main);
        claims
    }

    /// Takes in what the origin said.
    pub(crate) fn settle_accounts(&mut self, now: Timestamp, answers: &[(Claim, Account)]) {
        self.change_own(now, |ledger| ledger.settle_accounts(answers));
    }

    /// Whether the tenant or an ancestor waits for the origin.
    pub(crate) fn is_on_errand(&self) -> bool {
        self.links().any(|link| link.ledger.is_on_errand())
    }
}

impl Link<'_> {
    fn is_durable(&self) -> bool {
        self.ledger.plan().nature.durable
    }
}
