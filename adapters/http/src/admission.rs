//! An admitted request, from the gate to the end of its response's body.

use tollgate::{Permit, Tenant, TenantId};

use crate::body_guard::BodyGuard;
use crate::permit::{PermitHandle, Terms};
use crate::resolve::Source;

/// An admitted request. It ends when the [`BodyGuard`] made of it is dropped.
///
/// An adapter puts [`tenant`](Self::tenant) and [`permit`](Self::permit) where handlers find them, keeps the admission in the response's
/// future, and then its [guard](Self::into_guard) in the response's body.
#[derive(Debug)]
#[must_use = "dropping an admission ends its request"]
pub struct Admission(BodyGuard);

impl Admission {
    pub(crate) fn new(permit: Permit<'static>, terms: Terms) -> Self {
        Self(BodyGuard::new(PermitHandle::new(permit, terms)))
    }

    /// Who was admitted.
    pub fn tenant(&self) -> &Tenant {
        self.permit().tenant()
    }

    /// Who was admitted, by id.
    pub fn id(&self) -> &TenantId {
        self.tenant().id()
    }

    /// Where the request named the tenant.
    pub fn source(&self) -> Source {
        self.permit().source()
    }

    /// The permit, for the handler.
    pub fn permit(&self) -> &PermitHandle {
        self.0.permit()
    }

    pub(crate) fn guard_mut(&mut self) -> &mut BodyGuard {
        &mut self.0
    }

    /// The guard that the response's body holds until it has ended.
    pub fn into_guard(self) -> BodyGuard {
        self.0
    }

    /// Ends the request now; the same as dropping the admission.
    pub fn finish(self) {
        drop(self);
    }
}

#[cfg(test)]
mod tests {
    use tollgate::{Cost, Dimension, LimitConfig, ManualClock, OnDrop};

    use super::*;
    use crate::permit::{Outcome, OwnedScope};
    use crate::testing::{config, tenant};

    fn one_slot() -> Tenant {
        let slot = LimitConfig::concurrency("in-flight", Dimension::Requests, 1);
        tenant(
            &config().tokens_per_minute(1_000).limit(slot),
            &ManualClock::new(),
        )
    }

    fn admit(tenant: &Tenant, rule: OnDrop) -> Admission {
        let cost = Cost::request().and_tokens(100);
        let permit = tenant.try_acquire(&cost).into_result().unwrap();
        let terms = Terms {
            tenant: tenant.clone(),
            source: Source::Header,
            cost,
            scope: OwnedScope::default(),
            on_drop: rule,
            watch: None,
        };
        Admission::new(permit.on_drop(rule).into_owned(), terms)
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
    fn a_deferred_settlement_outlives_the_request_whose_slot_is_free() {
        let tenant = one_slot();
        for (rule, after) in [(OnDrop::Keep, 900), (OnDrop::Refund, 1_000)] {
            tenant.reset();
            let admission = admit(&tenant, rule);
            let handle = admission.permit().clone();
            let deferred = handle.defer().unwrap();
            let error = handle.settle(&Cost::tokens(1)).unwrap_err();
            assert_eq!(error.outcome, Outcome::Deferred);
            assert!(!slot_is_free(&tenant), "the request still runs");
            admission.finish();
            assert!(slot_is_free(&tenant));
            assert_eq!(tokens_left(&tenant), 900, "still charged");
            drop(deferred);
            assert_eq!(tokens_left(&tenant), after);
            assert_eq!(handle.outcome(), Some(Outcome::Ended));
        }
        tenant.reset();
        let admission = admit(&tenant, OnDrop::Keep);
        let (handle, deferred) = (admission.permit().clone(), admission.permit().defer());
        admission.finish();
        deferred.unwrap().settle(&Cost::tokens(7));
        assert_eq!(tokens_left(&tenant), 993);
        assert_eq!(handle.outcome(), Some(Outcome::Settled));
        assert!(handle.defer().is_err());
        assert!(slot_is_free(&tenant));
    }

    #[test]
    fn of_many_threads_exactly_one_settles() {
        let tenant = one_slot();
        let admission = admit(&tenant, OnDrop::Keep);
        let wins: usize = std::thread::scope(|scope| {
            let settlers: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| admission.permit().settle(&Cost::tokens(50)).is_ok()))
                .collect();
            settlers
                .into_iter()
                .map(|settler| usize::from(settler.join().unwrap()))
                .sum()
        });
        assert_eq!(wins, 1);
        assert_eq!(tokens_left(&tenant), 950);
    }
}
