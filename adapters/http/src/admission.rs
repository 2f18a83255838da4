//! What an admitted request carries: its permit, shared between the handler and the response.

use std::fmt;
use std::mem;
use std::sync::Arc;

use parking_lot::Mutex;
use tollgate::{Cost, Permit, Slot, Tenant, TenantId, Usage};

use crate::resolve::Source;

/// An admitted request. It ends when the [`BodyGuard`] made of it is dropped.
///
/// An adapter puts [`tenant`](Self::tenant), [`source`](Self::source) and
/// [`permit`](Self::permit) where handlers find them, keeps the admission in the response's
/// future, and then its [guard](Self::into_guard) in the response's body.
#[derive(Debug)]
#[must_use = "dropping an admission ends its request"]
pub struct Admission {
    guard: BodyGuard,
    source: Source,
}

impl Admission {
    pub(crate) fn new(tenant: Tenant, permit: Permit<'static>, cost: Cost, source: Source) -> Self {
        let shared = Shared { tenant, cost, state: Mutex::new(State::Open(permit)) };
        Self { guard: BodyGuard(PermitHandle(Arc::new(shared))), source }
    }

    /// Who was admitted.
    pub fn tenant(&self) -> &Tenant {
        &self.permit().0.tenant
    }

    /// Who was admitted, by id.
    pub fn id(&self) -> &TenantId {
        self.tenant().id()
    }

    /// Where the request named the tenant.
    pub fn source(&self) -> Source {
        self.source
    }

    /// The permit, for the handler.
    pub fn permit(&self) -> &PermitHandle {
        &self.guard.0
    }

    /// The guard that the response's body holds until it has ended.
    pub fn into_guard(self) -> BodyGuard {
        self.guard
    }

    /// Ends the request now; the same as dropping the admission.
    pub fn finish(self) {
        drop(self);
    }
}

/// Ends an admitted request when it is dropped: frees its concurrency slots, whoever still holds a
/// [`PermitHandle`] of it, and closes the permit if no one has settled it.
#[derive(Debug)]
#[must_use = "dropping the guard ends its request"]
pub struct BodyGuard(PermitHandle);

impl Drop for BodyGuard {
    fn drop(&mut self) {
        self.0.finish();
    }
}

/// The permit of an admitted request, as its handler sees it: settle it once, from anywhere.
///
/// # Who frees what, and when
/// * The **charge** (requests, tokens, …) is settled by the first of [`settle`](Self::settle),
///   [`refund`](Self::refund) and [`keep`](Self::keep). If none is called before the request ends,
///   the gate's [`on_drop`](crate::GateBuilder::on_drop) decides; its default keeps the estimate,
///   so that a crash or a cancelled stream is never free.
/// * The **concurrency slots** stay held, settled or not, until the request ends.
/// * The **request ends** when the response's body has ended, failed or been dropped, or when the
///   response's future is dropped, since the client has gone. From then on settling is an error,
///   and clones of the handle that a background task still holds keep nothing alive.
///
/// # Concurrency
/// `Send` and `Sync`; clones share one permit. Of several calls that settle, one wins and the others
/// get [`AlreadySettled`].
///
/// # Examples
/// ```
/// use tollgate::Cost;
/// use tollgate_http::{AlreadySettled, PermitHandle};
///
/// /// In a handler: charge what the model has really used.
/// fn count(permit: &PermitHandle, used: u64) -> Result<(), AlreadySettled> {
///     permit.settle(&Cost::tokens(used))
/// }
/// ```
#[derive(Clone)]
pub struct PermitHandle(Arc<Shared>);

struct Shared {
    tenant: Tenant,
    cost: Cost,
    state: Mutex<State>,
}

enum State {
    /// Charged at the estimate, not settled.
    Open(Permit<'static>),
    /// Settled; the slots are still held.
    Settled(Outcome, Slot<'static>),
    /// Nothing is held any more.
    Ended(Outcome),
}

/// What became of a permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// Settled at another cost.
    Settled,
    /// Everything was given back.
    Refunded,
    /// The estimate was kept, because someone said so.
    Kept,
    /// The request ended before anyone settled it.
    Ended,
}

/// The permit was settled before, or its request has ended: this call has changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the permit {}", match outcome {
    Outcome::Settled => "is settled already",
    Outcome::Refunded => "is refunded already",
    Outcome::Kept => "is kept already",
    Outcome::Ended => "was never settled, and its request has ended",
})]
pub struct AlreadySettled {
    /// What had become of the permit.
    pub outcome: Outcome,
}

impl PermitHandle {
    /// Settles at the true cost: what was charged too much is given back, what was charged too
    /// little becomes debt. A dimension that `actual` does not name keeps what was charged.
    ///
    /// # Errors
    /// [`AlreadySettled`] if this is not the first call, or comes after the request's end.
    pub fn settle(&self, actual: &Cost) -> Result<(), AlreadySettled> {
        self.close(Outcome::Settled, |permit| permit.settle(actual))
    }

    /// Gives everything back, as if the request had never been made.
    ///
    /// # Errors
    /// [`AlreadySettled`] if this is not the first call, or comes after the request's end.
    pub fn refund(&self) -> Result<(), AlreadySettled> {
        self.close(Outcome::Refunded, Permit::refund)
    }

    /// Settles at the cost that was charged.
    ///
    /// # Errors
    /// [`AlreadySettled`] if this is not the first call, or comes after the request's end.
    pub fn keep(&self) -> Result<(), AlreadySettled> {
        self.close(Outcome::Kept, Permit::keep)
    }

    /// What was charged on admission.
    pub fn cost(&self) -> &Cost {
        &self.0.cost
    }

    /// What has become of the permit; `None` while it is open.
    pub fn outcome(&self) -> Option<Outcome> {
        self.0.state.lock().outcome()
    }

    /// How full the tenant's limits are now.
    pub fn usage(&self) -> Usage {
        self.0.tenant.usage()
    }

    fn close(
        &self,
        outcome: Outcome,
        how: impl FnOnce(Permit<'static>) -> Slot<'static>,
    ) -> Result<(), AlreadySettled> {
        let mut state = self.0.state.lock();
        match mem::replace(&mut *state, State::Ended(outcome)) {
            State::Open(permit) => {
                *state = State::Settled(outcome, how(permit));
                Ok(())
            }
            State::Settled(outcome, slot) => {
                *state = State::Settled(outcome, slot);
                Err(AlreadySettled { outcome })
            }
            State::Ended(outcome) => {
                *state = State::Ended(outcome);
                Err(AlreadySettled { outcome })
            }
        }
    }

    /// Ends the request: whatever is still held is dropped, after the lock is.
    fn finish(&self) {
        let mut state = self.0.state.lock();
        let outcome = state.outcome().unwrap_or(Outcome::Ended);
        let held = mem::replace(&mut *state, State::Ended(outcome));
        drop(state);
        drop(held);
    }
}

impl State {
    fn outcome(&self) -> Option<Outcome> {
        match self {
            Self::Open(_) => None,
            Self::Settled(outcome, _) | Self::Ended(outcome) => Some(*outcome),
        }
    }
}

impl fmt::Debug for PermitHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PermitHandle")
            .field("tenant", self.0.tenant.id())
            .field("cost", &self.0.cost)
            .field("outcome", &self.outcome())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use tollgate::{Dimension, LimitConfig, ManualClock, OnDrop};

    use super::*;
    use crate::testing::{config, tenant};

    fn one_slot() -> Tenant {
        let slot = LimitConfig::concurrency("in-flight", Dimension::Requests, 1);
        tenant(config().tokens_per_minute(1_000).limit(slot), &ManualClock::new())
    }

    fn admit(tenant: &Tenant, rule: OnDrop) -> Admission {
        let cost = Cost::request().and_tokens(100);
        let permit = tenant.try_acquire(&cost).into_result().unwrap();
        Admission::new(tenant.clone(), permit.on_drop(rule).into_owned(), cost, Source::Header)
    }

    fn tokens_left(tenant: &Tenant) -> u64 {
        tenant.usage().remaining(&Dimension::Tokens).unwrap()
    }

    fn slot_is_free(tenant: &Tenant) -> bool {
        tenant.usage().get("in-flight").unwrap().remaining == 1
    }

    #[test]
    fn only_the_first_call_settles_and_the_others_say_so() {
        let tenant = one_slot();
        let admission = admit(&tenant, OnDrop::Keep);
        let (first, second) = (admission.permit().clone(), admission.permit().clone());
        assert_eq!(first.outcome(), None);
        assert_eq!(first.settle(&Cost::tokens(30)), Ok(()));
        let error = second.refund().unwrap_err();
        assert_eq!(error.outcome, Outcome::Settled);
        assert_eq!(error.to_string(), "the permit is settled already");
        assert!(second.keep().is_err() && second.settle(&Cost::tokens(900)).is_err());
        assert_eq!(tokens_left(&tenant), 970);
    }

    #[test]
    fn a_settled_request_holds_its_slot_until_it_ends() {
        let tenant = one_slot();
        for settle in [PermitHandle::keep, PermitHandle::refund] {
            let admission = admit(&tenant, OnDrop::Keep);
            settle(admission.permit()).unwrap();
            assert!(!slot_is_free(&tenant));
            let guard = admission.into_guard();
            assert!(!slot_is_free(&tenant));
            drop(guard);
            assert!(slot_is_free(&tenant));
        }
    }

    #[test]
    fn a_handle_that_lives_on_keeps_no_slot_and_settles_no_more() {
        let tenant = one_slot();
        let admission = admit(&tenant, OnDrop::Keep);
        let handle = admission.permit().clone();
        admission.finish();
        assert!(slot_is_free(&tenant));
        let error = handle.settle(&Cost::tokens(1)).unwrap_err();
        assert_eq!(error.outcome, Outcome::Ended);
        assert_eq!(tokens_left(&tenant), 900);
    }

    #[test]
    fn what_no_one_settles_is_kept_or_refunded_as_chosen() {
        let tenant = one_slot();
        admit(&tenant, OnDrop::Keep).finish();
        assert_eq!(tokens_left(&tenant), 900);
        admit(&tenant, OnDrop::Refund).finish();
        assert_eq!(tokens_left(&tenant), 900);
    }

    #[test]
    fn the_outcome_outlives_the_request() {
        let tenant = one_slot();
        let admission = admit(&tenant, OnDrop::Keep);
        let handle = admission.permit().clone();
        handle.refund().unwrap();
        admission.finish();
        assert_eq!(handle.outcome(), Some(Outcome::Refunded));
        assert_eq!(handle.cost(), &Cost::request().and_tokens(100));
        assert_eq!(tokens_left(&tenant), 1_000);
    }

    #[test]
    fn of_many_threads_exactly_one_settles() {
        let tenant = one_slot();
        let admission = admit(&tenant, OnDrop::Keep);
        let wins: usize = std::thread::scope(|scope| {
            let settlers: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| admission.permit().settle(&Cost::tokens(50)).is_ok()))
                .collect();
            settlers.into_iter().map(|settler| usize::from(settler.join().unwrap())).sum()
        });
        assert_eq!(wins, 1);
        assert_eq!(tokens_left(&tenant), 950);
    }
}
