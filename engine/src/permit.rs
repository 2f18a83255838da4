//! The guard of an admitted request: settled once, kept or refunded; its slots freed in any case.

use std::fmt;
use std::mem;

use crate::cost::Cost;
use crate::lease_word::Charge;
use crate::scope::Scope;
use crate::sync::Arc;
use crate::tenant::{Holder, Tenant};
use crate::usage::Usage;

/// What becomes of the charge of a permit that is dropped without being settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OnDrop {
    /// The estimate stays charged, so that a crash or a cancelled stream is never free.
    #[default]
    Keep,
    /// Everything is given back.
    Refund,
}

/// The guard of an admitted request.
///
/// The cost is charged already. The holder may say once what it really was:
/// [`settle`](Self::settle), [`keep`](Self::keep) or [`refund`](Self::refund), each of which
/// consumes the permit. Dropping it instead does what [`on_drop`](Self::on_drop) chose; the default
/// keeps the charge. Slots of concurrency limits are held until the permit, or the [`Slot`] that is
/// left of it, is dropped.
///
/// # Concurrency
/// `Send` and `Sync`. It borrows its tenant's handle; [`into_owned`](Self::into_owned) gives it one of its
/// own.
///
/// # Examples
/// ```
/// # use tollgate::{Clock, Cost, Dimension, ManualClock, Tenant, TenantConfig};
/// # let config = TenantConfig::new("acme".parse()?).tokens_per_minute(1000);
/// # let tenant = Tenant::new(&config, Clock::manual(&ManualClock::new()))?;
/// // An estimate first, the truth afterwards.
/// let permit = tenant.try_acquire(&Cost::request().and_tokens(500)).into_result().unwrap();
/// drop(permit.settle(&Cost::tokens(120)));
/// assert_eq!(tenant.usage().remaining(&Dimension::Tokens), Some(880));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "dropping a permit ends its request"]
pub struct Permit<'t>(Slot<'t>);

impl<'t> Permit<'t> {
    pub(crate) fn new(tenant: Holder<'t>, charge: Charge, cost: Cost) -> Self {
        Self(Slot {
            tenant,
            charge,
            cost,
            on_drop: OnDrop::Keep,
            live: true,
            holds: true,
        })
    }

    /// Chooses what dropping the permit unsettled does. The default is [`OnDrop::Keep`].
    pub fn on_drop(mut self, rule: OnDrop) -> Self {
        self.0.on_drop = rule;
        self
    }

    /// Settles at the true cost: what was reserved too much is given back, what was reserved too
    /// little becomes debt that later requests pay, both in the sub-window that was charged.
    ///
    /// A dimension that `actual` does not name keeps what was reserved. Where the sub-window has left
    /// the limit's window already, there is nothing to change. A token bucket gives back no more than
    /// would be in it had the cost never been charged. The slot that is returned holds the slots of
    /// concurrency limits: drop it when the request ends.
    ///
    /// # Complexity
    /// Takes the tenant's lock once; O(limits).
    pub fn settle(self, actual: &Cost) -> Slot<'t> {
        self.0.settle(actual);
        self.keep()
    }

    /// Settles at the cost that was reserved: nothing changes, whatever [`on_drop`](Self::on_drop) says.
    pub fn keep(mut self) -> Slot<'t> {
        self.0.on_drop = OnDrop::Keep;
        self.0
    }

    /// Gives back everything that was reserved, as if the request had never been made.
    pub fn refund(self) -> Slot<'t> {
        self.0.refund();
        self.keep()
    }

    /// Parts the charge from the slots of concurrency limits, for a request that ends before its cost is known: drop
    /// the slot when it ends, and settle the permit later. Where they are parted already, the new slot holds nothing.
    ///
    /// # Examples
    /// ```
    /// # use tollgate::{Clock, Cost, Dimension, LimitConfig, ManualClock, Tenant, TenantConfig};
    /// let slots = LimitConfig::concurrency("in-flight", Dimension::Requests, 1);
    /// let config = TenantConfig::new("acme".parse()?).tokens_per_minute(1000).limit(slots);
    /// let tenant = Tenant::new(&config, Clock::manual(&ManualClock::new()))?;
    /// let cost = Cost::request().and_tokens(500);
    ///
    /// let (charge, slot) = tenant.try_acquire(&cost).into_result().unwrap().split();
    /// drop(slot);
    /// let next = tenant.try_acquire(&cost);
    /// assert!(next.is_admitted(), "the slot is free, the charge still there");
    /// drop(charge.settle(&Cost::tokens(120)));
    /// # drop(next);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn split(mut self) -> (Self, Slot<'static>) {
        let holds = mem::replace(&mut self.0.holds, false);
        let slot = Slot {
            tenant: Holder::Owned(self.tenant().clone()),
            charge: self.0.charge,
            cost: self.0.cost.clone(),
            on_drop: OnDrop::Keep,
            live: true,
            holds,
        };
        (self, slot)
    }

    /// The cost that was reserved.
    pub fn cost(&self) -> &Cost {
        &self.0.cost
    }

    /// The tenant that was charged.
    pub fn tenant(&self) -> &Tenant {
        self.0.tenant.get()
    }

    /// The shadow limits that would have denied this request, by name: of those that are for `scope`, the
    /// scope that it was admitted in.
    ///
    /// # Complexity
    /// Takes the tenant's lock once; O(limits).
    pub fn shadow_denials(&self, scope: &Scope<'_>) -> Vec<Arc<str>> {
        self.tenant()
            .state()
            .shadowed(self.0.charge, scope, &self.0.cost)
    }

    /// Every limit's level, as of now.
    pub fn usage(&self) -> Usage {
        self.tenant().usage()
    }

    /// The same permit with a handle of its own, to be sent to another task.
    pub fn into_owned(self) -> Permit<'static> {
        Permit(self.0.into_owned())
    }
}

/// What is left of a permit once it is settled: the slots that its request holds.
///
/// Dropping it frees them, so hold it until the request ends. Under a plan without concurrency limits it
/// does nothing.
#[must_use = "dropping it frees the request's concurrency slots: hold it until the request ends"]
pub struct Slot<'t> {
    tenant: Holder<'t>,
    charge: Charge,
    cost: Cost,
    /// What dropping it does about the charge; a settled slot keeps it.
    on_drop: OnDrop,
    /// Not handed on to an owned copy of itself.
    live: bool,
    /// Whether the slots are its own to free, and not those of [another](Permit::split).
    holds: bool,
}

impl Slot<'_> {
    fn settle(&self, actual: &Cost) {
        self.tenant
            .get()
            .state()
            .settle(self.charge, &self.cost, actual);
    }

    fn refund(&self) {
        self.settle(&self.cost.zeroed());
    }

    /// The same slot with a handle of its own, to be sent to another task.
    pub fn into_owned(mut self) -> Slot<'static> {
        self.live = false;
        Slot {
            tenant: Holder::Owned(self.tenant.get().clone()),
            charge: self.charge,
            cost: self.cost.clone(),
            on_drop: self.on_drop,
            live: true,
            holds: self.holds,
        }
    }
}

impl Drop for Slot<'_> {
    #[inline]
    fn drop(&mut self) {
        if !self.live {
            return;
        }
        if self.on_drop == OnDrop::Refund {
            self.refund();
        }
        if self.holds {
            self.tenant.get().state().release(self.charge, &self.cost);
        }
    }
}

impl fmt::Debug for Permit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("tenant", self.tenant().id())
            .field("cost", &self.0.cost)
            .field("on_drop", &self.0.on_drop)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Slot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot")
            .field("cost", &self.cost)
            .finish_non_exhaustive()
    }
}
