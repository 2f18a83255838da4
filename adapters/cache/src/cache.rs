//! The cache of all tenants, of which each is handed its own.

use std::sync::Arc;

use tollgate::TenantId;

use crate::backend::Backend;
use crate::embedded::EmbeddedBuilder;
use crate::error::CacheError;
use crate::flights::Flights;
use crate::scoped::ScopedCache;

/// The cache of all tenants, embedded or in Redis: one type, so that a service can choose when it starts.
///
/// Nothing can be read or written through it but for one tenant at a time: see [`for_tenant`](Self::for_tenant).
/// Clones share everything.
///
/// # Examples
/// ```
/// use tollgate_cache::TenantCache;
///
/// # fn choose(redis_url: Option<&str>) -> Result<TenantCache, tollgate_cache::CacheError> {
/// # #[cfg(feature = "redis")]
/// let cache = match redis_url {
///     Some(url) => TenantCache::redis(url)?.build(),
///     None => TenantCache::embedded().build(),
/// };
/// # #[cfg(not(feature = "redis"))]
/// # let cache = TenantCache::embedded().build();
/// # Ok(cache)
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct TenantCache {
    shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) backend: Backend,
    pub(crate) flights: Flights,
}

impl TenantCache {
    /// A cache in this process's memory; see [`EmbeddedBuilder`] for its bounds.
    pub fn embedded() -> EmbeddedBuilder {
        EmbeddedBuilder::new()
    }

    /// A cache in a Redis that all processes share; see [`RedisBuilder`](crate::RedisBuilder) for its bounds.
    ///
    /// # Errors
    /// When this is no URL of a Redis.
    #[cfg(feature = "redis")]
    pub fn redis(url: &str) -> Result<crate::RedisBuilder, CacheError> {
        crate::RedisBuilder::at(url)
    }

    /// A cache in Redis over a connection that there is already.
    #[cfg(feature = "redis")]
    pub fn redis_over(connection: ::redis::aio::ConnectionManager) -> crate::RedisBuilder {
        crate::RedisBuilder::over(connection)
    }

    pub(crate) fn over(backend: Backend) -> Self {
        let flights = Flights::default();
        Self {
            shared: Arc::new(Shared { backend, flights }),
        }
    }

    /// One tenant's cache: a handle, to be passed by value.
    ///
    /// # Complexity
    /// Nothing is looked up.
    pub fn for_tenant(&self, tenant: &impl AsRef<TenantId>) -> ScopedCache {
        ScopedCache::new(Arc::clone(&self.shared), tenant.as_ref().clone())
    }

    /// Whether the cache can be reached, and is one that this crate can use: for a check at the start, or of health.
    ///
    /// # Errors
    /// What any call would fail with; [`CacheError::Cluster`] if the Redis runs in cluster mode. An embedded cache is
    /// always there.
    pub async fn check(&self) -> Result<(), CacheError> {
        self.shared.backend.check().await
    }
}
