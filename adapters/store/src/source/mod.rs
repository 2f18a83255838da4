//! A config source over a database: cached, kept up to date, and of use while the database is not.

mod builder;
mod busiest;
pub(crate) mod cached;
pub(crate) mod health;
pub(crate) mod shared;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use tollgate::{ChangeListener, ConfigSource, Loading, Status, TenantConfig, TenantId, Versioned};

pub use self::builder::SqlSourceBuilder;
pub use self::busiest::BusiestKeeper;
pub use self::health::{Down, FeedMode, Health};
use crate::cache::reads::Why;
use crate::error::StoreError;
use crate::source::cached::Cached;
use crate::store::{By, Expected, Filter, History, Page, Stored, TenantStore};

/// Attempts to change a status that others change at the same time.
const ATTEMPTS: usize = 16;

/// The configs of the tenants in a database, for an engine.
///
/// Clones share everything; when the last one is dropped its actors end.
///
/// - **What is asked again costs no query**: a bounded cache with an age, read anew before it is old.
/// - **What is asked at once is asked once**: one query for all who want a tenant, and few queries for many tenants.
/// - **Who does not exist costs no query**: the ids of all tenants are known, up to a bound.
/// - **A change takes effect**: one made through this source before the call returns; one that others make when the
///   database tells of it (PostgreSQL: some milliseconds, or [a poll](SqlSourceBuilder::poll_every) if notices are cut;
///   SQLite: [a look](SqlSourceBuilder::look_every)). In a table that was not
///   [migrated](TenantStore::migrate) by its `updated_at`, or for cached tenants after
///   [`ttl`](SqlSourceBuilder::ttl).
/// - **Without the database** tenants that are in an engine's memory are served as ever, cached ones for a bounded time,
///   and all others fail at once, which the HTTP adapters answer with 503.
/// - **A broken row** concerns its tenant alone: the last good config stays, and [`health`](Self::health) says what is
///   wrong.
///
/// Listeners are called one after the other, and must not wait for this source.
///
/// # Examples
/// ```
/// use tollgate::{Cost, Engine, TenantConfig};
/// use tollgate_store::{By, SqlSource, TenantStore};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = TenantStore::connect("sqlite::memory:").await?;
/// store.migrate().await?;
/// let source = SqlSource::builder(store).start().await;
///
/// let engine = Engine::builder().source(source.clone()).build()?;
/// let acme = TenantConfig::new("acme".parse()?).requests_per_minute(1);
/// source.set(&acme, &By::new("alice")).await?;
///
/// let tenant = engine.tenant(&acme.tenant_id).await?;
/// assert!(tenant.try_acquire(&Cost::request()).is_admitted());
/// assert!(!tenant.try_acquire(&Cost::request()).is_admitted());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SqlSource {
    cached: Cached,
    store: TenantStore,
}

impl SqlSource {
    /// A source to be, over this store.
    pub fn builder(store: TenantStore) -> SqlSourceBuilder {
        SqlSourceBuilder::new(store)
    }

    /// The store, past the cache. What is written through it is heard of as what others write.
    pub fn store(&self) -> &TenantStore {
        &self.store
    }

    /// How the source is doing.
    ///
    /// # Complexity
    /// Proportional to the number of broken rows.
    pub fn health(&self) -> Health {
        Health::of(self.cached.shared())
    }

    /// Adds the tenant, or replaces its config; gives the new version. The next decision is made by it.
    ///
    /// # Errors
    /// As [`TenantStore::set`]. If it is not clear whether the config was written, what is in the database will be
    /// found out.
    pub async fn set(&self, config: &TenantConfig, by: &By) -> Result<u64, StoreError> {
        let written = self.store.set(config, by).await;
        self.take_in(config, written)
    }

    /// Adds the tenant, or replaces its config, if it is as expected; gives the new version. The next decision is
    /// made by it.
    ///
    /// # Errors
    /// As [`TenantStore::set_if`], and see [`set`](Self::set).
    pub async fn set_if(
        &self,
        config: &TenantConfig,
        expected: Expected,
        by: &By,
    ) -> Result<u64, StoreError> {
        let written = self.store.set_if(config, expected, by).await;
        self.take_in(config, written)
    }

    /// Removes the tenant; gives the version of the removal, or `None` if there was no such tenant. The next request
    /// does not find it.
    ///
    /// # Errors
    /// As [`TenantStore::delete`], and see [`set`](Self::set).
    pub async fn delete(&self, id: &TenantId, by: &By) -> Result<Option<u64>, StoreError> {
        let removed = self.store.delete(id, by).await;
        self.take_in_removal(id, removed)
    }

    /// Removes the tenant if it is at this version; gives the version of the removal. The next request does not find
    /// it.
    ///
    /// # Errors
    /// As [`TenantStore::delete_if`], and see [`set`](Self::set).
    pub async fn delete_if(&self, id: &TenantId, version: u64, by: &By) -> Result<u64, StoreError> {
        let removed = self.store.delete_if(id, version, by).await.map(Some);
        let removed = self.take_in_removal(id, removed)?;
        Ok(removed.unwrap_or_default())
    }

    /// Suspends the tenant: from the moment this returns, none of its requests is admitted.
    ///
    /// Says whether there is such a tenant.
    ///
    /// # Errors
    /// As [`TenantStore::set_if`] and [`TenantStore::get`]; a [`StoreError::Conflict`] if others have changed the
    /// tenant again and again meanwhile.
    pub async fn suspend(&self, id: &TenantId, by: &By) -> Result<bool, StoreError> {
        self.set_status(id, Status::Suspended, by).await
    }

    /// Lets a suspended tenant be served again; says whether there is such a tenant.
    ///
    /// # Errors
    /// As [`suspend`](Self::suspend).
    pub async fn resume(&self, id: &TenantId, by: &By) -> Result<bool, StoreError> {
        self.set_status(id, Status::Active, by).await
    }

    async fn set_status(&self, id: &TenantId, status: Status, by: &By) -> Result<bool, StoreError> {
        let mut attempts = 0;
        loop {
            let Some(mut stored) = self.store.get(id).await? else {
                return Ok(false);
            };
            stored.config.status = status;
            let expected = Expected::Version(stored.version);
            attempts += 1;
            match self.set_if(&stored.config, expected, by).await {
                Err(StoreError::Conflict { .. }) if attempts < ATTEMPTS => {}
                set => return set.map(|_| true),
            }
        }
    }

    /// The tenant's config as it stands in the database.
    ///
    /// # Errors
    /// As [`TenantStore::get`].
    pub async fn get(&self, id: &TenantId) -> Result<Option<Stored>, StoreError> {
        self.store.get(id).await
    }

    /// The tenants as they stand in the database, page by page.
    ///
    /// # Errors
    /// As [`TenantStore::list`].
    pub async fn list(&self, filter: &Filter) -> Result<Page, StoreError> {
        self.store.list(filter).await
    }

    /// What has become of a tenant, the newest first.
    ///
    /// # Errors
    /// As [`TenantStore::history`].
    pub async fn history(
        &self,
        id: &TenantId,
        before: Option<u64>,
        most: u32,
    ) -> Result<History, StoreError> {
        self.store.history(id, before, most).await
    }

    /// Ends the source's actors and waits until they have ended.
    ///
    /// What is cached is still found, and writes still work; nothing else is read or heard of.
    pub async fn shutdown(&self) {
        self.cached.shutdown().await;
    }

    fn take_in(
        &self,
        config: &TenantConfig,
        written: Result<u64, StoreError>,
    ) -> Result<u64, StoreError> {
        match written {
            Ok(version) => self.cached.shared().set(Versioned {
                config: Arc::new(config.clone()),
                version,
            }),
            Err(ref problem) => self.find_out(&config.tenant_id, problem),
        }
        written
    }

    fn take_in_removal(
        &self,
        id: &TenantId,
        removed: Result<Option<u64>, StoreError>,
    ) -> Result<Option<u64>, StoreError> {
        match removed {
            Ok(Some(version)) => self.cached.shared().removed(id, version),
            // Perhaps somebody else has removed it just now.
            Ok(None) => self.read_again(id),
            Err(ref problem) => self.find_out(id, problem),
        }
        removed
    }

    /// A write may have been done although it failed.
    fn find_out(&self, id: &TenantId, problem: &StoreError) {
        if let StoreError::TimedOut { .. } | StoreError::Database { .. } = problem {
            self.read_again(id);
        }
    }

    fn read_again(&self, id: &TenantId) {
        // Nobody waits for it; a source that was shut down reads nothing.
        let _outcome = self.cached.shared().reads.want(id, Why::Changed);
    }
}

impl ConfigSource for SqlSource {
    fn load<'s>(&'s self, id: &'s TenantId) -> Loading<'s> {
        self.cached.load(id)
    }

    fn subscribe(&self, listener: Arc<dyn ChangeListener>) {
        self.cached.subscribe(listener);
    }
}
