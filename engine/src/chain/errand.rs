//! Sending to the origin for what durable limits need.

#![cfg_attr(
    not(feature = "actors"),
    expect(dead_code, reason = "only actors go to an origin")
)]

use smallvec::SmallVec;

use crate::clock::Timestamp;
use crate::cost::Cost;
use crate::ledger::Slice;
use crate::origin::{Account, Claim};
use crate::scope::Scope;
use crate::state::TenantState;

use super::Chain;
use super::Lane;

/// Tenants of a chain for whom somebody has to go to the origin. They are called out when it is dropped, which is after the
/// locks.
#[derive(Default)]
pub(super) struct Errands<'c>(SmallVec<[&'c TenantState; 1]>);

impl Drop for Errands<'_> {
    fn drop(&mut self) {
        for state in &self.0 {
            state.shared().leave_word(state.id());
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
        let links = std::iter::once(&mut self.own).chain(&mut self.above);
        for link in links {
            let slice = link.state.shared().slice();
            if slice.is_some_and(|slice| link.ledger.sends_for_more(slice, next)) {
                self.errands.0.push(link.state);
            }
        }
    }

    /// Sends to the origin with what the tenant has not touched for a while.
    pub(super) fn send_back(&mut self) {
        let state = self.own.state;
        if state.shared().slice().is_some() && self.own.ledger.sends_back() {
            self.errands.0.push(state);
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
