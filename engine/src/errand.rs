//! A tenant's dealings with the origin and with the store of shared limits, as their actors have them with it.

use std::time::Duration;

#[cfg(tollgate_loom)]
use crate::actor::Desk;
use crate::chain::Chain;
#[cfg(tollgate_loom)]
use crate::clock::Clock;
use crate::clock::Timestamp;
use crate::cluster::{Ask, Heard, Reply};
#[cfg(tollgate_loom)]
use crate::config::TenantConfig;
use crate::ledger::{Awaited, Slice};
use crate::origin::{Account, Claim};
#[cfg(tollgate_loom)]
use crate::origin::{InMemoryOrigin, Origin};
#[cfg(tollgate_loom)]
use crate::shared::Shared;
#[cfg(tollgate_loom)]
use crate::state::ALONE;
use crate::state::TenantState;
#[cfg(tollgate_loom)]
use crate::sync::Arc;
#[cfg(tollgate_loom)]
use crate::tenant::Tenant;

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

    /// What the store of shared limits is asked for the tenant's own limits; to leave means to give all back.
    pub(crate) fn asks(&self, leave: bool) -> Vec<Ask> {
        let now = self.clock().now();
        Chain::of(self).asks(now, leave)
    }

    /// Takes in what the store said, and lets whoever waits for it look again; gives what came of it.
    pub(crate) fn settle_reply(&self, sent: Timestamp, asks: &[Ask], reply: &Reply) -> Heard {
        let now = self.clock().now();
        let heard = Chain::of(self).settle_reply(sent, now, asks, reply);
        self.wake();
        heard
    }

    /// The store does not answer: whoever waits for it looks again.
    pub(crate) fn store_is_gone(&self) {
        let now = self.clock().now();
        Chain::of(self).store_is_gone(now);
        self.wake();
    }

    /// When somebody has to call the store even if nobody asks; `None` if there is no need.
    pub(crate) fn next_call(&self, heartbeat: Duration) -> Option<Timestamp> {
        Chain::of(self).next_call(heartbeat)
    }

    /// Whom it and its ancestors wait for.
    pub(crate) fn awaited(&self) -> Vec<Awaited> {
        Chain::of(self).awaited()
    }
}

/// For models, which have no actors.
#[cfg(tollgate_loom)]
impl Tenant {
    /// A tenant whose durable limits are cut into so many parts, and whom nobody takes to the origin but the model.
    pub fn with_origin(config: &TenantConfig, clock: Clock, parts: u64) -> Option<Self> {
        let (desk, nobody) = Desk::new(Duration::from_secs(1));
        // An engine that is gone closes its desk; this one is never served, and stays open.
        std::mem::forget(nobody);
        let mut shared = Shared::of(clock);
        shared.desk = Some((desk, Slice(parts)));
        let plan = Arc::new(config.compile().ok()?);
        let id = config.tenant_id.clone();
        Some(Self::of(TenantState::new(
            id,
            plan,
            ALONE,
            Arc::new(shared),
            None,
        )))
    }

    /// Takes its claims to the origin and back, as the leaser does; to leave means to give all back.
    pub fn visit(&self, origin: &InMemoryOrigin, leave: bool) {
        let claims = self.state().claims(Slice(2), leave);
        let accounts = pollster::block_on(origin.exchange(&claims)).unwrap_or_default();
        let answers: Vec<_> = claims.into_iter().zip(accounts).collect();
        self.state().settle_accounts(&answers);
    }
}
