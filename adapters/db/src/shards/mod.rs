//! Tenants on several databases: which one has whose rows.

mod builder;
mod error;
mod map;
mod placement;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use tollgate::TenantId;

use self::map::Map;
use crate::tenant_db::Backend;
use crate::{ScopedDb, TenantDb};

pub use self::builder::ShardsBuilder;
pub use self::error::ShardError;

/// The most that a shard can weigh.
pub const MOST_WEIGHT: u16 = 100;

/// Several databases, on each of which some of the tenants live.
///
/// A tenant is where it is pinned to, or else where rendezvous hashing puts it: each shard has as many tickets as its
/// weight, and the tenant is on the shard of its highest one. A ticket's height is XXH3-64 of the tenant's id, seeded with
/// XXH3-64 of the shard's name, a NUL and the ticket's number (from 0, 4 bytes, little endian); of two equal ones the
/// shard with the lower name wins. So a placement is the same in every process and every version, and does not depend on
/// the order of the shards. A new shard takes its share of the tenants from all others and moves none between them; when
/// one goes, only its own tenants move.
///
/// Nothing here moves rows: see [the guide](crate::guide#moving-a-tenant).
///
/// # Concurrency
/// A clone is the same set. Looking a tenant up takes no lock; a change is seen whole by every look-up that begins after
/// it, and by no scope that was handed out before it. It concerns this process: others must be told the same.
///
/// # Complexity
/// A look-up costs one hash of the id for each unit of weight, over all shards, or one look-up if it is pinned. A change
/// copies the set: [`pin_only`](Self::pin_only) for many pins at once.
///
/// # Examples
/// ```
/// # #[cfg(feature = "sqlite")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use sqlx::SqlitePool;
/// use tollgate::TenantId;
/// use tollgate_db::{Schema, Shards, TenantDb};
///
/// let schema = Schema::new().scoped("resources");
/// let eu = TenantDb::builder(SqlitePool::connect("sqlite::memory:").await?, schema.clone()).build()?;
/// let us = TenantDb::builder(SqlitePool::connect("sqlite::memory:").await?, schema).build()?;
///
/// let acme = TenantId::new("acme")?;
/// let shards = Shards::builder()
///     .shard("eu-1", eu)
///     .weighted("us-1", 3, us)
///     .pin(acme.clone(), "eu-1")
///     .build()?;
///
/// assert_eq!(shards.shard_of(&acme).as_ref(), "eu-1");
/// let _its_rows = shards.for_tenant(&acme).query("SELECT name FROM resources");
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// ```
pub struct Shards<DB: Backend> {
    inner: Arc<Inner<DB>>,
}

struct Inner<DB: Backend> {
    map: ArcSwap<Map<DB>>,
    /// One change at a time.
    changes: Mutex<()>,
}

impl<DB: Backend> Shards<DB> {
    /// No shards yet.
    pub fn builder() -> ShardsBuilder<DB> {
        ShardsBuilder::new()
    }

    fn of(map: Map<DB>) -> Self {
        let inner = Inner {
            map: ArcSwap::from_pointee(map),
            changes: Mutex::new(()),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// `tenant`'s database as `tenant` sees it.
    pub fn for_tenant(&self, tenant: &impl AsRef<TenantId>) -> ScopedDb<DB> {
        let map = self.inner.map.load();
        map.shard_of(tenant.as_ref()).db.for_tenant(tenant)
    }

    /// The name of `tenant`'s shard.
    pub fn shard_of(&self, tenant: &impl AsRef<TenantId>) -> Arc<str> {
        let map = self.inner.map.load();
        Arc::clone(map.shard_of(tenant.as_ref()).name())
    }

    /// All shards, in the order in which they were declared, for what concerns each of them. Migrations and reports need
    /// more rights than these give: [`AdminDb`](crate::AdminDb), made from the pools.
    pub fn shards(&self) -> Vec<(Arc<str>, TenantDb<DB>)> {
        let map = self.inner.map.load();
        let named = map
            .shards()
            .map(|shard| (Arc::clone(shard.name()), shard.db.clone()));
        named.collect()
    }

    /// All pins, in the order of the tenants.
    pub fn pins(&self) -> Vec<(TenantId, Arc<str>)> {
        let map = self.inner.map.load();
        let mut pins: Vec<_> = map
            .pins()
            .iter()
            .map(|(tenant, shard)| (tenant.clone(), Arc::clone(shard)))
            .collect();
        pins.sort_unstable();
        pins
    }

    /// Has `tenant` live on `shard`, wherever its id would put it.
    ///
    /// # Errors
    /// If there is no such shard.
    pub fn pin(&self, tenant: TenantId, shard: &str) -> Result<(), ShardError> {
        self.change(|map| map.pin(tenant, shard))
    }

    /// Has `tenant` live where its id puts it.
    pub fn unpin(&self, tenant: &impl AsRef<TenantId>) {
        let done: Result<(), ShardError> = self.change(|map| {
            map.unpin(tenant.as_ref());
            Ok(())
        });
        drop(done);
    }

    /// Replaces all pins, for instance by those that a table has.
    ///
    /// # Errors
    /// If one of the shards does not exist: then none has changed.
    pub fn pin_only<S: AsRef<str>>(
        &self,
        pins: impl IntoIterator<Item = (TenantId, S)>,
    ) -> Result<(), ShardError> {
        self.change(|map| {
            map.unpin_all();
            pins.into_iter()
                .try_for_each(|(tenant, shard)| map.pin(tenant, shard.as_ref()))
        })
    }

    /// One more shard. The tenants that fall to it are looked for there from now on: unless their rows are there, pin
    /// them to where they are first.
    ///
    /// # Errors
    /// If there is one of that name, or the name or the weight can't be one.
    pub fn add(&self, name: &str, weight: u16, db: TenantDb<DB>) -> Result<(), ShardError> {
        let shard = map::Shard::new(name, weight, db)?;
        self.change(|map| map.add(shard))
    }

    /// One shard less. Its tenants are looked for on others from now on.
    ///
    /// # Errors
    /// If there is no such shard, a tenant is pinned to it, or it is the last one.
    pub fn remove(&self, name: &str) -> Result<(), ShardError> {
        self.change(|map| map.remove(name))
    }

    fn change(
        &self,
        change: impl FnOnce(&mut Map<DB>) -> Result<(), ShardError>,
    ) -> Result<(), ShardError> {
        let _one_at_a_time = self
            .inner
            .changes
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut map = Map::clone(&self.inner.map.load());
        change(&mut map)?;
        self.inner.map.store(Arc::new(map));
        Ok(())
    }
}

impl<DB: Backend> Clone for Shards<DB> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<DB: Backend> fmt::Debug for Shards<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let map = self.inner.map.load();
        let names: Vec<_> = map.shards().map(map::Shard::name).collect();
        f.debug_struct("Shards")
            .field("shards", &names)
            .field("pins", &map.pins().len())
            .finish()
    }
}
