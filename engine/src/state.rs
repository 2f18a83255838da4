//! One tenant in memory: the atomics in front, the ledger behind its lock, and who waits for quota.

use std::fmt;

use crate::clock::{Clock, Timestamp};
use crate::cost::Cost;
use crate::deny_word::Binding;
use crate::lease_word::{Budget, Charge, Take};
use crate::ledger::{Cause, Front, Ledger};
use crate::meter::Retry;
use crate::plan::Plan;
use crate::plan_in_force::PlanInForce;
use crate::scope::Scope;
use crate::sync::{Arc, Mutex};
use crate::tenant_id::TenantId;
use crate::usage::Usage;

/// One tenant in memory. Everything public is on [`Tenant`](crate::Tenant), its handle.
///
/// # Concurrency
/// The fast path touches `front` alone. Everything else happens under the ledger's lock, which is
/// held for tens of nanoseconds, never over an await, a callback or another lock.
pub(crate) struct TenantState {
    front: Front,
    ledger: Mutex<Ledger>,
    plan: PlanInForce,
    clock: Arc<Clock>,
    id: TenantId,
    #[cfg(feature = "actors")]
    pub(crate) waiters: crate::waiters::Waiters,
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
    pub(crate) fn new(id: TenantId, plan: Arc<Plan>, version: u64, clock: Arc<Clock>) -> Self {
        let front = Front::new();
        let ledger = Ledger::new(Arc::clone(&plan), version, clock.now(), clock.max_lag());
        ledger.announce(&front);
        Self {
            front,
            ledger: Mutex::new(ledger),
            plan: PlanInForce::new(plan),
            clock,
            id,
            #[cfg(feature = "actors")]
            waiters: crate::waiters::Waiters::default(),
        }
    }

    pub(crate) fn id(&self) -> &TenantId {
        &self.id
    }

    pub(crate) fn plan(&self) -> Arc<Plan> {
        self.plan.load()
    }

    #[inline]
    pub(crate) fn is_indifferent(&self) -> bool {
        self.plan.is_indifferent()
    }

    #[cfg(feature = "actors")]
    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Decides on `cost`: from the words in front if they can tell, else under the lock.
    #[inline]
    pub(crate) fn decide(&self, scope: &Scope<'_>, cost: &Cost) -> Verdict {
        let plain = cost
            .plain()
            .and_then(|(requests, tokens)| Budget::fitting(requests, tokens));
        if let Some(need) = plain {
            let now = self.clock.now_coarse();
            let scoped = !scope.is_empty();
            match self.front.lease.take(now, need, scoped) {
                Take::Taken(charge) => return Verdict::Admitted(charge),
                Take::Unsure(charge) => self.undo(charge, cost),
                Take::Short => {}
            }
            if let Some(denial) = self.front.deny.find(now, need, scoped) {
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
        let now = self.clock.now();
        match self.ledger.lock().acquire(&self.front, now, scope, cost) {
            Ok(charge) => Verdict::Admitted(charge),
            Err(cause) => Verdict::Refused(Refused { cause, at: now }),
        }
    }

    /// Why `cost` will not be admitted however long one waits, if that is so now.
    #[cfg(feature = "actors")]
    pub(crate) fn hopeless(&self, scope: &Scope<'_>, cost: &Cost) -> Option<Cause> {
        self.ledger.lock().hopeless(scope, cost)
    }

    /// Gives back everything that was taken, slots too.
    #[cold]
    #[inline(never)]
    fn undo(&self, charge: Charge, cost: &Cost) {
        self.settle(charge, cost, &cost.zeroed());
        self.release(charge, cost);
    }

    pub(crate) fn settle(&self, charge: Charge, reserved: &Cost, actual: &Cost) {
        let now = self.clock.now();
        self.ledger
            .lock()
            .settle(&self.front, now, charge, reserved, actual);
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
        let now = self.clock.now();
        self.ledger.lock().release(&self.front, now, charge, cost);
        self.wake();
    }

    /// Puts the plan of `version` in force, unless a later one is: decisions that begin after this
    /// returned are made by it.
    pub(crate) fn swap(&self, plan: &Arc<Plan>, version: u64) {
        let _installed = self.install(plan, |current| (version > current).then_some(version));
    }

    /// Puts a plan in force on a tenant that stands alone; says whether it does.
    pub(crate) fn replace(&self, plan: &Arc<Plan>) -> bool {
        self.install(plan, |current| (current == ALONE).then_some(ALONE))
    }

    /// Puts a plan in force if `version` says under which version; says whether it did.
    fn install(&self, plan: &Arc<Plan>, version: impl FnOnce(u64) -> Option<u64>) -> bool {
        let now = self.clock.now();
        {
            let mut ledger = self.ledger.lock();
            let Some(version) = version(ledger.version()) else {
                return false;
            };
            self.plan.prepare(plan);
            ledger.swap(&self.front, now, Arc::clone(plan), version);
            // Under the lock, so that two swaps can't leave the one plan here and the other there.
            self.plan.store(Arc::clone(plan));
        }
        self.wake();
        true
    }

    /// Says that the config source no longer knows the tenant, unless a later version does.
    pub(crate) fn remove(&self, version: u64) {
        let now = self.clock.now();
        {
            let mut ledger = self.ledger.lock();
            if version <= ledger.version() {
                return;
            }
            ledger.remove(&self.front, now, version);
        }
        self.wake();
    }

    /// Whether the config source no longer knows the tenant.
    pub(crate) fn is_removed(&self) -> bool {
        self.front.is_removed()
    }

    pub(crate) fn reset(&self) {
        let now = self.clock.now();
        self.ledger.lock().reset(&self.front, now);
        self.wake();
    }

    pub(crate) fn usage(&self) -> Usage {
        let now = self.clock.now();
        let mut ledger = self.ledger.lock();
        let plan = Arc::clone(ledger.plan());
        let mut usage = Usage::new(plan, now);
        ledger.levels(&self.front, now, |level| usage.push(level));
        usage
    }

    /// The shadow limits that would have denied a cost when it was charged.
    pub(crate) fn shadowed(&self, charge: Charge, scope: &Scope<'_>, cost: &Cost) -> Vec<Arc<str>> {
        self.ledger.lock().shadowed(charge, scope, cost)
    }

    /// The name of the limit that a denial named, while its plan is in force.
    pub(crate) fn limit_name(&self, binding: Binding) -> Option<Arc<str>> {
        self.ledger
            .lock()
            .limit(binding)
            .map(|limit| Arc::clone(&limit.name))
    }

    pub(crate) fn is_idle(&self) -> bool {
        let now = self.clock.now();
        self.ledger.lock().is_idle(&self.front, now)
    }

    /// Lets whoever waits for quota look again. After the lock: a waiter that looks before the change
    /// is woken by this, one that looks after it sees the change.
    #[cfg_attr(
        not(feature = "actors"),
        expect(clippy::unused_self, reason = "only actors wait")
    )]
    fn wake(&self) {
        #[cfg(feature = "actors")]
        self.waiters.wake();
    }
}

impl fmt::Debug for TenantState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantState")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
