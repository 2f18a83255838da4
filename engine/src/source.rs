//! Where configs come from: the port, and the source that holds them in memory.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use crate::config::{ConfigErrors, TenantConfig};
use crate::error::SourceError;
use crate::plan::Status;
use crate::sync::{Arc, Mutex};
use crate::tenant_id::TenantId;

/// A config on its way: see [`ConfigSource::load`].
pub type Loading<'s> =
    Pin<Box<dyn Future<Output = Result<Option<Versioned>, SourceError>> + Send + 's>>;

/// Where an engine finds the config of a tenant.
///
/// # Contract
/// The version of a tenant's config grows with every change to it, a removal included. Changes are
/// announced to every listener *after* `load` gives the new state; the engine sorts out announcements that arrive
/// in the wrong order by their versions.
pub trait ConfigSource: Send + Sync + 'static {
    /// The config of `id`; `Ok(None)` says for certain that there is none.
    ///
    /// The engine asks once for a tenant at a time, however many requests wait for it.
    fn load<'s>(&'s self, id: &'s TenantId) -> Loading<'s>;

    /// Calls `listener` on every change from now on. A source that never changes ignores it.
    fn subscribe(&self, listener: Arc<dyn ChangeListener>);
}

/// A config and its place in the order of changes to it.
#[derive(Debug, Clone)]
pub struct Versioned {
    /// The config.
    pub config: Arc<TenantConfig>,
    /// Grows with every change to this tenant; below [`u64::MAX`].
    pub version: u64,
}

/// What has become of a tenant's config.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Change {
    /// It is new, or has changed to this.
    Set(Versioned),
    /// It is gone.
    Removed {
        /// The version of the removal.
        version: u64,
    },
}

/// Who wants to know of changes; the engine is one.
pub trait ChangeListener: Send + Sync {
    /// Takes the change over: when this returns, decisions are made by it.
    fn changed(&self, id: &TenantId, change: &Change);

    /// Whether nobody listens any more, so that the source may forget it.
    fn is_gone(&self) -> bool {
        false
    }
}

/// Configs held in memory: a source for tests, examples, and services that bring their own.
///
/// Clones share what they hold. [`set`](Self::set) and the others take effect at once: a decision that begins
/// after the call returned is made by the new config.
///
/// # Examples
/// ```
/// use tollgate::{InMemorySource, TenantConfig};
///
/// let source = InMemorySource::new();
/// source.set(TenantConfig::new("acme".parse()?).requests_per_minute(100))?;
/// assert!(source.suspend(&"acme".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct InMemorySource(Arc<Shared>);

#[derive(Default)]
struct Shared {
    configs: Mutex<Configs>,
    /// Apart from `configs`, so that a listener may read the source.
    listeners: Mutex<Vec<Arc<dyn ChangeListener>>>,
}

/// A hash map: nothing here depends on its order.
#[derive(Default)]
struct Configs {
    by_id: HashMap<TenantId, Versioned>,
    /// One count for all tenants, so that a tenant that is removed and set again goes on counting.
    version: u64,
}

impl InMemorySource {
    /// A source that knows nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the tenant, or replaces its config.
    ///
    /// # Errors
    /// Everything that is wrong with the config; then nothing has changed.
    pub fn set(&self, config: TenantConfig) -> Result<(), ConfigErrors> {
        config.compile()?;
        let id = config.tenant_id.clone();
        self.change(&id, |_| Some(config));
        Ok(())
    }

    /// Removes the tenant; says whether there was one.
    pub fn remove(&self, id: &TenantId) -> bool {
        let version = {
            let mut configs = self.0.configs.lock();
            if configs.by_id.remove(id).is_none() {
                return false;
            }
            configs.next_version()
        };
        self.announce(id, &Change::Removed { version });
        true
    }

    /// Suspends the tenant: from the moment this returns, none of its requests is admitted.
    ///
    /// Says whether there is such a tenant.
    pub fn suspend(&self, id: &TenantId) -> bool {
        self.set_status(id, Status::Suspended)
    }

    /// Lets a suspended tenant be served again; says whether there is such a tenant.
    pub fn resume(&self, id: &TenantId) -> bool {
        self.set_status(id, Status::Active)
    }

    fn set_status(&self, id: &TenantId, status: Status) -> bool {
        self.change(id, |known| {
            let mut config = TenantConfig::clone(known?);
            config.status = status;
            Some(config)
        })
    }

    /// The config of the tenant.
    pub fn get(&self, id: &TenantId) -> Option<Arc<TenantConfig>> {
        self.0
            .configs
            .lock()
            .by_id
            .get(id)
            .map(|versioned| Arc::clone(&versioned.config))
    }

    /// The ids of all tenants, sorted.
    pub fn ids(&self) -> Vec<TenantId> {
        let mut ids: Vec<_> = self.0.configs.lock().by_id.keys().cloned().collect();
        ids.sort_unstable();
        ids
    }

    /// Puts what `next` makes of the known config in its place; `None` leaves all as it is.
    fn change(
        &self,
        id: &TenantId,
        next: impl FnOnce(Option<&TenantConfig>) -> Option<TenantConfig>,
    ) -> bool {
        let versioned = {
            let mut configs = self.0.configs.lock();
            let known = configs.by_id.get(id).map(|versioned| &*versioned.config);
            let Some(config) = next(known) else {
                return false;
            };
            let version = configs.next_version();
            let versioned = Versioned {
                config: Arc::new(config),
                version,
            };
            configs.by_id.insert(id.clone(), versioned.clone());
            versioned
        };
        self.announce(id, &Change::Set(versioned));
        true
    }

    fn announce(&self, id: &TenantId, change: &Change) {
        let listeners = {
            let mut listeners = self.0.listeners.lock();
            listeners.retain(|listener| !listener.is_gone());
            listeners.clone()
        };
        // Without the lock: a listener may change the source in turn.
        for listener in listeners {
            listener.changed(id, change);
        }
    }
}

impl Configs {
    fn next_version(&mut self) -> u64 {
        self.version = self.version.saturating_add(1);
        self.version
    }
}

impl ConfigSource for InMemorySource {
    fn load<'s>(&'s self, id: &'s TenantId) -> Loading<'s> {
        let found = self.0.configs.lock().by_id.get(id).cloned();
        Box::pin(std::future::ready(Ok(found)))
    }

    fn subscribe(&self, listener: Arc<dyn ChangeListener>) {
        self.0.listeners.lock().push(listener);
    }
}

impl fmt::Debug for InMemorySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InMemorySource")
            .field("tenants", &self.ids().len())
            .finish()
    }
}
