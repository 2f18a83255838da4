//! What can go wrong with a cache.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use tollgate::TenantId;

use crate::bound::ENTRY_OVERHEAD;
use crate::key::MAX_KEY_LEN;
use crate::ttl::{MAX_TTL, MIN_TTL};

/// Why a cache could not do what it was asked to.
///
/// [`is_transient`](Self::is_transient) tells what may work when it is tried again. Errors can be cloned: all who wait
/// for one load hear of the same.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// A key is empty or too long.
    #[error("a key must have 1 to {MAX_KEY_LEN} bytes, this one has {len}")]
    Key {
        /// How many bytes it has.
        len: usize,
    },
    /// A value can't be kept for so long, or so short.
    #[error("time to live {ttl:?}: must be {MIN_TTL:?} to {} days", MAX_TTL.as_secs() / 86_400)]
    Ttl {
        /// What was asked for.
        ttl: Duration,
    },
    /// An entry is larger than all that its tenant may keep.
    #[error(
        "tenant {tenant}: key {key:?}: {bytes} bytes with {ENTRY_OVERHEAD} for the entry, and at most {bound} may be kept"
    )]
    TooLarge {
        /// The tenant.
        tenant: TenantId,
        /// The key.
        key: String,
        /// What the entry counts: key, value and [`ENTRY_OVERHEAD`].
        bytes: u64,
        /// The most that it may count.
        bound: u64,
    },
    /// A value can't be written as JSON.
    #[error("tenant {tenant}: key {key:?}: a {type_name} can't be written as JSON")]
    Encode {
        /// The tenant.
        tenant: TenantId,
        /// The key.
        key: String,
        /// The Rust type of the value.
        type_name: &'static str,
        /// What serde said.
        #[source]
        cause: Arc<serde_json::Error>,
    },
    /// What is cached is of another type than what was asked for.
    #[error("tenant {tenant}: key {key:?}: what is cached is no {type_name}")]
    Decode {
        /// The tenant.
        tenant: TenantId,
        /// The key.
        key: String,
        /// The Rust type that was asked for.
        type_name: &'static str,
        /// What serde said.
        #[source]
        cause: Arc<serde_json::Error>,
    },
    /// What is cached is no whole number from −2⁶³ to 2⁶³ − 1, and nothing can be added to it.
    #[error("tenant {tenant}: key {key:?}: what is cached is no whole number of 64 bits")]
    NotANumber {
        /// The tenant.
        tenant: TenantId,
        /// The key.
        key: String,
    },
    /// The sum has no place in 64 bits: the number is as it was.
    #[error("tenant {tenant}: key {key:?}: adding {by} leaves the range of 64 bits")]
    Overflow {
        /// The tenant.
        tenant: TenantId,
        /// The key.
        key: String,
        /// What was to be added.
        by: i64,
    },
    /// A value that was not cached could not be loaded.
    #[error("tenant {tenant}: key {key:?}: the load failed")]
    Load {
        /// The tenant.
        tenant: TenantId,
        /// The key.
        key: String,
        /// What the load said; see [`CacheError::load_error`].
        #[source]
        cause: Arc<dyn Error + Send + Sync>,
    },
    /// Redis did not answer in time. A write may have been done all the same.
    #[error("{doing}: no answer from Redis within {limit:?}")]
    TimedOut {
        /// What was being done.
        doing: &'static str,
        /// The bound.
        limit: Duration,
    },
    /// Redis has left several calls in a row without an answer, and was not asked.
    #[error("{doing}: Redis does not answer, and was not asked")]
    NotAsked {
        /// What was to be done.
        doing: &'static str,
    },
    /// Redis could not be reached, or refused.
    #[cfg(feature = "redis")]
    #[error("{doing}: Redis failed")]
    Redis {
        /// What was being done.
        doing: &'static str,
        /// What the driver said.
        #[source]
        cause: ::redis::RedisError,
    },
    /// This Redis is a cluster.
    #[error(
        "this Redis runs in cluster mode, where the keys of one tenant lie on several nodes and no script reaches all of them: \
         use one that does not"
    )]
    Cluster,
    /// No Redis can be reached by this URL.
    #[error("Redis URL: {problem}")]
    Url {
        /// What is wrong with it; without the URL, in which there may be a password.
        problem: String,
    },
    /// A prefix would let keys of two caches meet.
    #[error("prefix {prefix:?}: {problem}")]
    Prefix {
        /// What was asked for.
        prefix: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl CacheError {
    /// Whether the same call may succeed later, without anybody changing the call.
    ///
    /// A failed load counts as transient: what it says is up to who wrote it.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::TimedOut { .. } | Self::NotAsked { .. } | Self::Load { .. } => true,
            #[cfg(feature = "redis")]
            Self::Redis { cause, .. } => crate::remote::is_passing(cause),
            Self::Key { .. }
            | Self::Ttl { .. }
            | Self::TooLarge { .. }
            | Self::Encode { .. }
            | Self::Decode { .. }
            | Self::NotANumber { .. }
            | Self::Overflow { .. }
            | Self::Cluster
            | Self::Url { .. }
            | Self::Prefix { .. } => false,
        }
    }

    /// What a failed load said, if it said it with an `E`.
    ///
    /// # Examples
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::io::{Error, ErrorKind};
    /// use std::time::Duration;
    /// use tollgate_cache::TenantCache;
    ///
    /// let acme = TenantCache::embedded().build().for_tenant(&tollgate::TenantId::new("acme")?);
    /// let missing = || async { Err::<u32, _>(Error::from(ErrorKind::NotFound)) };
    /// let error = acme.get_or_insert_with("key", Duration::from_secs(1), missing).await.unwrap_err();
    /// assert_eq!(error.load_error::<Error>().map(Error::kind), Some(ErrorKind::NotFound));
    /// # Ok(())
    /// # }
    /// ```
    pub fn load_error<E: Error + 'static>(&self) -> Option<&E> {
        if let Self::Load { cause, .. } = self {
            cause.downcast_ref()
        } else {
            None
        }
    }
}
