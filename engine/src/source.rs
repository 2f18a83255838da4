//! Where configs come from: the port, and the source that holds them in memory.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::ops::Bound;
use std::pin::Pin;

use crate::config::{ConfigErrors, TenantConfig};
use crate::error::{Conflict, SetError, SourceError};
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

/// In the order of their ids, in which they are listed.
#[derive(Default)]
struct Configs {
    by_id: BTreeMap<TenantId, Versioned>,
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

    /// Adds the tenant, or replaces its config, if it is at version `expected`; `None` expects that there is no such
    /// tenant. Gives the new version.
    ///
    /// Of any number of calls that expect the same, one succeeds.
    ///
    /// # Errors
    /// Everything that is wrong with the config, or a [`Conflict`]; then nothing has changed.
    ///
    /// # Examples
    /// ```
    /// use tollgate::{InMemorySource, TenantConfig};
    ///
    /// let source = InMemorySource::new();
    /// let acme = TenantConfig::new("acme".parse()?);
    /// let version = source.set_if(acme.clone().requests_per_minute(1), None)?;
    /// source.set_if(acme.clone().requests_per_minute(2), Some(version))?;
    /// assert!(source.set_if(acme.requests_per_minute(3), Some(version)).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_if(&self, config: TenantConfig, expected: Option<u64>) -> Result<u64, SetError> {
        config.compile().map_err(SetError::InvalidConfig)?;
        let id = config.tenant_id.clone();
        let versioned = {
            let mut configs = self.0.configs.lock();
            configs.expect(&id, expected).map_err(SetError::Conflict)?;
            configs.put(config)
        };
        let version = versioned.version;
        self.announce(&id, &Change::Set(versioned));
        Ok(version)
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

    /// Removes the tenant if it is at this version; gives the version of the removal.
    ///
    /// # Errors
    /// [`Conflict`], and then nothing has changed.
    pub fn remove_if(&self, id: &TenantId, version: u64) -> Result<u64, Conflict> {
        let version = {
            let mut configs = self.0.configs.lock();
            configs.expect(id, Some(version))?;
            configs.by_id.remove(id);
            configs.next_version()
        };
        self.announce(id, &Change::Removed { version });
        Ok(version)
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

    /// The config of the tenant, and its version.
    pub fn versioned(&self, id: &TenantId) -> Option<Versioned> {
        self.0.configs.lock().by_id.get(id).cloned()
    }

    /// The ids of all tenants, sorted.
    pub fn ids(&self) -> Vec<TenantId> {
        self.0.configs.lock().by_id.keys().cloned().collect()
    }

    /// The tenants whose ids begin with `prefix` and come after `after`, `most` at most, in the order of their ids.
    ///
    /// # Complexity
    /// Holds the source's lock while it copies them: O(log n + `most`).
    pub fn page(&self, prefix: &str, after: Option<&TenantId>, most: usize) -> Vec<Versioned> {
        let after = after.map(TenantId::as_str);
        let from = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            Some(_) | None => Bound::Included(prefix),
        };
        let configs = self.0.configs.lock();
        let theirs = configs.by_id.range::<str, _>((from, Bound::Unbounded));
        theirs
            .take_while(|(id, _)| id.as_str().starts_with(prefix))
            .take(most)
            .map(|(_, versioned)| versioned.clone())
            .collect()
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
            configs.put(config)
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
    /// Whether the tenant is at this version; `None` is that of a tenant that is not there.
    fn expect(&self, id: &TenantId, expected: Option<u64>) -> Result<(), Conflict> {
        let actual = self.by_id.get(id).map(|versioned| versioned.version);
        if actual == expected {
            return Ok(());
        }
        Err(Conflict {
            tenant: id.clone(),
            expected,
            actual,
        })
    }

    fn put(&mut self, config: TenantConfig) -> Versioned {
        let id = config.tenant_id.clone();
        let versioned = Versioned {
            config: Arc::new(config),
            version: self.next_version(),
        };
        self.by_id.insert(id, versioned.clone());
        versioned
    }

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

#[cfg(all(test, not(tollgate_loom)))]
mod tests {
    use super::*;

    fn id(text: &str) -> TenantId {
        text.parse().unwrap()
    }

    #[test]
    fn a_write_that_expects_another_version_changes_nothing() {
        let source = InMemorySource::new();
        let config = |requests| TenantConfig::new(id("acme")).requests_per_minute(requests);
        let first = source.set_if(config(1), None).unwrap();
        for wrong in [None, Some(first + 1), Some(0)] {
            let refused = source.set_if(config(2), wrong).unwrap_err();
            let SetError::Conflict(conflict) = refused else {
                panic!("{refused}");
            };
            assert_eq!((conflict.expected, conflict.actual), (wrong, Some(first)));
        }
        assert_eq!(source.get(&id("acme")).as_deref(), Some(&config(1)));
        assert!(source.remove_if(&id("acme"), first + 1).is_err());
        let second = source.set_if(config(2), Some(first)).unwrap();
        assert!(source.remove_if(&id("acme"), second).unwrap() > second);
        assert!(source.set_if(config(3), Some(second)).is_err());
    }

    #[test]
    fn of_many_writers_that_expect_the_same_one_succeeds() {
        let source = InMemorySource::new();
        let rounds = 200;
        let won: usize = std::thread::scope(|scope| {
            let write = |_| {
                scope.spawn(|| {
                    let write = |round: u64| {
                        let config = TenantConfig::new(id("acme")).requests_per_minute(round + 1);
                        let expected = (round > 0).then_some(round);
                        usize::from(source.set_if(config, expected).is_ok())
                    };
                    (0..rounds)
                        .map(|round| {
                            let won = write(round);
                            // The next round begins when this one is won, by whoever.
                            while source
                                .versioned(&id("acme"))
                                .is_none_or(|v| v.version <= round)
                            {}
                            won
                        })
                        .sum::<usize>()
                })
            };
            let writers: Vec<_> = (0..4).map(write).collect();
            writers
                .into_iter()
                .map(|writer| writer.join().unwrap())
                .sum()
        });
        assert_eq!(won, usize::try_from(rounds).unwrap());
    }

    #[test]
    fn pages_have_every_tenant_of_a_prefix_once_and_in_order() {
        let source = InMemorySource::new();
        for name in ["b1", "a", "b3", "b2", "b", "c", "B1"] {
            source.set(TenantConfig::new(id(name))).unwrap();
        }
        let (mut after, mut seen) = (None, Vec::new());
        loop {
            let page = source.page("b", after.as_ref(), 2);
            let Some(last) = page.last() else { break };
            after = Some(last.config.tenant_id.clone());
            seen.extend(page.iter().map(|found| found.config.tenant_id.to_string()));
        }
        assert_eq!(seen, ["b", "b1", "b2", "b3"]);
        assert_eq!(source.page("", Some(&id("b3")), 9).len(), 1);
        assert_eq!(source.page("b", Some(&id("c")), 9).len(), 0);
        assert_eq!(source.page("b", Some(&id("a")), 9).len(), 4);
    }
}
