//! A tenant's dealings with the origin, as the leaser has them with it.

use crate::chain::Chain;
use crate::ledger::Slice;
use crate::origin::{Account, Claim};
use crate::state::TenantState;

impl TenantState {
    /// Sends for what its first requests will need. It is in the directory, where the leaser looks for it.
    pub(crate) fn send_ahead(&self) {
        Chain::of(self).send_for_more(true);
    }

    /// What is claimed of the origin for the tenant's own limits; to leave means to give all back.
    pub(crate) fn claims(&self, slice: Slice, leave: bool) -> Vec<Claim> {
        let now = self.clock().now();
        Chain::of(self).claims(now, slice, leave)
    }

    /// Takes in what the origin said, and lets whoever waits for it look again.
    pub(crate) fn settle_accounts(&self, answers: &[(Claim, Account)]) {
        let now = self.clock().now();
        Chain::of(self).settle_accounts(now, answers);
        self.wake();
    }

    /// Whether somebody is on the way to the origin for it or an ancestor.
    pub(crate) fn is_on_errand(&self) -> bool {
        Chain::of(self).is_on_errand()
    }
}
