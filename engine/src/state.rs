//! One tenant in memory: the atomics in front, the ledger behind its lock, and who waits for quota.

use std::fmt;

use crate::budget::Budget;
use crate::chain::Chain;
use crate::clock::{Clock, Timestamp};
use crate::cost::Cost;
use crate::deny_word::Binding;
use crate::lease_word::{Charge, Take};
use crate::ledger::{Cause, Front, Ledger};
use crate::meter::Retry;
use crate::plan::Plan;
use crate::plan_in_force::PlanInForce;
use crate::scope::Scope;
use crate::shared::Shared;
use crate::sync::{Arc, AtomicBool, Mutex, Ordering, Weak};
use crate::tenant::Tenant;
use crate::tenant_id::TenantId;
use crate::usage::Usage;

/// One tenant in memory. Everything public is on [`Tenant`], its handle.
///
/// # Concurrency
/// The fast path touches `front` alone. Everything else happens under the ledger's lock, and those of
/// its ancestors, which are held for tens of nanoseconds, never over an await, a callback or another lock.
pub(crate) struct TenantState {
    front: Front,
    ledger: Mutex<Ledger>,
    plan: PlanInForce,
    shared: Arc<Shared>,
    id: TenantId,
    lineage: Option<Box<Lineage>>,
    /// Whether it has yet to meet a sweep while nobody has it.
    newcomer: AtomicBool,
    #[cfg(feature = "actors")]
    pub(crate) waiters: crate::waiters::Waiters,
}

/// What a tenant with a parent has.
struct Lineage {
    /// Stays in memory as long as the child does.
    parent: Tenant,
    /// For the ancestors, who must find whom they have lent to.
    me: Weak<TenantState>,
}

/// What became of a plan that was to be put in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Installed {
    Yes,
    /// A later one is in force.
    Overtaken,
    /// It has more limits than a tenant with children may have.
    TooManyLimits,
    /// It is for a tenant with another parent, or with none.
    OtherParent,
}

/// The version of a tenant that no config source knows of: later than any that a source gives.
pub(crate) const ALONE: u64 = u64::MAX;

/// A decision, as the state hands it to the handle.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Verdict {
    Admitted(Charge),
    Refused(Refused),
}

/// A refusal: why, and at what time it was decided.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refused {
    pub(crate) cause: Cause,
    pub(crate) at: Timestamp,
}

impl TenantState {
    pub(crate) fn new(
        id: TenantId,
        plan: Arc<Plan>,
        version: u64,
        shared: Arc<Shared>,
        parent: Option<Tenant>,
    ) -> Arc<Self> {
        Arc::new_cyclic(|me| {
            let ledger = Ledger::new(Arc::clone(&plan), version, shared.clock.now());
            let lineage = |parent| {
                let me = Weak::clone(me);
                Box::new(Lineage { parent, me })
            };
            let state = Self {
                front: Front::new(),
                ledger: Mutex::new(ledger),
                plan: PlanInForce::new(plan),
                shared,
                id,
                lineage: parent.map(lineage),
                newcomer: AtomicBool::new(true),
                #[cfg(feature = "actors")]
                waiters: crate::waiters::Waiters::default(),
            };
            Chain::of(&state).announce();
            state
        })
    }

    pub(crate) fn id(&self) -> &TenantId {
        &self.id
    }

    pub(crate) fn plan(&self) -> Arc<Plan> {
        self.plan.load()
    }

    /// Whether it is all the same to the plans in force, the ancestors' too, what a request is about.
    #[inline]
    pub(crate) fn is_indifferent(&self) -> bool {
        let above = |state: &Self| state.line().all(|state| state.plan.is_indifferent());
        self.plan.is_indifferent() && self.parent().is_none_or(above)
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(crate) fn front(&self) -> &Front {
        &self.front
    }

    pub(crate) fn ledger(&self) -> &Mutex<Ledger> {
        &self.ledger
    }

    /// The tenant that whatever this one spends is charged to as well.
    pub(crate) fn parent(&self) -> Option<&Self> {
        self.parent_handle().map(Tenant::state)
    }

    pub(crate) fn parent_handle(&self) -> Option<&Tenant> {
        self.lineage.as_ref().map(|lineage| &lineage.parent)
    }

    /// Itself, its parent, and so on up to the root.
    pub(crate) fn line(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |state| state.parent())
    }

    /// The tenant `above` generations up.
    pub(crate) fn ancestor(&self, above: u8) -> Option<&Self> {
        self.line().nth(usize::from(above))
    }

    /// A reference for ancestors; none is ever asked for that has none.
    pub(crate) fn weak(&self) -> Weak<Self> {
        let me = self
            .lineage
            .as_ref()
            .map(|lineage| Weak::clone(&lineage.me));
        me.unwrap_or_default()
    }

    /// Decides on `cost`: from the words in front if they can tell, else under the lock.
    #[expect(
        clippy::inline_always,
        reason = "its callers make a decision of the verdict in place, and most know the scope to be empty"
    )]
    #[inline(always)]
    pub(crate) fn decide(&self, scope: &Scope<'_>, cost: &Cost) -> Verdict {
        if let Some(need) = Budget::of(cost) {
            let now = self.shared.clock.now_coarse();
            match self.front.take(now, need, scope) {
                Take::Taken(charge) => return Verdict::Admitted(charge),
                Take::Unsure(charge) => self.undo(charge, cost),
                Take::Short => {}
            }
            let (latest, scoped) = (self.shared.clock.at_latest(now), !scope.is_empty());
            if let Some(denial) = self.front.deny.find(latest, need, scoped) {
                let retry = Retry::At(denial.retry_at);
                let cause = Cause::Limit {
                    binding: denial.binding,
                    retry,
                };
                return Verdict::Refused(Refused { cause, at: now });
            }
        }
        self.decide_exactly(scope, cost)
    }

    /// Decides on `cost` under the lock, by the exact time.
    #[cold]
    #[inline(never)]
    pub(crate) fn decide_exactly(&self, scope: &Scope<'_>, cost: &Cost) -> Verdict {
        let now = self.shared.clock.now();
        match Chain::of(self).acquire(now, scope, cost) {
            Ok(charge) => Verdict::Admitted(charge),
            Err(cause) => Verdict::Refused(Refused { cause, at: now }),
        }
    }

    /// What would be decided on `cost` now, with nothing charged; `with` is shown the tenant's ledger and then its
    /// ancestors', as the answer was found.
    pub(crate) fn weigh(
        &self,
        scope: &Scope<'_>,
        cost: &Cost,
        with: impl FnMut(&Ledger),
    ) -> Result<(), Refused> {
        let at = self.shared.clock.now();
        let verdict = Chain::of(self).weigh(at, scope, cost, with);
        verdict.map_err(|cause| Refused { cause, at })
    }

    /// Why `cost` will not be admitted however long one waits, if that is so now.
    #[cfg(feature = "actors")]
    pub(crate) fn hopeless(&self, scope: &Scope<'_>, cost: &Cost) -> Option<Cause> {
        Chain::of(self).hopeless(scope, cost)
    }

    /// Gives back everything that was taken, slots too.
    #[cold]
    #[inline(never)]
    fn undo(&self, charge: Charge, cost: &Cost) {
        self.settle(charge, cost, &cost.zeroed());
        self.release(charge, cost);
    }

    pub(crate) fn settle(&self, charge: Charge, reserved: &Cost, actual: &Cost) {
        let now = self.shared.clock.now();
        Chain::of(self).settle(now, charge, reserved, actual);
        self.wake();
    }

    /// Frees the slots of a permit, if its plan has any.
    #[inline]
    pub(crate) fn release(&self, charge: Charge, cost: &Cost) {
        if self.front.has_slots() {
            self.release_slots(charge, cost);
        }
    }

    #[cold]
    #[inline(never)]
    fn release_slots(&self, charge: Charge, cost: &Cost) {
        let now = self.shared.clock.now();
        Chain::of(self).release(now, charge, cost);
        self.wake();
    }

    /// Puts the plan of `version` in force, unless a later one is: decisions that begin after this
    /// returned are made by it.
    pub(crate) fn swap(&self, plan: &Arc<Plan>, version: u64) -> Installed {
        self.install(plan, |current| (version > current).then_some(version))
    }

    /// Puts a plan in force on a tenant that stands alone.
    pub(crate) fn replace(&self, plan: &Arc<Plan>) -> Installed {
        self.install(plan, |current| (current == ALONE).then_some(ALONE))
    }

    /// Puts a plan in force if `version` says under which version.
    fn install(&self, plan: &Arc<Plan>, version: impl FnOnce(u64) -> Option<u64>) -> Installed {
        let now = self.shared.clock.now();
        {
            let mut chain = Chain::of(self);
            let Some(version) = version(chain.version()) else {
                return Installed::Overtaken;
            };
            if plan.parent() != self.parent().map(Self::id) {
                return Installed::OtherParent;
            }
            if !chain.has_room_for(plan) {
                return Installed::TooManyLimits;
            }
            self.plan.prepare(plan);
            chain.swap(now, plan, version);
            // Under the lock, so that two swaps can't leave the one plan here and the other there.
            self.plan.store(Arc::clone(plan));
        }
        self.wake();
        Installed::Yes
    }

    /// Lets the tenant have children, if it has no more limits than such a tenant may have.
    pub(crate) fn adopt(&self) -> bool {
        self.ledger.lock().adopt()
    }

    /// Whether a plan has no more limits than it may have here.
    pub(crate) fn has_room_for(&self, plan: &Plan) -> bool {
        self.ledger.lock().has_room_for(plan)
    }

    /// Says that the config source no longer knows the tenant, unless a later version does.
    pub(crate) fn remove(&self, version: u64) {
        let now = self.shared.clock.now();
        {
            let mut chain = Chain::of(self);
            if version <= chain.version() {
                return;
            }
            chain.remove(now, version);
        }
        self.wake();
    }

    /// Whether the config source no longer knows the tenant.
    pub(crate) fn is_removed(&self) -> bool {
        self.front.is_removed()
    }

    pub(crate) fn reset(&self) {
        let now = self.shared.clock.now();
        Chain::of(self).reset(now);
        self.wake();
    }

    #[cfg(tollgate_loom)]
    pub(crate) fn stripe(&self) {
        let now = self.shared.clock.now();
        Chain::of(self).stripe(now);
    }

    pub(crate) fn usage(&self) -> Usage {
        let now = self.shared.clock.now();
        let ledger = self.ledger.lock();
        let mut usage = Usage::new(Arc::clone(ledger.plan()), now);
        let at = std::cmp::max(now, ledger.now());
        if let Some(lease) = ledger.only_lease(&self.front, at) {
            // While a lease lasts it is left alone: what lies in the word counts as not used.
            ledger.levels(at, Some(lease), |level| usage.push(level));
        } else {
            drop(ledger);
            let mut chain = Chain::of(self);
            usage.begin(chain.plan());
            chain.levels(now, |level| usage.push(level));
        }
        usage
    }

    /// The shadow limits that would have denied a cost when it was charged.
    pub(crate) fn shadowed(&self, charge: Charge, scope: &Scope<'_>, cost: &Cost) -> Vec<Arc<str>> {
        Chain::of(self).shadowed(charge, scope, cost)
    }

    /// The name of the limit that a denial named, while its plan is in force.
    pub(crate) fn limit_name(&self, binding: Binding) -> Option<Arc<str>> {
        let ledger = self.ancestor(binding.above)?.ledger.lock();
        ledger.limit(binding).map(|limit| Arc::clone(&limit.name))
    }

    /// Whether it has not met a sweep yet while nobody had it; from now on it has.
    pub(crate) fn was_newcomer(&self) -> bool {
        // Relaxed: sweeps read and write it under the shard's lock.
        self.newcomer.swap(false, Ordering::Relaxed)
    }

    /// Whether nothing would be lost with it. Then it lends nothing any more until it is asked again.
    pub(crate) fn is_idle(&self) -> bool {
        let now = self.shared.clock.now();
        Chain::of(self).is_idle(now)
    }

    /// Lets whoever waits for quota look again. After the lock: a waiter that looks before the change
    /// is woken by this, one that looks after it sees the change.
    #[cfg_attr(
        not(feature = "actors"),
        expect(clippy::unused_self, reason = "only actors wait")
    )]
    pub(crate) fn wake(&self) {
        #[cfg(feature = "actors")]
        self.root().waiters.wake();
    }

    /// Whose waiting room everybody in the family listens in: what one frees another may wait for.
    #[cfg(feature = "actors")]
    pub(crate) fn root(&self) -> &Self {
        self.line().last().unwrap_or(self)
    }
}

impl Drop for TenantState {
    /// Gives its ancestors back what lies ready in its words. Who was evicted has done so before.
    fn drop(&mut self) {
        if self.lineage.is_some() && self.front.has_lease() {
            let now = self.shared.clock.now();
            Chain::of(self).hand_back(now);
            // Who called it back meanwhile found nobody any more, and was denied what it had.
            self.wake();
        }
    }
}

impl fmt::Debug for TenantState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantState")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(tollgate_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_is_small() {
        let (state, ledger, front) = (
            size_of::<TenantState>(),
            size_of::<Ledger>(),
            size_of::<Front>(),
        );
        assert!(state <= 296, "{state}, of which {ledger} and {front}");
    }
}
