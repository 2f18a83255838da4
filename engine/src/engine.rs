//! The engine: tenants by id, loaded from a config source and kept up to date.

use std::fmt;
use std::future::Future;
use std::num::NonZeroUsize;
use std::time::Duration;

use crate::chain::MOST_ANCESTORS;
use crate::clock::Clock;
use crate::config::{ConfigErrors, TenantConfig, too_many_ancestors};
use crate::directory::{Directory, Full, Spare, UnknownIds};
use crate::error::{BuildError, LookupError, ReconfigureError, SourceError};
use crate::events::Events;
use crate::flights::Flights;
use crate::hooks::Hooks;
use crate::plan::Plan;
use crate::plans::Plans;
use crate::source::{Change, ChangeListener, ConfigSource, Versioned};
use crate::state::{Installed, TenantState};
use crate::sync::Arc;
use crate::tenant::Tenant;
use crate::tenant_id::TenantId;

/// Looks tenants up by id, loads them on demand, and puts changes of their configs in force.
///
/// A cheap handle: clones share the engine. Dropping the last one ends its actors.
/// See [`tenant`](Self::tenant) for an example with tokio, [`tenant_blocking`](Self::tenant_blocking) for one without.
#[derive(Clone, Debug)]
pub struct Engine {
    core: Arc<Core>,
    #[cfg(feature = "actors")]
    actors: Option<Arc<crate::actor::Actors>>,
}

impl Engine {
    /// An engine to be.
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }

    /// The tenant, if it is in memory. Does not wait.
    #[inline]
    pub fn get(&self, id: &TenantId) -> Option<Tenant> {
        self.core.get(id)
    }

    /// Calls `f` with the tenant, if it is in memory. Does not wait. The quickest way to decide by id.
    ///
    /// A thread keeps handles of tenants that it has looked up so. One that it finds again costs no write to
    /// memory that other threads write to, as [`get`](Self::get) does twice, so that threads which ask for the same
    /// tenant don't slow each other down in looking it up. What `f` wants to keep it
    /// [clones](Tenant) or [makes its own](crate::Decision::into_owned).
    ///
    /// # Concurrency
    /// `f` may do anything, looking up tenants included; no lock is held. A tenant that the config source removes
    /// is not found from then on, and no kept handle outlives its tenant's place in the engine: a thread keeps
    /// at most 2,048 tenants from being evicted, until its first lookups after the next [`sweep`](Self::sweep).
    ///
    /// # Complexity
    /// O(1). A handle is kept for who has a place free for it, or asks there twice in a row.
    ///
    /// # Examples
    /// ```
    /// use tollgate::{Cost, Engine, InMemorySource, TenantConfig};
    ///
    /// let source = InMemorySource::new();
    /// source.set(TenantConfig::new("acme".parse()?).requests_per_minute(100))?;
    /// let engine = Engine::builder().source(source).build_without_actors()?;
    ///
    /// let acme = "acme".parse()?;
    /// let ask = || engine.with_tenant(&acme, |tenant| tenant.try_acquire(&Cost::request()).is_admitted());
    /// assert_eq!(ask(), None, "not in memory");
    /// engine.tenant_blocking(&acme)?;
    /// assert_eq!(ask(), Some(true));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn with_tenant<R>(&self, id: &TenantId, f: impl FnOnce(&Tenant) -> R) -> Option<R> {
        self.core.with(id, f)
    }

    /// The tenant; loads it if it is not in memory.
    ///
    /// However many ask for the same one, it is loaded once. An id that the source does not know is
    /// remembered for a while (see [`EngineBuilder::unknown_ttl`]).
    ///
    /// # Errors
    /// [`LookupError::NotFound`] if the source does not know it; [`LookupError::Full`] if there is no room for it;
    /// anything else is trouble with the source.
    ///
    /// # Examples
    /// ```
    /// use tollgate::{Cost, Engine, InMemorySource, TenantConfig};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let source = InMemorySource::new();
    /// source.set(TenantConfig::new("acme".parse()?).requests_per_minute(100))?;
    /// let engine = Engine::builder().source(source).build()?;
    ///
    /// let tenant = engine.tenant(&"acme".parse()?).await?;
    /// assert!(tenant.try_acquire(&Cost::request()).is_admitted());
    /// assert!(engine.tenant(&"nobody".parse()?).await.is_err_and(|e| e.is_not_found()));
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "actors")]
    pub async fn tenant(&self, id: &TenantId) -> Result<Tenant, LookupError> {
        if let Some(known) = self.core.known(id) {
            return known;
        }
        match &self.actors {
            Some(actors) => actors.load(id).await,
            None => Err(LookupError::NoLoader(id.clone())),
        }
    }

    /// The tenant; loads it on this thread, which waits for the source. For programs without a runtime.
    ///
    /// There is no timeout, and every thread that asks at once loads for itself. A source that needs a
    /// runtime must not be waited for on a thread of that runtime: it may never answer.
    ///
    /// # Errors
    /// As [`tenant`](Self::tenant).
    ///
    /// # Examples
    /// ```
    /// use tollgate::{Cost, Engine, InMemorySource, TenantConfig};
    ///
    /// let source = InMemorySource::new();
    /// source.set(TenantConfig::new("acme".parse()?).requests_per_minute(100))?;
    /// let engine = Engine::builder().source(source).build_without_actors()?;
    /// let tenant = engine.tenant_blocking(&"acme".parse()?)?;
    /// assert!(tenant.try_acquire(&Cost::request()).is_admitted());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn tenant_blocking(&self, id: &TenantId) -> Result<Tenant, LookupError> {
        match self.core.known(id) {
            Some(known) => known,
            None => self.core.load_blocking(id, &[]),
        }
    }

    /// Where to leave events for the hooks; `None` if there are none.
    pub fn events(&self) -> Option<&Events> {
        self.core.events()
    }

    /// The clock that decisions are made by.
    pub fn clock(&self) -> &Clock {
        &self.core.clock
    }

    /// How many tenants are in memory.
    pub fn tenants_in_memory(&self) -> usize {
        self.core.directory.len()
    }

    /// How many ids are remembered as nobody's.
    pub fn unknown_ids_remembered(&self) -> usize {
        self.core.unknown.len()
    }

    /// Looks at the next `most` tenants in memory and evicts those that carry no information: every
    /// limit back at zero use, and no handle or permit out. Says how many went.
    ///
    /// What threads keep for [`with_tenant`](Self::with_tenant) is let go of: on this thread before, on others when
    /// they look somebody up next, so that a later sweep finds those tenants free.
    ///
    /// The janitor does this now and then, and spares who was loaded since its last round; an engine
    /// without actors has nobody else to do it.
    pub fn sweep(&self, most: usize) -> usize {
        self.core.sweep(most, Spare::Nobody)
    }

    /// Ends the actors and waits until they have ended. Tenants in memory are decided on as before.
    ///
    /// Events that are queued are delivered first, for at most 5 s; what is left is counted as dropped. A
    /// hook that blocks for ever keeps its thread, and tokio's runtime waits for that when it is dropped.
    #[cfg(feature = "actors")]
    pub async fn shutdown(&self) {
        if let Some(actors) = &self.actors {
            actors.shutdown().await;
        }
    }
}

/// What handles and actors of an engine share.
pub(crate) struct Core {
    source: Arc<dyn ConfigSource>,
    directory: Directory,
    unknown: UnknownIds,
    plans: Plans,
    flights: Flights,
    clock: Arc<Clock>,
    events: Option<Events>,
}

impl Core {
    #[inline]
    fn get(&self, id: &TenantId) -> Option<Tenant> {
        self.directory
            .get(id)
            .filter(|tenant| !tenant.state().is_removed())
    }

    #[inline]
    fn with<R>(&self, id: &TenantId, f: impl FnOnce(&Tenant) -> R) -> Option<R> {
        let known = |tenant: &Tenant| (!tenant.state().is_removed()).then(|| f(tenant));
        self.directory.with(id, &self.clock, known).flatten()
    }

    /// What can be said of an id without asking the source.
    pub(crate) fn known(&self, id: &TenantId) -> Option<Result<Tenant, LookupError>> {
        if let Some(tenant) = self.get(id) {
            return Some(Ok(tenant));
        }
        let stranger = self.unknown.contains(id, self.clock.now());
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
    fn load_blocking(&self, id: &TenantId, below: &[TenantId]) -> Result<Tenant, LookupError> {
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
        plan.map(|plan| self.plans.shared(plan))
    }

    fn take_in(&self, id: &TenantId, found: Option<Prepared>) -> Result<Tenant, LookupError> {
        let Some(Prepared {
            plan,
            version,
            parent,
        }) = found
        else {
            self.unknown.insert(id, self.clock.now());
            return Err(LookupError::NotFound(id.clone()));
        };
        let tenant = self.directory.get_or_insert(id, || {
            let (clock, plan) = (Arc::clone(&self.clock), Arc::clone(&plan));
            TenantState::new(id.clone(), plan, version, clock, parent)
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
            .field("clock", &self.clock)
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

/// An engine to be; see [`Engine::builder`].
#[must_use = "it is no engine until it is built"]
pub struct EngineBuilder {
    source: Option<Arc<dyn ConfigSource>>,
    clock: Option<Clock>,
    hooks: Option<Box<dyn Hooks>>,
    hooks_inline: bool,
    most_tenants: NonZeroUsize,
    unknown_most: NonZeroUsize,
    unknown_ttl: Duration,
    load_timeout: Duration,
    sweep_every: Duration,
    sweep_most: usize,
}

impl Default for EngineBuilder {
    fn default() -> Self {
        Self {
            source: None,
            clock: None,
            hooks: None,
            hooks_inline: false,
            most_tenants: NonZeroUsize::MIN.saturating_add(3_999_999),
            unknown_most: NonZeroUsize::MIN.saturating_add(9_999),
            unknown_ttl: Duration::from_secs(5),
            load_timeout: Duration::from_secs(5),
            sweep_every: Duration::from_secs(1),
            sweep_most: 10_000,
        }
    }
}

impl EngineBuilder {
    /// Where configs come from. Required.
    pub fn source(mut self, source: impl ConfigSource) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// The clock that decisions are made by. The default is [`Clock::coarse`].
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Hooks, called by an actor off the request's path. The default is none.
    pub fn hooks(mut self, hooks: impl Hooks) -> Self {
        self.hooks = Some(Box::new(hooks));
        self.hooks_inline = false;
        self
    }

    /// Hooks, called on the request's own thread: for tests.
    pub fn hooks_inline(mut self, hooks: impl Hooks) -> Self {
        self.hooks = Some(Box::new(hooks));
        self.hooks_inline = true;
        self
    }

    /// How many tenants are in memory at most, those included that are held or have used something. The
    /// default is 4,000,000.
    ///
    /// Who is loaded when it is full takes the place of an idle tenant. If none of the next 256 tenants is idle the
    /// lookup fails with [`LookupError::Full`], and the next newcomer finds the search 256 tenants further on. So
    /// choose more than are busy at a time, and than the threads keep for
    /// [`with_tenant`](Engine::with_tenant).
    pub fn most_tenants(mut self, tenants: NonZeroUsize) -> Self {
        self.most_tenants = tenants;
        self
    }

    /// How many ids that the source does not know are remembered at most. The default is 10,000.
    pub fn unknown_most(mut self, ids: NonZeroUsize) -> Self {
        self.unknown_most = ids;
        self
    }

    /// For how long such an id is remembered, unless a change says otherwise. The default is 5 s;
    /// zero asks the source each time.
    pub fn unknown_ttl(mut self, ttl: Duration) -> Self {
        self.unknown_ttl = ttl;
        self
    }

    /// How long a request for a tenant that is not in memory may take, the wait for one of the 64 loads
    /// that run at a time included. The default is 5 s.
    pub fn load_timeout(mut self, limit: Duration) -> Self {
        self.load_timeout = limit;
        self
    }

    /// How often the janitor looks for idle tenants, and at how many each time. The default is 10,000
    /// every second.
    pub fn sweep_every(mut self, every: Duration, most: usize) -> Self {
        self.sweep_every = every;
        self.sweep_most = most;
        self
    }

    /// Builds the engine and starts its actors on the tokio runtime that this is called in.
    ///
    /// # Errors
    /// [`BuildError::NoSource`], or [`BuildError::NoRuntime`] outside a runtime.
    #[cfg(feature = "actors")]
    pub fn build(self) -> Result<Engine, BuildError> {
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| BuildError::NoRuntime)?;
        let settings = crate::actor::ActorSettings {
            sweep_every: self.sweep_every,
            sweep_most: self.sweep_most,
            load_timeout: self.load_timeout,
        };
        let core = self.build_core(Events::queued)?;
        let actors = crate::actor::Actors::start(&core, &settings, &runtime);
        Ok(Engine {
            core,
            actors: Some(Arc::new(actors)),
        })
    }

    /// Builds an engine that needs no runtime: it loads through [`Engine::tenant_blocking`] and evicts
    /// when [`Engine::sweep`] is called.
    ///
    /// # Errors
    /// [`BuildError::NoSource`]; [`BuildError::HooksNeedActors`] unless the hooks are inline.
    pub fn build_without_actors(self) -> Result<Engine, BuildError> {
        if self.hooks.is_some() && !self.hooks_inline {
            return Err(BuildError::HooksNeedActors);
        }
        let core = self.build_core(Events::inline)?;
        Ok(Engine {
            core,
            #[cfg(feature = "actors")]
            actors: None,
        })
    }

    fn build_core(self, queued: fn(Box<dyn Hooks>) -> Events) -> Result<Arc<Core>, BuildError> {
        let way = if self.hooks_inline {
            Events::inline
        } else {
            queued
        };
        let core = Arc::new(Core {
            source: self.source.ok_or(BuildError::NoSource)?,
            directory: Directory::new(self.most_tenants),
            unknown: UnknownIds::new(self.unknown_most, self.unknown_ttl),
            plans: Plans::default(),
            flights: Flights::default(),
            clock: Arc::new(self.clock.unwrap_or_default()),
            events: self.hooks.map(way),
        });
        core.source
            .subscribe(Arc::new(Listener(Arc::downgrade(&core))));
        Ok(core)
    }
}

impl fmt::Debug for EngineBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineBuilder")
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}
