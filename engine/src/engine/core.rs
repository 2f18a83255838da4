//! What handles and actors of an engine share: tenants in memory, and how they come there and change.

use std::fmt;
use std::future::Future;
use std::num::NonZeroUsize;
use std::time::Duration;

#[cfg(feature = "actors")]
use crate::actor::Desk;
use crate::chain::MOST_ANCESTORS;
use crate::clock::Clock;
use crate::config::{
    ConfigErrors, TenantConfig, keeps_its_parent, needs_origin, needs_store, too_many_ancestors,
    too_many_with_children,
};
use crate::directory::{Directory, Full, Spare, UnknownIds};
use crate::error::{LookupError, ReconfigureError, SourceError};
use crate::events::Events;
use crate::flights::Flights;
use crate::plan::Plan;
use crate::plans::Plans;
use crate::shared::Shared;
use crate::sharing::Sharing;
use crate::source::{Change, ChangeListener, ConfigSource, Versioned};
use crate::state::{Installed, TenantState};
use crate::sync::Arc;
use crate::tenant::Tenant;
use crate::tenant_id::TenantId;

/// What handles and actors of an engine share.
pub(crate) struct Core {
    source: Arc<dyn ConfigSource>,
    directory: Directory,
    unknown: UnknownIds,
    plans: Plans,
    flights: Flights,
    shared: Arc<Shared>,
    events: Option<Events>,
}

/// Where an engine's configs come from, and what it keeps of them.
pub(super) struct CoreSettings {
    pub(super) source: Arc<dyn ConfigSource>,
    pub(super) most_tenants: NonZeroUsize,
    pub(super) unknown_most: NonZeroUsize,
    pub(super) unknown_ttl: Duration,
    pub(super) shared: Shared,
    pub(super) events: Option<Events>,
}

impl Core {
    /// A core that hears of its source's changes.
    pub(super) fn new(settings: CoreSettings) -> Arc<Self> {
        let core = Arc::new(Self {
            source: settings.source,
            directory: Directory::new(settings.most_tenants),
            unknown: UnknownIds::new(settings.unknown_most, settings.unknown_ttl),
            plans: Plans::default(),
            flights: Flights::default(),
            shared: Arc::new(settings.shared),
            events: settings.events,
        });
        core.source
            .subscribe(Arc::new(Listener(Arc::downgrade(&core))));
        core
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// Where tenants leave word for the origin, if there is one.
    #[cfg(feature = "actors")]
    pub(crate) fn desk(&self) -> Option<&Desk> {
        self.shared.desk.as_ref().map(|(desk, _)| desk)
    }

    /// How much durable limits hold ahead, if there is an origin.
    #[cfg(feature = "actors")]
    pub(crate) fn slice(&self) -> Option<crate::ledger::Slice> {
        self.shared.slice()
    }

    /// Where tenants leave word for the store of shared limits, if there is one.
    #[cfg(feature = "actors")]
    pub(crate) fn calls(&self) -> Option<&Desk> {
        self.shared.calls.as_ref().map(|(desk, _)| desk)
    }

    /// How the calls of that store went.
    pub(super) fn sharing(&self) -> Option<Sharing> {
        self.shared.sharing()
    }

    /// The tenant, if it is in memory, removed or not.
    #[cfg(feature = "actors")]
    pub(crate) fn resident(&self, id: &TenantId) -> Option<Tenant> {
        self.directory.get(id)
    }

    /// All tenants in memory, a few at a time: one that comes or goes meanwhile may be left out.
    pub(crate) fn all_tenants(&self) -> impl Iterator<Item = Tenant> {
        self.directory.all()
    }

    pub(super) fn tenants(&self) -> usize {
        self.directory.len()
    }

    pub(super) fn unknown_ids(&self) -> usize {
        self.unknown.len()
    }

    #[inline]
    pub(super) fn get(&self, id: &TenantId) -> Option<Tenant> {
        self.directory
            .get(id)
            .filter(|tenant| !tenant.state().is_removed())
    }

    #[inline]
    pub(super) fn with<R>(&self, id: &TenantId, f: impl FnOnce(&Tenant) -> R) -> Option<R> {
        let known = |tenant: &Tenant| (!tenant.state().is_removed()).then(|| f(tenant));
        self.directory.with(id, self.clock(), known).flatten()
    }

    /// What can be said of an id without asking the source.
    pub(crate) fn known(&self, id: &TenantId) -> Option<Result<Tenant, LookupError>> {
        if let Some(tenant) = self.get(id) {
            return Some(Ok(tenant));
        }
        let stranger = self.unknown.contains(id, self.clock().now());
        stranger.then(|| Err(LookupError::NotFound(id.clone())))
    }

    /// Asks the source, and puts what it says in memory; `parent_of` finds the parent, if there is one.
    ///
    /// A change that is announced while the source is asked may be missing from its answer, and find
    /// nothing in memory to apply itself to; then the source is asked again.
    pub(crate) async fn load<F>(
        &self,
        id: &TenantId,
        parent_of: impl Fn(TenantId) -> F,
    ) -> Result<Tenant, LookupError>
    where
        F: Future<Output = Result<Tenant, LookupError>>,
    {
        loop {
            let flight = self.flights.begin(id);
            let found = self.source.load(id).await;
            let found = found.map_err(|cause| LookupError::Source {
                id: id.clone(),
                cause,
            })?;
            // Compiled before it lands: loads land under a lock. What is wrong with it counts only if it
            // was not overtaken.
            let found = match found {
                Some(found) => self.prepared(id, &found, &parent_of).await.map(Some),
                None => Ok(None),
            };
            let land = || found.and_then(|found| self.take_in(id, found));
            if let Some(answer) = flight.land(land) {
                return answer;
            }
        }
    }

    /// As [`load`](Self::load), on this thread, with the parents one after the other; `below` is who waits.
    pub(super) fn load_blocking(
        &self,
        id: &TenantId,
        below: &[TenantId],
    ) -> Result<Tenant, LookupError> {
        let below: Vec<_> = below.iter().chain([id]).cloned().collect();
        pollster::block_on(self.load(id, |parent| {
            let found = match self.known(&parent) {
                Some(known) => known,
                None if below.contains(&parent) => {
                    let id = id.clone();
                    Err(LookupError::Circle { id, parent })
                }
                None => match below.get(..2) {
                    // Each generation takes room on this thread's stack.
                    Some([id, parent]) if below.len() > MOST_ANCESTORS => {
                        let (id, problems) = (id.clone(), too_many_ancestors(id, parent));
                        Err(LookupError::InvalidConfig { id, problems })
                    }
                    Some(_) | None => self.load_blocking(&parent, &below),
                },
            };
            std::future::ready(found)
        }))
    }

    /// The plan of a config, with its version and parent.
    async fn prepared<F>(
        &self,
        id: &TenantId,
        found: &Versioned,
        parent_of: impl Fn(TenantId) -> F,
    ) -> Result<Prepared, LookupError>
    where
        F: Future<Output = Result<Tenant, LookupError>>,
    {
        let config = &found.config;
        if config.tenant_id != *id {
            let message = format!("gave the config of {} for {id}", config.tenant_id);
            let (id, cause) = (id.clone(), SourceError::new(message));
            return Err(LookupError::Source { id, cause });
        }
        let parent = match &config.parent {
            None => None,
            Some(parent) => {
                let found = parent_of(parent.clone()).await;
                Some(found.map_err(|cause| above(id, parent, cause))?)
            }
        };
        let plan = self.compiled(config, parent.as_ref(), None);
        let plan = plan.map_err(|problems| LookupError::InvalidConfig {
            id: id.clone(),
            problems,
        })?;
        Ok(Prepared {
            plan,
            version: found.version,
            parent,
        })
    }

    fn compiled(
        &self,
        config: &TenantConfig,
        parent: Option<&Tenant>,
        in_force: Option<&Plan>,
    ) -> Result<Arc<Plan>, ConfigErrors> {
        let plan = match parent {
            Some(parent) => parent.compile_below(config, in_force),
            None => config.compile(),
        };
        let plan = plan?;
        if plan.has_durable_limits() && !self.has_origin() {
            return Err(needs_origin(config));
        }
        let plan = self.shared_or_not(config, plan)?;
        Ok(self.plans.shared(plan))
    }

    /// What keeps the config from being put in force, were it the source's.
    pub(super) fn vet(
        &self,
        config: &TenantConfig,
        parent: Option<&Tenant>,
    ) -> Result<(), ConfigErrors> {
        let resident = self.directory.get(&config.tenant_id);
        let in_force = resident.as_ref().map(Tenant::plan);
        let plan = self.compiled(config, parent, in_force.as_deref())?;
        let Some(resident) = resident else {
            return Ok(());
        };
        let kept = resident.parent().map(Tenant::id);
        if kept != config.parent.as_ref() {
            return Err(keeps_its_parent(config, kept));
        }
        if !resident.state().has_room_for(&plan) {
            return Err(too_many_with_children(config));
        }
        Ok(())
    }

    /// Limits that say nothing of it are shared if there is a store to share them by.
    fn shared_or_not(&self, config: &TenantConfig, plan: Plan) -> Result<Plan, ConfigErrors> {
        if self.has_store() {
            return Ok(plan.shared_by_default(self.shared.outage));
        }
        if plan.has_shared_limits() {
            return Err(needs_store(config));
        }
        Ok(plan)
    }

    #[cfg(feature = "actors")]
    fn has_store(&self) -> bool {
        self.shared.calls.is_some()
    }

    #[cfg(not(feature = "actors"))]
    #[expect(clippy::unused_self, reason = "only actors call a store")]
    fn has_store(&self) -> bool {
        false
    }

    #[cfg(feature = "actors")]
    fn has_origin(&self) -> bool {
        self.shared.desk.is_some()
    }

    #[cfg(not(feature = "actors"))]
    #[expect(clippy::unused_self, reason = "only actors go to an origin")]
    fn has_origin(&self) -> bool {
        false
    }

    fn take_in(&self, id: &TenantId, found: Option<Prepared>) -> Result<Tenant, LookupError> {
        let Some(Prepared {
            plan,
            version,
            parent,
        }) = found
        else {
            self.unknown.insert(id, self.clock().now());
            return Err(LookupError::NotFound(id.clone()));
        };
        let tenant = self.directory.get_or_insert(id, || {
            let (shared, plan) = (Arc::clone(&self.shared), Arc::clone(&plan));
            TenantState::new(id.clone(), plan, version, shared, parent)
        });
        let tenant = tenant.map_err(|Full { most }| LookupError::Full {
            id: id.clone(),
            most,
        })?;
        // It may have been in memory all along: removed before, or loaded by another thread.
        let installed = tenant.state().swap(&plan, version);
        if let Some(problem) = refused(id, installed) {
            let id = id.clone();
            return Err(LookupError::NotInstalled { id, problem });
        }
        if tenant.state().is_removed() {
            return Err(LookupError::NotFound(id.clone()));
        }
        #[cfg(feature = "actors")]
        if plan.has_durable_limits() || plan.has_shared_limits() {
            tenant.state().send_ahead();
        }
        Ok(tenant)
    }

    pub(crate) fn events(&self) -> Option<&Events> {
        self.events.as_ref()
    }

    pub(crate) fn sweep(&self, most: usize, spare: Spare) -> usize {
        self.directory.sweep(most, spare)
    }

    fn changed(&self, id: &TenantId, change: &Change) {
        // First, so that a load under way sees it, whatever this finds in memory.
        self.flights.overtake(id);
        self.unknown.remove(id);
        let Some(tenant) = self.directory.get(id) else {
            return;
        };
        let set = match change {
            Change::Set(set) => set,
            Change::Removed { version } => return tenant.state().remove(*version),
        };
        let compiled = match tenant.parent() {
            // Another parent is told of below.
            Some(parent) if set.config.parent.as_ref() == Some(parent.id()) => {
                self.compiled(&set.config, Some(parent), Some(&tenant.plan()))
            }
            Some(_) | None => self.compiled(&set.config, None, None),
        };
        let problem = match compiled {
            Ok(plan) => refused(id, tenant.state().swap(&plan, set.version)).map(|p| p.to_string()),
            Err(problems) => Some(problems.to_string()),
        };
        if let Some(problem) = problem {
            tracing::error!(tenant = %id, %problem, "a changed config is not put in force: the last one stays");
        }
    }
}

/// What a load puts in memory.
struct Prepared {
    plan: Arc<Plan>,
    version: u64,
    parent: Option<Tenant>,
}

/// What a failure to look the parent up means for the child.
fn above(id: &TenantId, parent: &TenantId, cause: LookupError) -> LookupError {
    if let LookupError::Circle { .. } = cause {
        return cause;
    }
    LookupError::Parent {
        id: id.clone(),
        parent: parent.clone(),
        cause: Arc::new(cause),
    }
}

/// Why a plan was not put in force, if that is a fault of the plan.
fn refused(id: &TenantId, installed: Installed) -> Option<ReconfigureError> {
    match installed {
        Installed::Yes | Installed::Overtaken => None,
        Installed::TooManyLimits => Some(ReconfigureError::TooManyLimits(id.clone())),
        Installed::OtherParent => Some(ReconfigureError::OtherParent(id.clone())),
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core")
            .field("directory", &self.directory)
            .field("unknown", &self.unknown)
            .field("clock", self.clock())
            .finish_non_exhaustive()
    }
}

/// Passes the source's changes on, while the engine is there.
struct Listener(std::sync::Weak<Core>);

impl ChangeListener for Listener {
    fn changed(&self, id: &TenantId, change: &Change) {
        if let Some(core) = self.0.upgrade() {
            core.changed(id, change);
        }
    }

    fn is_gone(&self) -> bool {
        self.0.strong_count() == 0
    }
}
