//! Sending for what limits need that is not here: to the origin, or to the store that nodes share.

#![cfg_attr(
    not(feature = "actors"),
    expect(dead_code, reason = "only actors go to an origin")
)]

use std::time::Duration;

use crate::clock::Timestamp;
use crate::cluster::{Ask, Heard, Reply};
use crate::cost::Cost;
use crate::ledger::{Awaited, Ledger, Slice};
use crate::origin::{Account, Claim};
use crate::scope::Scope;
use crate::state::TenantState;

use super::Lane;
use super::{Chain, Link};

/// For whom of a chain somebody has to go. They are called out when it is dropped, which is after the locks.
pub(super) struct Errands<'c> {
    state: &'c TenantState,
    /// Who needs the origin: a bit for each generation, the lowest is the tenant's own.
    to_origin: u8,
    /// Who needs the store of shared limits.
    to_store: u8,
}

impl<'c> Errands<'c> {
    pub(super) fn of(state: &'c TenantState) -> Self {
        Self {
            state,
            to_origin: 0,
            to_store: 0,
        }
    }

    #[cold]
    fn send(&self) {
        for (above, state) in self.state.line().enumerate() {
            if self.to_origin >> above & 1 != 0 {
                state.shared().leave_word(state.id());
            }
            if self.to_store >> above & 1 != 0 {
                state.shared().ask_for_call(state.id());
            }
        }
    }
}

impl Drop for Errands<'_> {
    fn drop(&mut self) {
        if self.to_origin | self.to_store != 0 {
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

    /// Sends for whom of the chain that is time; after something was spent, for what comes `next` too.
    pub(crate) fn send_for_more(&mut self, next: bool) {
        if self.links().any(Link::needs_others) {
            self.send_those_who_want_more(next);
        }
    }

    #[cold]
    fn send_those_who_want_more(&mut self, next: bool) {
        let links = std::iter::once(&mut self.own).chain(&mut self.above);
        for (above, link) in links.enumerate() {
            let slice = link.state.shared().slice().filter(|_| link.is_durable());
            if slice.is_some_and(|slice| link.ledger.sends_for_more(slice, next)) {
                self.errands.to_origin |= 1 << above;
            }
            if link.is_shared() && link.ledger.calls_for_more(next) {
                self.errands.to_store |= 1 << above;
            }
        }
    }

    /// Sends to the origin with what the tenant has not touched for a while.
    pub(super) fn send_back(&mut self) {
        let has_origin = self.own.state.shared().slice().is_some();
        if self.own.is_durable() && has_origin && self.own.ledger.sends_back() {
            self.errands.to_origin |= 1;
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

    /// What the store of shared limits is asked for the tenant's own limits; to leave means to give all back.
    pub(crate) fn asks(&mut self, now: Timestamp, leave: bool) -> Vec<Ask> {
        self.settle_up(now);
        let asks = self.own.ledger.asks(leave);
        self.fill(&Lane::Main);
        asks
    }

    /// Takes in what the store said; gives what came of it.
    pub(crate) fn settle_reply(
        &mut self,
        sent: Timestamp,
        now: Timestamp,
        asks: &[Ask],
        reply: &Reply,
    ) -> Heard {
        let mut heard = Heard::default();
        self.change_own(now, |ledger| {
            heard = ledger.settle_reply(sent, now, asks, reply);
        });
        heard
    }

    /// The store of shared limits does not answer.
    pub(crate) fn store_is_gone(&mut self, now: Timestamp) {
        self.change_own(now, Ledger::store_is_gone);
    }

    /// When somebody has to call the store for the tenant's own limits, whoever asks.
    pub(crate) fn next_call(&self, heartbeat: Duration) -> Option<Timestamp> {
        self.own.ledger.next_call(heartbeat)
    }

    /// Whom the tenant and its ancestors wait for.
    pub(crate) fn awaited(&self) -> Vec<Awaited> {
        self.links().map(|link| link.ledger.awaited()).collect()
    }
}

impl Link<'_> {
    fn is_durable(&self) -> bool {
        self.ledger.plan().nature.durable
    }

    fn is_shared(&self) -> bool {
        self.ledger.plan().nature.shared
    }

    fn needs_others(&self) -> bool {
        self.is_durable() || self.is_shared()
    }
}
