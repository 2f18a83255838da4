//! Which shards there are to begin with.

use std::fmt;

use tollgate::TenantId;

use super::map::{Map, Shard};
use super::{ShardError, Shards};
use crate::TenantDb;
use crate::tenant_db::Backend;

/// Makes [`Shards`].
#[must_use = "they are built by build()"]
pub struct ShardsBuilder<DB: Backend> {
    shards: Vec<(String, u16, TenantDb<DB>)>,
    pins: Vec<(TenantId, String)>,
}

impl<DB: Backend> ShardsBuilder<DB> {
    pub(crate) fn new() -> Self {
        Self {
            shards: Vec::new(),
            pins: Vec::new(),
        }
    }

    /// A shard of weight 1. Its name decides which tenants it gets: it is never changed, unlike its address.
    pub fn shard(self, name: impl Into<String>, db: TenantDb<DB>) -> Self {
        self.weighted(name, 1, db)
    }

    /// A shard that gets `weight` times as many tenants as one of weight 1; at most
    /// [`MOST_WEIGHT`](super::MOST_WEIGHT).
    pub fn weighted(mut self, name: impl Into<String>, weight: u16, db: TenantDb<DB>) -> Self {
        self.shards.push((name.into(), weight, db));
        self
    }

    /// Has `tenant` live on `shard`, wherever its id would put it.
    pub fn pin(mut self, tenant: TenantId, shard: impl Into<String>) -> Self {
        self.pins.push((tenant, shard.into()));
        self
    }

    /// The shards.
    ///
    /// # Errors
    /// If there is none, two have one name, a name or a weight can't be one, or a tenant is pinned to one that does not
    /// exist.
    pub fn build(self) -> Result<Shards<DB>, ShardError> {
        let mut shards = self
            .shards
            .into_iter()
            .map(|(name, weight, db)| Shard::new(&name, weight, db));
        let mut map = Map::of(shards.next().ok_or(ShardError::None)??);
        shards.try_for_each(|shard| map.add(shard?))?;
        for (tenant, shard) in self.pins {
            map.pin(tenant, &shard)?;
        }
        Ok(Shards::of(map))
    }
}

impl<DB: Backend> fmt::Debug for ShardsBuilder<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shards = self.shards.iter().map(|(name, weight, _)| (name, weight));
        f.debug_struct("ShardsBuilder")
            .field("shards", &shards.collect::<Vec<_>>())
            .field("pins", &self.pins)
            .finish()
    }
}
