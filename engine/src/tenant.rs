//! The handle that decisions are asked of.

use std::fmt;

use crate::clock::Clock;
use crate::config::{Ancestor, ConfigErrors, TenantConfig, needs_origin, needs_store};
use crate::cost::Cost;
use crate::decision::{Decision, Denial};
use crate::dimension::Dimension;
use crate::error::ReconfigureError;
use crate::permit::Permit;
use crate::plan::{Plan, Status};
use crate::scope::Scope;
use crate::shared::Shared;
use crate::state::{ALONE, Installed, TenantState, Verdict};
use crate::sync::Arc;
use crate::tenant_id::TenantId;
use crate::usage::Usage;

/// A tenant that is in memory: a cheap handle, one `Arc` wide.
///
/// Handles come from an [`Engine`](crate::Engine), by id; [`Tenant::new`] makes one that stands alone. All
/// handles of a tenant share its state. While a handle or a permit exists the tenant stays in memory.
///
/// # Concurrency
/// `Send` and `Sync`. A decision runs on the caller's thread and never waits for anything but, now
/// and then, the tenant's own lock, which is held for tens of nanoseconds.
#[derive(Clone)]
pub struct Tenant(Arc<TenantState>);

impl Tenant {
    /// A tenant of its own, without an engine.
    ///
    /// # Errors
    /// Everything that is wrong with the config; a parent, which [`under`](Self::under) is for, among it.
    ///
    /// # Examples
    /// ```
    /// use tollgate::{Clock, Cost, Tenant, TenantConfig};
    ///
    /// let config = TenantConfig::new("acme".parse()?).requests_per_minute(100);
    /// let tenant = Tenant::new(&config, Clock::default())?;
    /// assert!(tenant.try_acquire(&Cost::request()).is_admitted());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(config: &TenantConfig, clock: Clock) -> Result<Self, ConfigErrors> {
        let plan = Arc::new(alone(config, config.compile_below(&[], || true, None)?)?);
        let id = config.tenant_id.clone();
        Ok(Self::of(TenantState::new(
            id,
            plan,
            ALONE,
            Arc::new(Shared::of(clock)),
            None,
        )))
    }

    /// A tenant below another that [stands alone](Self::new) or is below such a one: whatever it spends is charged
    /// to its parent as well, and in turn to the parent's, all or none. It has its parent's clock.
    ///
    /// # Errors
    /// Everything that is wrong with the config: a parent other than this one, limits above the parent's, more
    /// than 16 limits here or there, more than three ancestors.
    ///
    /// # Examples
    /// ```
    /// use tollgate::{Clock, Cost, Tenant, TenantConfig};
    ///
    /// let config = TenantConfig::new("umbrella".parse()?).requests_per_minute(100);
    /// let umbrella = Tenant::new(&config, Clock::default())?;
    /// let config = TenantConfig::new("acme".parse()?).parent("umbrella".parse()?);
    /// let acme = Tenant::under(&umbrella, &config)?;
    ///
    /// assert!(acme.try_acquire(&Cost::requests(60)).is_admitted());
    /// assert!(umbrella.try_acquire(&Cost::requests(41)).is_denied());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn under(parent: &Self, config: &TenantConfig) -> Result<Self, ConfigErrors> {
        let plan = Arc::new(alone(config, parent.compile_below(config, None)?)?);
        let (shared, id) = (Arc::clone(parent.0.shared()), config.tenant_id.clone());
        let state = TenantState::new(id, plan, ALONE, shared, Some(parent.clone()));
        Ok(Self::of(state))
    }

    /// The plan of a config for a child, which this tenant can have from now on; the child's plan `in_force`, if
    /// it has one.
    pub(crate) fn compile_below(
        &self,
        config: &TenantConfig,
        in_force: Option<&Plan>,
    ) -> Result<Plan, ConfigErrors> {
        let line: Vec<_> = self
            .0
            .line()
            .map(|state| (state.id(), state.plan()))
            .collect();
        let ancestors: Vec<Ancestor<'_>> = line.iter().map(|(id, plan)| (*id, &**plan)).collect();
        config.compile_below(&ancestors, || self.0.adopt(), in_force)
    }

    /// The tenant that whatever this one spends is charged to as well.
    pub fn parent(&self) -> Option<&Self> {
        self.0.parent_handle()
    }

    pub(crate) fn of(state: Arc<TenantState>) -> Self {
        Self(state)
    }

    #[inline]
    pub(crate) fn state(&self) -> &TenantState {
        &self.0
    }

    /// Who it is.
    pub fn id(&self) -> &TenantId {
        self.0.id()
    }

    /// The plan in force: its limits, policy and metadata.
    pub fn plan(&self) -> Arc<Plan> {
        self.0.plan()
    }

    /// Whether it is all the same to the plan in force what a request is about: its policy allows everything
    /// (save [features](crate::PolicyConfig::features)), and no limit has a `match`. A parent's plan must be so
    /// too, since its limits count the request as well.
    ///
    /// Who finds it so before a decision *and* after it need not read the plan, nor what the request is
    /// about: [`try_acquire`](Self::try_acquire) decides as [`try_acquire_in`](Self::try_acquire_in) would.
    ///
    /// # Complexity
    /// One load, and one for each ancestor.
    #[inline]
    pub fn is_indifferent(&self) -> bool {
        self.0.is_indifferent()
    }

    /// Whether some limit of the plan in force, or of an ancestor's, is only for some requests.
    ///
    /// # Complexity
    /// Reads the plan of the tenant and of each ancestor.
    pub fn is_conditional(&self) -> bool {
        self.0.line().any(|state| state.plan().is_conditional())
    }

    /// Charges `cost` to every limit of the tenant, or to none, now.
    ///
    /// Limits with a `match` are for requests that say what they are about: ask for those with
    /// [`try_acquire_in`](Self::try_acquire_in). This is for requests that are about nothing.
    ///
    /// Does not wait, allocate or call out. Under the default clock and with requests and tokens
    /// alone it is one clock reading and one CAS, however many limits there are.
    ///
    /// # Complexity
    /// O(1) on the usual path, O(limits) under the tenant's lock.
    pub fn try_acquire(&self, cost: &Cost) -> Decision<'_> {
        self.decision(self.0.decide(&Scope::default(), cost), cost)
    }

    /// As [`try_acquire`](Self::try_acquire), for a request that is about something: limits with a `match` count
    /// it if they are for it.
    ///
    /// # Complexity
    /// As without a scope, unless some limit of the tenant has a `match`; then it takes the tenant's lock.
    pub fn try_acquire_in(&self, scope: &Scope<'_>, cost: &Cost) -> Decision<'_> {
        self.decision(self.0.decide(scope, cost), cost)
    }

    /// As [`try_acquire_in`](Self::try_acquire_in), for an answer that is sent elsewhere: it has a handle of its
    /// own from the start, which is cheaper than to make it [owned](Decision::into_owned) afterwards.
    #[inline]
    pub fn try_acquire_owned(&self, scope: &Scope<'_>, cost: &Cost) -> Decision<'static> {
        let verdict = self.0.decide(scope, cost);
        Holder::Owned(self.clone()).decision(verdict, cost)
    }

    #[inline]
    pub(crate) fn decision(&self, verdict: Verdict, cost: &Cost) -> Decision<'_> {
        Holder::Borrowed(self).decision(verdict, cost)
    }

    /// Gives the tenant a word for each thread at once, as it gets one when many threads get into each other's
    /// way: for models, in which they are few.
    #[cfg(tollgate_loom)]
    pub fn stripe(&self) {
        self.0.stripe();
    }

    /// How full its limits are, now.
    ///
    /// # Complexity
    /// Takes the tenant's lock once; O(limits · sub-windows).
    pub fn usage(&self) -> Usage {
        self.0.usage()
    }

    /// The most of `dimension` that a request of this scope could be charged now, over all limits of the tenant and
    /// of its ancestors, those of concurrency too; `None` means that no limit counts it: unlimited, which is not 0.
    /// A tenant that is suspended or removed, or below one that is, can be charged 0.
    ///
    /// It is what can be promised to a client before the decision, for example as an LLM's largest answer. By the
    /// time of the decision others may have spent some of it.
    ///
    /// # Complexity
    /// Takes the lock of the tenant's line once for each ancestor; O(limits · sub-windows).
    ///
    /// # Examples
    /// ```
    /// use tollgate::{Clock, Cost, Dimension, ManualClock, Scope, Tenant, TenantConfig};
    ///
    /// let clock = Clock::manual(&ManualClock::new());
    /// let company = TenantConfig::new("acme".parse()?).tokens_per_minute(1_000);
    /// let company = Tenant::new(&company, clock)?;
    /// let team = TenantConfig::new("acme-dev".parse()?).parent("acme".parse()?).tokens_per_minute(800);
    /// let team = Tenant::under(&company, &team)?;
    /// assert!(company.try_acquire(&Cost::tokens(300)).is_admitted());
    /// assert_eq!(team.affordable(&Dimension::Tokens, &Scope::default()), Some(700));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn affordable(&self, dimension: &Dimension, scope: &Scope<'_>) -> Option<u64> {
        let line = std::iter::successors(Some(self), |tenant| tenant.parent());
        line.filter_map(|tenant| tenant.own_affordable(dimension, scope))
            .min()
    }

    fn own_affordable(&self, dimension: &Dimension, scope: &Scope<'_>) -> Option<u64> {
        let usage = self.usage().for_scope(scope);
        if self.0.is_removed() || usage.plan().status() == Status::Suspended {
            return Some(0);
        }
        let levels = usage
            .iter()
            .filter(|level| level.limit.dimension() == dimension);
        levels.map(|level| level.remaining).min()
    }

    /// Forgets what was used of all limits but those of concurrency, as an operator may ask for.
    ///
    /// Permits that are out are settled for nothing.
    pub fn reset(&self) {
        self.0.reset();
    }

    /// Puts a new config in force on a tenant that [stands alone](Self::new): decisions that begin after
    /// this returned are made by it, and what was used so far stays used.
    ///
    /// # Errors
    /// [`ReconfigureError`] if the config is not valid or another tenant's, or if the tenant belongs to
    /// an engine, whose config source alone says what it may do; then nothing has changed.
    pub fn reconfigure(&self, config: &TenantConfig) -> Result<(), ReconfigureError> {
        if config.tenant_id != *self.id() {
            let (tenant, given) = (self.id().clone(), config.tenant_id.clone());
            return Err(ReconfigureError::OtherTenant { tenant, given });
        }
        let plan = match self.parent() {
            Some(parent) => parent.compile_below(config, Some(&self.plan())),
            None => config.compile(),
        };
        let plan = plan.and_then(|plan| alone(config, plan));
        let plan = plan.map_err(ReconfigureError::InvalidConfig)?;
        match self.0.replace(&Arc::new(plan)) {
            Installed::Yes => Ok(()),
            Installed::Overtaken => Err(ReconfigureError::NotAlone(self.id().clone())),
            Installed::OtherParent => Err(ReconfigureError::OtherParent(self.id().clone())),
            Installed::TooManyLimits => Err(ReconfigureError::TooManyLimits(self.id().clone())),
        }
    }
}

/// The plan of a tenant that stands alone, and has no origin for durable limits.
fn alone(config: &TenantConfig, plan: Plan) -> Result<Plan, ConfigErrors> {
    if plan.has_durable_limits() {
        return Err(needs_origin(config));
    }
    if plan.has_shared_limits() {
        return Err(needs_store(config));
    }
    Ok(plan)
}

/// So that what is scoped to a tenant can be asked for with the handle that a request came with.
impl AsRef<TenantId> for Tenant {
    fn as_ref(&self) -> &TenantId {
        self.id()
    }
}

impl fmt::Debug for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tenant")
            .field("id", self.id())
            .finish_non_exhaustive()
    }
}

/// How a permit or a denial holds its tenant: borrowed, which costs nothing, or as its own handle.
pub(crate) enum Holder<'t> {
    Borrowed(&'t Tenant),
    Owned(Tenant),
}

impl<'t> Holder<'t> {
    #[inline]
    fn decision(self, verdict: Verdict, cost: &Cost) -> Decision<'t> {
        match verdict {
            Verdict::Admitted(charge) => {
                Decision::Admitted(Permit::new(self, charge, cost.clone()))
            }
            Verdict::Refused(refused) => Decision::Denied(Denial::new(self, refused, cost.clone())),
        }
    }

    #[inline]
    pub(crate) fn get(&self) -> &Tenant {
        match self {
            Self::Borrowed(tenant) => tenant,
            Self::Owned(tenant) => tenant,
        }
    }

    pub(crate) fn into_owned(self) -> Holder<'static> {
        match self {
            Self::Borrowed(tenant) => Holder::Owned(tenant.clone()),
            Self::Owned(tenant) => Holder::Owned(tenant),
        }
    }
}
