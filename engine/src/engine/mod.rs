//! The engine: tenants by id, loaded from a config source and kept up to date.

mod builder;
mod core;

pub use self::builder::EngineBuilder;
pub(crate) use self::core::Core;

use crate::clock::Clock;
use crate::config::{ConfigErrors, TenantConfig};
use crate::dimension::Dimension;
use crate::directory::Spare;
use crate::error::LookupError;
use crate::events::Events;
use crate::sharing::Sharing;
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

    /// What keeps this config from being put in force here, were it the source's: what is wrong with it by itself, below
    /// its `parent` (the tenant that it names), or for this engine, which may have no origin and no store of shared limits.
    /// Whether `parent` is there is for the caller to find out.
    ///
    /// For those who write configs: a source announces a change that it has made already, and one that an engine can't put
    /// in force leaves the last config there. Limits that are in force are not held against the parent's again.
    ///
    /// # Errors
    /// Every problem. For a tenant that is in memory, also that it keeps its parent while it is.
    ///
    /// # Examples
    /// ```
    /// use tollgate::{Engine, InMemorySource, LimitConfig, Period, TenantConfig};
    ///
    /// let engine = Engine::builder().source(InMemorySource::new()).build_without_actors()?;
    /// let bytes = LimitConfig::calendar("bytes", "bytes".parse()?, 1, Period::Day);
    /// let config = TenantConfig::new("acme".parse()?).limit(bytes.durable());
    /// let problems = engine.vet(&config, None).unwrap_err().to_string();
    /// assert!(problems.contains("needs an engine that has an origin"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn vet(&self, config: &TenantConfig, parent: Option<&Tenant>) -> Result<(), ConfigErrors> {
        self.core.vet(config, parent)
    }

    /// Where to leave events for the hooks; `None` if there are none.
    pub fn events(&self) -> Option<&Events> {
        self.core.events()
    }

    /// The clock that decisions are made by.
    pub fn clock(&self) -> &Clock {
        self.core.clock()
    }

    /// How many tenants are in memory.
    pub fn tenants_in_memory(&self) -> usize {
        self.core.tenants()
    }

    /// The ids of the busiest tenants in memory, `most` at most, the busiest first: who has used most of its limits on
    /// requests, then on tokens.
    ///
    /// Who keeps them somewhere can [ask for](Self::tenant) them first after a restart.
    ///
    /// # Complexity
    /// Takes the lock of every tenant in memory, one after the other: some 100 ns each.
    pub fn busiest(&self, most: usize) -> Vec<TenantId> {
        let mut tenants: Vec<_> = self
            .core
            .all_tenants()
            .map(|tenant| (used(&tenant), tenant.id().clone()))
            .collect();
        let busiest_first = |tenant: &((u64, u64), TenantId)| std::cmp::Reverse(tenant.clone());
        if most < tenants.len() {
            tenants.select_nth_unstable_by_key(most, busiest_first);
            tenants.truncate(most);
        }
        tenants.sort_unstable_by_key(busiest_first);
        tenants.into_iter().map(|(_, id)| id).collect()
    }

    /// How many ids are remembered as nobody's.
    pub fn unknown_ids_remembered(&self) -> usize {
        self.core.unknown_ids()
    }

    /// How the calls of the store of shared limits go; `None` if the engine has none
    /// ([`EngineBuilder::shared`]).
    ///
    /// # Examples
    /// ```
    /// use tollgate::cluster::InMemorySharedOrigin;
    /// use tollgate::{Cost, Engine, InMemorySource, TenantConfig};
    ///
    /// # #[cfg(not(feature = "actors"))]
    /// # fn main() {}
    /// # #[cfg(feature = "actors")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let source = InMemorySource::new();
    /// source.set(TenantConfig::new("acme".parse()?).requests_per_minute(100))?;
    /// let store = InMemorySharedOrigin::default();
    /// let engine = Engine::builder().source(source).shared(store).build()?;
    ///
    /// let tenant = engine.tenant(&"acme".parse()?).await?;
    /// assert!(tenant.acquire(Cost::request()).await.is_ok());
    /// let sharing = engine.sharing().ok_or("no store")?;
    /// assert!(sharing.store_answers && sharing.wishes_granted > 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn sharing(&self) -> Option<Sharing> {
        self.core.sharing()
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

/// What a tenant has used of requests, and of tokens: the most that any of its limits counts.
fn used(tenant: &Tenant) -> (u64, u64) {
    let usage = tenant.usage();
    let of = |dimension| {
        let limits = usage
            .iter()
            .filter(|usage| *usage.limit.dimension() == dimension);
        limits.map(|usage| usage.used).max().unwrap_or(0)
    };
    (of(Dimension::Requests), of(Dimension::Tokens))
}
