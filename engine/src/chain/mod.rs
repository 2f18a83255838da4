//! A tenant's ledger and those of its ancestors, all in hand: what one operation works on.
//!
//! A request is charged to the tenant and to every ancestor, all or none; most tenants have none, and their
//! chain is one ledger long. Locks are taken from the root down. So whoever holds a ledger's lock holds
//! those above it too, and the root's lock orders everything that happens in a family, but for taking from lease
//! words, which were charged to the whole chain when they were filled.
//!
//! Deciding has a frame: **open** (drain the word that the request would have taken from, move the meters on
//! to now), check, charge, **close** (fill the word again, unless a denial is remembered). Before a denial
//! everything that is out on lease from a ledger that says no is [called back](recall): then what the meters
//! say is the whole truth, and a denial is always right.

mod errand;
mod lease;
mod recall;
mod weigh;

use smallvec::SmallVec;

use crate::admission::{Check, Shortage};
use crate::budget::Budget;
use crate::clock::Timestamp;
use crate::cost::Cost;
use crate::deny_word::{Binding, Remembered};
use crate::lease_word::Charge;
use crate::ledger::{Cause, Ledger, Standing, shift_of};
use crate::meter::{Level, Retry};
use crate::plan::{Limit, Plan};
use crate::scope::Scope;
use crate::state::TenantState;
use crate::sync::{Arc, MutexGuard};

use self::errand::Errands;
use self::lease::Lane;

/// How many ancestors a tenant may have.
pub(crate) const MOST_ANCESTORS: usize = 3;

/// See the module's page.
pub(crate) struct Chain<'c> {
    own: Link<'c>,
    /// The parent's first, the root's last.
    above: SmallVec<[Link<'c>; MOST_ANCESTORS]>,
    /// Borrowers that were found, who may be gone for everybody else by now. Dropped after the locks, last:
    /// a tenant that goes may take them to give back what it has.
    found: Vec<Arc<TenantState>>,
    /// Who has to go to the origin. Dropped after the locks too: that is when they are sent.
    errands: Errands<'c>,
}

/// A tenant with its ledger, locked.
struct Link<'c> {
    state: &'c TenantState,
    ledger: MutexGuard<'c, Ledger>,
}

impl<'c> Chain<'c> {
    /// Takes the locks of `state` and its ancestors, from the root down.
    pub(crate) fn of(state: &'c TenantState) -> Self {
        let mut above = SmallVec::new();
        if let Some(parent) = state.parent() {
            let parents = Self::of(parent);
            above.push(parents.own);
            above.extend(parents.above);
        }
        let own = Link::lock(state);
        Self {
            own,
            above,
            found: Vec::new(),
            errands: Errands::of(state),
        }
    }

    /// Every link, the tenant's own first.
    fn links(&self) -> impl Iterator<Item = &Link<'c>> {
        std::iter::once(&self.own).chain(&self.above)
    }

    fn links_mut(&mut self) -> impl Iterator<Item = &mut Link<'c>> {
        std::iter::once(&mut self.own).chain(&mut self.above)
    }

    /// The link of the tenant itself at 0, of its parent at 1.
    fn link(&self, above: usize) -> Option<&Link<'c>> {
        self.links().nth(above)
    }

    /// Charges `cost` to every limit that is for `scope` at `now`, or to none.
    pub(crate) fn acquire(
        &mut self,
        now: Timestamp,
        scope: &Scope<'_>,
        cost: &Cost,
    ) -> Result<Charge, Cause> {
        let lane = self.lane(scope, cost);
        self.call_in_for_all();
        self.drain(&lane);
        self.roll(now);
        let verdict = self.decide(scope, cost);
        self.send_for_more(true);
        self.fill(&lane);
        verdict
    }

    fn decide(&mut self, scope: &Scope<'_>, cost: &Cost) -> Result<Charge, Cause> {
        if let Some(standing) = self.refuses() {
            return Err(Cause::Standing(standing));
        }
        loop {
            let Err(shortage) = self.check(scope, cost) else {
                return Ok(self.charge(scope, cost));
            };
            let lender = match shortage.retry {
                // It tells until when any limit has no room, so all must say the truth.
                Retry::WhenFreed { .. } => self.above.len(),
                Retry::WhenGranted | Retry::At(_) | Retry::Never => shortage.above,
            };
            // Each round takes back all that one ledger has out, so there are few.
            if !self.recall(lender) {
                return Err(self.deny(scope, cost, shortage));
            }
        }
    }

    /// Why nothing of the tenant is admitted, if that is so: its own standing, or an ancestor's.
    fn refuses(&self) -> Option<Standing> {
        let mut standings = self.links().map(|link| link.ledger.standing());
        standings.find(|&standing| standing != Standing::Active)
    }

    fn check(&self, scope: &Scope<'_>, cost: &Cost) -> Result<(), Shortage> {
        let mut check = Check::default();
        for (above, link) in self.links().enumerate() {
            check.look(above, &link.ledger, scope, cost);
        }
        check.verdict()
    }

    fn charge(&mut self, scope: &Scope<'_>, cost: &Cost) -> Charge {
        self.disarm();
        self.announce_slots();
        let mut seats = 0;
        for (above, link) in self.links_mut().enumerate() {
            seats |= link.ledger.charge(scope, cost) << shift_of(above);
        }
        Charge {
            epoch: self.own.ledger.epoch(),
            at: self.own.ledger.now(),
            seats,
        }
    }

    fn deny(&mut self, scope: &Scope<'_>, cost: &Cost, shortage: Shortage) -> Cause {
        let Shortage {
            above,
            limit,
            retry,
        } = shortage;
        let link = self.link(above).unwrap_or(&self.own);
        let binding = link.ledger.binding(above, limit);
        let elsewhere = |limit: &Limit| limit.is_durable() || limit.is_shared();
        if link.ledger.limit(binding).is_some_and(elsewhere) {
            self.note_need(scope, cost);
            // Not remembered: who has the budget is asked again, before the window ends.
            return Cause::Limit { binding, retry };
        }
        self.remember(scope, cost, binding, retry);
        Cause::Limit { binding, retry }
    }

    /// Why `cost` will not be admitted however long one waits, if that is so now.
    #[cfg(feature = "actors")]
    pub(crate) fn hopeless(&self, scope: &Scope<'_>, cost: &Cost) -> Option<Cause> {
        if let Some(standing) = self.refuses() {
            return Some(Cause::Standing(standing));
        }
        let above = self.links().enumerate().find_map(|(above, link)| {
            let limit = link.ledger.never(scope, cost)?;
            Some(link.ledger.binding(above, limit))
        });
        above.map(|binding| Cause::Limit {
            binding,
            retry: Retry::Never,
        })
    }

    /// Settles what was reserved at what was really spent, for the tenant and its ancestors.
    pub(crate) fn settle(
        &mut self,
        now: Timestamp,
        charge: Charge,
        reserved: &Cost,
        actual: &Cost,
    ) {
        let more = |(dimension, amount)| amount > reserved.get(dimension);
        if actual.iter().any(more) {
            // Debt comes out of what is free, not out of what was lent before.
            self.recall(self.above.len());
        }
        self.change(now, |ledger, above| {
            ledger.settle(charge, above, reserved, actual);
        });
    }

    /// Frees the slots of a permit.
    pub(crate) fn release(&mut self, now: Timestamp, charge: Charge, cost: &Cost) {
        self.change(now, |ledger, above| ledger.release(charge, above, cost));
    }

    /// Changes the usage of every ledger.
    fn change(&mut self, now: Timestamp, mut change: impl FnMut(&mut Ledger, usize)) {
        self.call_in_for_all();
        self.roll(now);
        self.disarm();
        for (above, link) in self.links_mut().enumerate() {
            change(&mut link.ledger, above);
        }
        self.send_for_more(true);
        if !self.own.state.front().lease.is_out() {
            self.fill(&Lane::Main);
        }
    }

    /// Puts a new plan of the tenant in force.
    pub(crate) fn swap(&mut self, now: Timestamp, plan: &Arc<Plan>, version: u64) {
        self.change_own(now, |ledger| ledger.swap(Arc::clone(plan), version));
        self.own.state.front().forget_classes();
    }

    /// Says that the config source no longer knows the tenant.
    pub(crate) fn remove(&mut self, now: Timestamp, version: u64) {
        self.change_own(now, |ledger| ledger.remove(version));
    }

    /// Forgets the tenant's own usage; what it has used of its ancestors' limits stays used.
    pub(crate) fn reset(&mut self, now: Timestamp) {
        self.change_own(now, Ledger::reset);
    }

    /// Changes what the tenant is, with nothing of it out on lease.
    fn change_own(&mut self, now: Timestamp, change: impl FnOnce(&mut Ledger)) {
        self.settle_up(now);
        self.own.ledger.disarm(self.own.state.front());
        change(&mut self.own.ledger);
        self.send_for_more(false);
        self.announce();
        self.fill(&Lane::Main);
    }

    /// Calls `with` with the level of each of the tenant's own limits at `now`, in the plan's order.
    pub(crate) fn levels(&mut self, now: Timestamp, with: impl FnMut(Level)) {
        self.settle_up(now);
        let ledger = &self.own.ledger;
        ledger.levels(ledger.now(), None, with);
        self.fill(&Lane::Main);
    }

    /// Gives the tenant a word for each thread, as [`fill`](Self::fill) does when it is crowded.
    #[cfg(tollgate_loom)]
    pub(crate) fn stripe(&mut self, now: Timestamp) {
        self.settle_up(now);
        self.own.state.front().stripe();
        self.fill(&Lane::Main);
    }

    /// Whether nothing would be lost with the tenant; then nothing of it is out on lease any more.
    pub(crate) fn is_idle(&mut self, now: Timestamp) -> bool {
        self.settle_up(now);
        self.send_back();
        self.own.ledger.is_idle()
    }

    /// Takes back all that the tenant has lying ready: it goes.
    pub(crate) fn hand_back(&mut self, now: Timestamp) {
        self.settle_up(now);
    }

    /// The shadow limits that would have denied `cost` when it was charged.
    pub(crate) fn shadowed(&self, charge: Charge, scope: &Scope<'_>, cost: &Cost) -> Vec<Arc<str>> {
        let links = self.links().enumerate();
        links
            .flat_map(|(above, link)| link.ledger.shadowed(charge, above, scope, cost))
            .collect()
    }

    pub(crate) fn version(&self) -> u64 {
        self.own.ledger.version()
    }

    pub(crate) fn plan(&self) -> Arc<Plan> {
        Arc::clone(self.own.ledger.plan())
    }

    /// Whether a plan has no more limits than it may have here.
    pub(crate) fn has_room_for(&self, plan: &Plan) -> bool {
        self.own.ledger.has_room_for(plan)
    }

    /// Takes back all that is out on lease from the tenant's ledger, and moves time on to `now`.
    fn settle_up(&mut self, now: Timestamp) {
        self.call_in_for_all();
        self.recall(0);
        self.roll(now);
    }

    /// Takes back what must not be out while anything happens, whatever it is.
    fn call_in_for_all(&mut self) {
        if self.is_watched() {
            // A shadow limit says no without a second look, so that nothing may seem used that is not; and
            // a word that leaves one out, since it was full, must not outlast that.
            self.recall(self.above.len());
        } else if self.is_ordered() {
            // Buckets mind the order of charges; rows can be changed whatever is out on lease.
            self.drain_all();
        }
    }

    /// Moves every meter on to `now`, or to the latest time that any of the ledgers has seen.
    fn roll(&mut self, now: Timestamp) {
        let seen = |link: &Link<'_>| (link.ledger.now(), link.ledger.epoch());
        let (latest, epoch) = self.links().map(seen).fold((now, 0), |all, one| {
            (std::cmp::max(all.0, one.0), std::cmp::max(all.1, one.1))
        });
        self.drain_ended(latest);
        let epoch = epoch.wrapping_add(u64::from(self.is_ordered()));
        for link in self.links_mut() {
            link.ledger.roll(latest, epoch);
        }
    }

    fn disarm(&mut self) {
        for link in self.links_mut() {
            link.ledger.disarm(link.state.front());
        }
    }

    /// Lets the deny word answer for this cost until it can be charged.
    fn remember(&mut self, scope: &Scope<'_>, cost: &Cost, binding: Binding, retry: Retry) {
        let (Retry::At(retry_at), Some(cost)) = (retry, Budget::of(cost)) else {
            return;
        };
        // What ancestors have free changes while nobody looks at this tenant. And a denial that was
        // found with a scope is one of that scope alone, unless scopes don't matter.
        let own = &mut self.own;
        let conditional = own.ledger.plan().nature.conditional;
        if !self.above.is_empty() || conditional && !scope.is_empty() {
            return;
        }
        let denial = Remembered {
            retry_at,
            binding,
            for_any_scope: !conditional,
        };
        own.state.front().deny.arm(cost, denial);
        own.ledger.arm();
    }

    /// Whether there is a shadow limit.
    fn is_watched(&self) -> bool {
        self.links().any(|link| link.ledger.plan().nature.watched)
    }

    /// Whether a meter minds the order of charges (a bucket): then every visit is an epoch of its own, and so
    /// is every lease.
    fn is_ordered(&self) -> bool {
        self.links().any(|link| link.ledger.plan().nature.ordered)
    }
}

impl<'c> Link<'c> {
    fn lock(state: &'c TenantState) -> Self {
        let ledger = state.ledger().lock();
        Self { state, ledger }
    }
}
