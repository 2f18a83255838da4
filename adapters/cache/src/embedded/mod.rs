//! The cache in this process's memory: a small one for each tenant, in a table of them.

mod builder;
mod values;

use std::sync::Arc;
use std::time::Duration;

use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use tollgate::{Clock, TenantId};

pub use self::builder::EmbeddedBuilder;
use self::values::Values;
use crate::bound::{Bound, Usage};
use crate::error::CacheError;
use crate::key::Key;
use crate::ttl::Ttl;

/// # Concurrency
/// Reads take no lock. Writes of one tenant take turns; those of two tenants never meet.
#[derive(Debug)]
pub(crate) struct Embedded {
    tenants: Cache<TenantId, Arc<Values>>,
    settings: Settings,
}

/// What each tenant's values are kept by.
#[derive(Debug, Clone)]
struct Settings {
    bound: Bound,
    clock: Clock,
    /// Whether the clock is this machine's, so that moka can tidy away by its own what has expired.
    tidies: bool,
}

impl Embedded {
    fn new(tenants: u64, idle: Duration, settings: Settings) -> Self {
        let tenants = Cache::builder()
            .max_capacity(tenants)
            // Who comes is let in, whoever they are: the tenant that was away for longest goes.
            .eviction_policy(EvictionPolicy::lru())
            .time_to_idle(idle)
            .build();
        Self { tenants, settings }
    }

    fn known(&self, tenant: &TenantId) -> Option<Arc<Values>> {
        self.tenants.get(tenant)
    }

    fn known_or_new(&self, tenant: &TenantId) -> Arc<Values> {
        let entry = self
            .tenants
            .entry_by_ref(tenant)
            .or_insert_with(|| Arc::new(Values::new(&self.settings)));
        if entry.is_fresh() {
            // The bound on tenants holds at once, not at moka's leisure.
            self.tenants.run_pending_tasks();
        }
        entry.into_value()
    }

    pub(crate) fn get(&self, tenant: &TenantId, key: Key<'_>) -> Option<Arc<[u8]>> {
        self.known(tenant)?.get(key)
    }

    pub(crate) fn set(
        &self,
        tenant: &TenantId,
        key: Key<'_>,
        value: Arc<[u8]>,
        ttl: Ttl,
    ) -> Result<(), CacheError> {
        let weight = self.settings.bound.admit(tenant, key, value.len())?;
        self.known_or_new(tenant).set(key, value, weight, ttl);
        Ok(())
    }

    pub(crate) fn delete(&self, tenant: &TenantId, key: Key<'_>) -> bool {
        self.known(tenant).is_some_and(|values| values.delete(key))
    }

    pub(crate) fn incr(
        &self,
        tenant: &TenantId,
        key: Key<'_>,
        by: i64,
        ttl: Ttl,
    ) -> Result<i64, CacheError> {
        let bound = self.settings.bound;
        self.known_or_new(tenant).incr(tenant, bound, key, by, ttl)
    }

    pub(crate) fn ttl(&self, tenant: &TenantId, key: Key<'_>) -> Option<Duration> {
        self.known(tenant)?.ttl(key)
    }

    /// Drops the tenant's table: whoever holds it still writes into what nobody reads any more, as if they had come
    /// before.
    pub(crate) fn clear(&self, tenant: &TenantId) {
        self.tenants.invalidate(tenant);
    }

    pub(crate) fn usage(&self, tenant: &TenantId) -> Usage {
        self.known(tenant)
            .map(|values| values.usage())
            .unwrap_or_default()
    }
}
