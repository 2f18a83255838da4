//! Where values lie, and what either place can do with them: bytes, of which nothing here knows the meaning.

use std::sync::Arc;
use std::time::Duration;

use tollgate::TenantId;

use crate::bound::Usage;
use crate::embedded::Embedded;
use crate::error::CacheError;
use crate::key::Key;
#[cfg(feature = "redis")]
use crate::remote::Remote;
use crate::ttl::Ttl;

#[derive(Debug)]
pub(crate) enum Backend {
    Embedded(Embedded),
    #[cfg(feature = "redis")]
    Redis(Box<Remote>),
}

#[cfg_attr(
    not(feature = "redis"),
    expect(clippy::unused_async, reason = "the embedded cache answers at once")
)]
impl Backend {
    pub(crate) async fn get(
        &self,
        tenant: &TenantId,
        key: Key<'_>,
    ) -> Result<Option<Arc<[u8]>>, CacheError> {
        match self {
            Self::Embedded(embedded) => Ok(embedded.get(tenant, key)),
            #[cfg(feature = "redis")]
            Self::Redis(remote) => remote.get(tenant, key).await,
        }
    }

    pub(crate) async fn set(
        &self,
        tenant: &TenantId,
        key: Key<'_>,
        value: Arc<[u8]>,
        ttl: Ttl,
    ) -> Result<(), CacheError> {
        match self {
            Self::Embedded(embedded) => embedded.set(tenant, key, value, ttl),
            #[cfg(feature = "redis")]
            Self::Redis(remote) => remote.set(tenant, key, &value, ttl).await,
        }
    }

    pub(crate) async fn delete(&self, tenant: &TenantId, key: Key<'_>) -> Result<bool, CacheError> {
        match self {
            Self::Embedded(embedded) => Ok(embedded.delete(tenant, key)),
            #[cfg(feature = "redis")]
            Self::Redis(remote) => remote.delete(tenant, key).await,
        }
    }

    pub(crate) async fn incr(
        &self,
        tenant: &TenantId,
        key: Key<'_>,
        by: i64,
        ttl: Ttl,
    ) -> Result<i64, CacheError> {
        match self {
            Self::Embedded(embedded) => embedded.incr(tenant, key, by, ttl),
            #[cfg(feature = "redis")]
            Self::Redis(remote) => remote.incr(tenant, key, by, ttl).await,
        }
    }

    pub(crate) async fn ttl(
        &self,
        tenant: &TenantId,
        key: Key<'_>,
    ) -> Result<Option<Duration>, CacheError> {
        match self {
            Self::Embedded(embedded) => Ok(embedded.ttl(tenant, key)),
            #[cfg(feature = "redis")]
            Self::Redis(remote) => remote.ttl(tenant, key).await,
        }
    }

    pub(crate) async fn clear(&self, tenant: &TenantId) -> Result<(), CacheError> {
        match self {
            Self::Embedded(embedded) => {
                embedded.clear(tenant);
                Ok(())
            }
            #[cfg(feature = "redis")]
            Self::Redis(remote) => remote.clear(tenant).await,
        }
    }

    pub(crate) async fn usage(&self, tenant: &TenantId) -> Result<Usage, CacheError> {
        match self {
            Self::Embedded(embedded) => Ok(embedded.usage(tenant)),
            #[cfg(feature = "redis")]
            Self::Redis(remote) => remote.usage(tenant).await,
        }
    }

    pub(crate) async fn check(&self) -> Result<(), CacheError> {
        match self {
            Self::Embedded(_) => Ok(()),
            #[cfg(feature = "redis")]
            Self::Redis(remote) => remote.check().await,
        }
    }
}
