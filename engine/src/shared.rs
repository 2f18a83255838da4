//! What all tenants of an engine share: the clock, and the ways to the origin and to the store of shared limits.

#[cfg(feature = "actors")]
use crate::actor::{Desk, Figures};
use crate::clock::Clock;
use crate::ledger::Slice;
use crate::outage::Outage;
use crate::sharing::Sharing;
use crate::tenant_id::TenantId;

/// See the module's page.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    /// Where tenants say that they need the origin, if there is one, and how much durable limits hold ahead.
    #[cfg(feature = "actors")]
    pub(crate) desk: Option<(Desk, Slice)>,
    /// Where tenants say that they need the store of shared limits, if there is one, and how the calls went.
    #[cfg(feature = "actors")]
    pub(crate) calls: Option<(Desk, Figures)>,
    /// What they do while it does not answer.
    pub(crate) outage: Outage,
}

impl Shared {
    /// For tenants that have no origin.
    pub(crate) fn of(clock: Clock) -> Self {
        Self {
            clock,
            #[cfg(feature = "actors")]
            desk: None,
            #[cfg(feature = "actors")]
            calls: None,
            outage: Outage::default(),
        }
    }

    /// How much durable limits hold ahead; `None` if there is no origin to hold it from.
    #[cfg_attr(
        not(feature = "actors"),
        expect(clippy::unused_self, reason = "only actors go to an origin")
    )]
    pub(crate) fn slice(&self) -> Option<Slice> {
        #[cfg(feature = "actors")]
        let slice = self.desk.as_ref().map(|(_, slice)| *slice);
        #[cfg(not(feature = "actors"))]
        let slice = None;
        slice
    }

    /// Leaves word that somebody has to go to the origin for this tenant. Without any lock held: it wakes a task.
    #[cfg_attr(
        not(feature = "actors"),
        expect(clippy::unused_self, reason = "only actors go to an origin")
    )]
    pub(crate) fn leave_word(&self, id: &TenantId) {
        #[cfg(feature = "actors")]
        if let Some((desk, _)) = &self.desk {
            desk.leave_word(id);
        }
        #[cfg(not(feature = "actors"))]
        let _ = id;
    }

    /// Leaves word that somebody has to call the store of shared limits for this tenant; without any lock held.
    #[cfg_attr(
        not(feature = "actors"),
        expect(clippy::unused_self, reason = "only actors call a store")
    )]
    pub(crate) fn ask_for_call(&self, id: &TenantId) {
        #[cfg(feature = "actors")]
        if let Some((desk, _)) = &self.calls {
            desk.leave_word(id);
        }
        #[cfg(not(feature = "actors"))]
        let _ = id;
    }
    /// How the calls of the store of shared limits went; `None` if there is none.
    #[cfg_attr(
        not(feature = "actors"),
        expect(clippy::unused_self, reason = "only actors call a store")
    )]
    pub(crate) fn sharing(&self) -> Option<Sharing> {
        #[cfg(feature = "actors")]
        let sharing = self.calls.as_ref();
        #[cfg(feature = "actors")]
        let sharing =
            sharing.map(|(desk, figures)| figures.read(!desk.is_down(), self.clock.now()));
        #[cfg(not(feature = "actors"))]
        let sharing = None;
        sharing
    }
}
