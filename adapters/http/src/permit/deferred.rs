//! A permit that is settled after its request has ended.

use std::fmt;
use std::mem;

use tollgate::{Cost, Permit, Slot};

use super::{Outcome, PermitHandle};

/// The settlement of a request, taken away from it by [`PermitHandle::defer`]: the request may end before it is known
/// what it cost.
///
/// Dropping it does what the gate's [`on_drop`](crate::GateBuilder::on_drop) says, as for any request that nobody
/// settles. Settle within the limit's window: what was charged has left the window after that, and there is nothing
/// to give back.
///
/// # Concurrency
/// `Send` and `Sync`. Only its holder can settle; the [`PermitHandle`]s of the request no longer can.
#[must_use = "dropping it settles by the drop rule"]
pub struct DeferredPermit {
    charge: Option<Permit<'static>>,
    handle: PermitHandle,
}

impl DeferredPermit {
    pub(super) fn new(charge: Permit<'static>, handle: PermitHandle) -> Self {
        Self {
            charge: Some(charge),
            handle,
        }
    }

    /// Settles at the true cost, as [`PermitHandle::settle`] does.
    pub fn settle(mut self, actual: &Cost) {
        self.close(
            Outcome::Settled,
            |charge| charge.settle(actual),
            || actual.clone(),
        );
    }

    /// Gives everything back.
    pub fn refund(mut self) {
        let nothing = self.handle.0.terms.nothing();
        self.close(Outcome::Refunded, Permit::refund, || nothing);
    }

    /// Settles at the cost that was charged.
    pub fn keep(mut self) {
        let cost = self.handle.cost().clone();
        self.close(Outcome::Kept, Permit::keep, || cost);
    }

    /// The permit that it is the settlement of.
    pub fn permit(&self) -> &PermitHandle {
        &self.handle
    }

    fn close(
        &mut self,
        outcome: Outcome,
        how: impl FnOnce(Permit<'static>) -> Slot<'static>,
        actual: impl FnOnce() -> Cost,
    ) {
        if let Some(charge) = self.charge.take() {
            // The slots are the request's, so that nothing is left to hold.
            drop(how(charge));
            self.handle.close_deferred(outcome);
            self.handle.0.terms.settled(actual, false);
        }
    }
}

impl Drop for DeferredPermit {
    fn drop(&mut self) {
        if let Some(charge) = mem::take(&mut self.charge) {
            drop(charge);
            let terms = &self.handle.0.terms;
            self.handle.close_deferred(Outcome::Ended);
            terms.settled(|| terms.dropped(), true);
        }
    }
}

impl fmt::Debug for DeferredPermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DeferredPermit").field(&self.handle).finish()
    }
}
