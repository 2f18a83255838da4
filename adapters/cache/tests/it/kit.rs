//! The caches that every promise is tried on.

use std::num::NonZeroU64;
use std::time::Duration;

use tollgate::TenantId;
use tollgate_cache::{ScopedCache, TenantCache};

/// Long enough that nothing expires while a test runs.
pub(crate) const LONG: Duration = Duration::from_secs(3600);

pub(crate) fn tenant(id: &str) -> TenantId {
    TenantId::new(id).unwrap()
}

pub(crate) fn bytes(bytes: u64) -> NonZeroU64 {
    NonZeroU64::new(bytes).unwrap()
}

/// One of each backend, in which each tenant may keep so many bytes. Must run inside a runtime.
pub(crate) fn caches(bytes_per_tenant: u64) -> Vec<(&'static str, TenantCache)> {
    let embedded = TenantCache::embedded()
        .bytes_per_tenant(bytes(bytes_per_tenant))
        .build();
    vec![
        ("embedded", embedded),
        #[cfg(feature = "redis")]
        ("redis", on_redis(bytes_per_tenant)),
    ]
}

/// A cache in an empty database of the server that the tests share.
#[cfg(feature = "redis")]
pub(crate) fn on_redis(bytes_per_tenant: u64) -> TenantCache {
    let url = throwaway::Redis::shared().unwrap().create_database();
    TenantCache::redis(&url.unwrap())
        .unwrap()
        .bytes_per_tenant(bytes(bytes_per_tenant))
        // No test fails because the machine is busy.
        .timeout(Duration::from_secs(60))
        .build()
}

/// What is there under each of `keys`.
pub(crate) async fn present(
    cache: &ScopedCache,
    keys: impl IntoIterator<Item = String>,
) -> Vec<String> {
    let mut found = Vec::new();
    for key in keys {
        if cache.ttl(&key).await.unwrap().is_some() {
            found.push(key);
        }
    }
    found
}
