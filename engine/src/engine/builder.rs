//! What an engine is made of, with what is usual for the rest.

use std::fmt;
#[cfg(feature = "actors")]
use std::num::NonZeroU64;
use std::num::NonZeroUsize;
use std::time::Duration;

#[cfg(feature = "actors")]
use crate::actor::{Desk, Figures, ToOrigin, ToStore};
use crate::clock::Clock;
#[cfg(feature = "actors")]
use crate::cluster::SharedOrigin;
use crate::error::BuildError;
use crate::events::{Events, Listeners};
use crate::hooks::Hooks;
#[cfg(feature = "actors")]
use crate::ledger::Slice;
#[cfg(feature = "actors")]
use crate::origin::Origin;
#[cfg(feature = "actors")]
use crate::outage::Outage;
use crate::shared::Shared;
use crate::source::ConfigSource;
use crate::sync::Arc;

use super::Engine;
use super::core::{Core, CoreSettings};

/// An engine to be; see [`Engine::builder`].
#[must_use = "it is no engine until it is built"]
pub struct EngineBuilder {
    source: Option<Arc<dyn ConfigSource>>,
    clock: Option<Clock>,
    queued: Listeners,
    inline: Listeners,
    most_tenants: NonZeroUsize,
    unknown_most: NonZeroUsize,
    unknown_ttl: Duration,
    load_timeout: Duration,
    sweep_every: Duration,
    sweep_most: usize,
    #[cfg(feature = "actors")]
    origin: Option<Arc<dyn Origin>>,
    #[cfg(feature = "actors")]
    origin_timeout: Duration,
    #[cfg(feature = "actors")]
    lease_parts: NonZeroU64,
    #[cfg(feature = "actors")]
    store: Option<Arc<dyn SharedOrigin>>,
    #[cfg(feature = "actors")]
    store_timeout: Duration,
    #[cfg(feature = "actors")]
    heartbeat: Duration,
    #[cfg(feature = "actors")]
    outage: Outage,
}

impl Default for EngineBuilder {
    fn default() -> Self {
        Self {
            source: None,
            clock: None,
            queued: Vec::new(),
            inline: Vec::new(),
            most_tenants: NonZeroUsize::MIN.saturating_add(3_999_999),
            unknown_most: NonZeroUsize::MIN.saturating_add(9_999),
            unknown_ttl: Duration::from_secs(5),
            load_timeout: Duration::from_secs(5),
            sweep_every: Duration::from_secs(1),
            sweep_most: 10_000,
            #[cfg(feature = "actors")]
            origin: None,
            #[cfg(feature = "actors")]
            origin_timeout: Duration::from_secs(1),
            #[cfg(feature = "actors")]
            lease_parts: NonZeroU64::MIN.saturating_add(99),
            #[cfg(feature = "actors")]
            store: None,
            #[cfg(feature = "actors")]
            store_timeout: Duration::from_millis(300),
            #[cfg(feature = "actors")]
            heartbeat: Duration::from_millis(400),
            #[cfg(feature = "actors")]
            outage: Outage::default(),
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

    /// Adds hooks that an actor calls, off the request's path. The default is none.
    ///
    /// They all take from one queue of 8192 events; one that does not fit is dropped for them all, and
    /// [counted](Events::dropped).
    pub fn hooks(mut self, hooks: impl Hooks) -> Self {
        self.queued.push(Box::new(hooks));
        self
    }

    /// Adds hooks that are called on the request's own thread, and delay it: for tests, and for what must not miss
    /// an event.
    pub fn hooks_inline(mut self, hooks: impl Hooks) -> Self {
        self.inline.push(Box::new(hooks));
        self
    }

    /// How many tenants are in memory at most, those included that are held or have used something. The
    /// default is 4,000,000.
    ///
    /// Who is loaded when it is full takes the place of an idle tenant. If none of the next 256 tenants is idle the
    /// lookup fails with [`LookupError::Full`](crate::LookupError::Full), and the next newcomer finds the search 256 tenants further on. So
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

    /// The origin that [durable](crate::LimitConfig::durable) limits draw their budget from. Without one, a config with
    /// such limits is not valid.
    #[cfg(feature = "actors")]
    pub fn origin(mut self, origin: impl Origin) -> Self {
        self.origin = Some(Arc::new(origin));
        self
    }

    /// How long an exchange with the origin may take, before it counts as failed. The default is 1 s.
    #[cfg(feature = "actors")]
    pub fn origin_timeout(mut self, limit: Duration) -> Self {
        self.origin_timeout = limit;
        self
    }

    /// Into how many parts a durable limit is cut: this process holds one of them ahead, rounded up. The default
    /// is 100.
    ///
    /// It is what a process that is killed loses of the limit at most (or what the requests cost that were waiting for a
    /// grant, if that is more), until its window ends; more parts mean less of that and more exchanges with the origin. An engine that is
    /// [shut down](Engine::shutdown) loses nothing.
    #[cfg(feature = "actors")]
    pub fn lease_parts(mut self, parts: NonZeroU64) -> Self {
        self.lease_parts = parts;
        self
    }

    /// The store through which all nodes that have it share limits: together they never admit more than a limit holds.
    ///
    /// All limits are shared then that can be, but those that [say no](crate::LimitConfig::shared). The default is none: every node
    /// counts for itself.
    #[cfg(feature = "actors")]
    pub fn shared(mut self, store: impl SharedOrigin) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// How long a call of the store of shared limits may take, before it counts as failed: nobody waits longer for more to be
    /// granted. The default is 300 ms.
    #[cfg(feature = "actors")]
    pub fn shared_timeout(mut self, limit: Duration) -> Self {
        self.store_timeout = limit;
        self
    }

    /// How often the store of shared limits is called at least for each tenant that has used something within its windows. The
    /// default is 400 ms; all nodes should have the same.
    ///
    /// A store that comes back without its memory grants nothing for twice as long, and for 1 s at least, so that all
    /// nodes can tell it what they have used. So a longer heartbeat means fewer calls and a longer recovery.
    #[cfg(feature = "actors")]
    pub fn shared_heartbeat(mut self, every: Duration) -> Self {
        self.heartbeat = every;
        self
    }

    /// What becomes of requests for which too little was granted while the store of shared limits does not answer. The default is
    /// [`Outage::FailClosed`]; all nodes should have the same.
    #[cfg(feature = "actors")]
    pub fn shared_outage(mut self, outage: Outage) -> Self {
        self.outage = outage;
        self
    }

    /// Builds the engine and starts its actors on the tokio runtime that this is called in.
    ///
    /// # Errors
    /// [`BuildError::NoSource`], [`BuildError::UnsoundOutage`], or [`BuildError::NoRuntime`] outside a runtime.
    #[cfg(feature = "actors")]
    pub fn build(mut self) -> Result<Engine, BuildError> {
        if !self.outage.is_sound() {
            return Err(BuildError::UnsoundOutage(self.outage));
        }
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| BuildError::NoRuntime)?;
        let to_origin = self.origin.take().map(|origin| {
            let (desk, mailbox) = Desk::new(self.origin_timeout);
            let slice = Slice(self.lease_parts.get());
            ((desk, slice), ToOrigin { origin, mailbox })
        });
        let (desk, origin) = to_origin.unzip();
        let to_store = self.store.take().map(|store| {
            let (desk, mailbox) = Desk::new(self.store_timeout);
            let figures = Figures::default();
            let store = ToStore {
                store,
                heartbeat: self.heartbeat,
                mailbox,
                figures: figures.clone(),
            };
            ((desk, figures), store)
        });
        let (calls, store) = to_store.unzip();
        let settings = crate::actor::ActorSettings {
            sweep_every: self.sweep_every,
            sweep_most: self.sweep_most,
            load_timeout: self.load_timeout,
            origin,
            store,
        };
        let mut shared = self.shared_state();
        (shared.desk, shared.calls) = (desk, calls);
        shared.outage = self.outage;
        let core = self.build_core(shared)?;
        let actors = crate::actor::Actors::start(&core, settings, &runtime);
        Ok(Engine {
            core,
            actors: Some(Arc::new(actors)),
        })
    }

    /// Builds an engine that needs no runtime: it loads through [`Engine::tenant_blocking`] and evicts
    /// when [`Engine::sweep`] is called.
    ///
    /// # Errors
    /// [`BuildError::NoSource`]; [`BuildError::HooksNeedActors`] unless the hooks are inline;
    /// [`BuildError::OriginNeedsActors`].
    pub fn build_without_actors(mut self) -> Result<Engine, BuildError> {
        #[cfg(feature = "actors")]
        if self.origin.is_some() || self.store.is_some() {
            return Err(BuildError::OriginNeedsActors);
        }
        if !self.queued.is_empty() {
            return Err(BuildError::HooksNeedActors);
        }
        let shared = self.shared_state();
        let core = self.build_core(shared)?;
        Ok(Engine {
            core,
            #[cfg(feature = "actors")]
            actors: None,
        })
    }

    fn shared_state(&mut self) -> Shared {
        Shared::of(self.clock.take().unwrap_or_default())
    }

    fn build_core(self, shared: Shared) -> Result<Arc<Core>, BuildError> {
        let is_heard = !self.inline.is_empty() || !self.queued.is_empty();
        #[cfg(feature = "actors")]
        let events = is_heard.then(|| Events::new(self.inline, self.queued));
        #[cfg(not(feature = "actors"))]
        let events = is_heard.then(|| Events::new(self.inline));
        Ok(Core::new(CoreSettings {
            source: self.source.ok_or(BuildError::NoSource)?,
            most_tenants: self.most_tenants,
            unknown_most: self.unknown_most,
            unknown_ttl: self.unknown_ttl,
            shared,
            events,
        }))
    }
}

impl fmt::Debug for EngineBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineBuilder")
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}
