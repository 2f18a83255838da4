//! What all tenants of an engine share: the clock, and the way to the origin.

#[cfg(feature = "actors")]
use crate::actor::Desk;
use crate::clock::Clock;
use crate::ledger::Slice;
use crate::tenant_id::TenantId;

/// See the module's page.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    /// Where tenants say that they need the origin, if there is one.
    #[cfg(feature = "actors")]
    pub(crate) desk: Option<Desk>,
}

impl Shared {
    /// For tenants that have no origin.
    pub(crate) fn of(clock: Clock) -> Self {
        Self {
            clock,
            #[cfg(feature = "actors")]
            desk: None,
        }
    }

    /// How much durable limits hold ahead; `None` if there is no origin to hold it from.
    #[cfg_attr(
        not(feature = "actors"),
        expect(clippy::unused_self, reason = "only actors go to an origin")
    )]
    pub(crate) fn slice(&self) -> Option<Slice> {
        #[cfg(feature = "actors")]
        let slice = self.desk.as_ref().map(Desk::slice);
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
        if let Some(desk) = &self.desk {
            desk.leave_word(id);
        }
        #[cfg(not(feature = "actors"))]
        let _ = id;
    }
}
