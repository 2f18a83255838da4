//! A tenant's dealings with the origin, as the leaser has them with it.

#[cfg(tollgate_loom)]
use crate::actor::Desk;
use crate::chain::Chain;
#[cfg(tollgate_loom)]
use crate::clock::Clock;
#[cfg(tollgate_loom)]
use crate::config::TenantConfig;
use crate::ledger::Slice;
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
}

/// For models, which have no actors.
#[cfg(tollgate_loom)]
impl Tenant {
    /// A tenant whose durable limits are cut into so many parts, and whom nobody takes to the origin but the model.
    pub fn with_origin(config: &TenantConfig, clock: Clock, parts: u64) -> Option<Self> {
        let (desk, nobody) = Desk::new(Slice(parts), std::time::Duration::from_secs(1));
        // An engine that is gone closes its desk; this one is never served, and stays open.
        std::mem::forget(nobody);
        let mut shared = Shared::of(clock);
        shared.desk = Some(desk);
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
