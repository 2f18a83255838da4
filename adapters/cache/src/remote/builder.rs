//! What a cache in Redis is made of, with what is usual for the rest.

use std::fmt;
use std::num::NonZeroU64;
use std::time::Duration;

use redis::Client;
use redis::aio::ConnectionManager;

use super::Remote;
use super::link::{self, Link};
use super::names::Prefix;
use crate::backend::Backend;
use crate::bound::{Bound, DEFAULT_BYTES};
use crate::cache::TenantCache;
use crate::error::CacheError;

/// A cache in Redis to be; see [`TenantCache::redis`].
#[must_use = "it is no cache until it is built"]
#[derive(Debug)]
pub struct RedisBuilder {
    to: To,
    prefix: Prefix,
    bound: Bound,
    timeout: Duration,
}

impl RedisBuilder {
    pub(crate) fn at(url: &str) -> Result<Self, CacheError> {
        let client = link::client(url).map_err(|error| CacheError::Url {
            problem: error.to_string(),
        })?;
        Ok(Self::new(To::Client(Box::new(client))))
    }

    pub(crate) fn over(connection: ConnectionManager) -> Self {
        Self::new(To::Connection(connection))
    }

    fn new(to: To) -> Self {
        Self {
            to,
            prefix: Prefix::default(),
            bound: Bound::new(DEFAULT_BYTES),
            timeout: Duration::from_millis(250),
        }
    }

    /// What all keys begin with, for a Redis that is shared with others: at most 64 bytes of `[A-Za-z0-9._:-]` that end
    /// in a colon, with no part `tenant` or `tenant-index`. The default is nothing: keys are `tenant:<id>:<key>`.
    ///
    /// # Errors
    /// [`CacheError::Prefix`] for any other.
    pub fn prefix(mut self, prefix: &str) -> Result<Self, CacheError> {
        self.prefix = Prefix::new(prefix)?;
        Ok(self)
    }

    /// How much each tenant may keep: keys, values, and [`ENTRY_OVERHEAD`](crate::ENTRY_OVERHEAD) for each entry. The
    /// default is 4 MiB.
    ///
    /// A tenant that keeps more loses what it wrote first. All processes should agree on it: each write keeps the bound
    /// of the process that writes.
    pub fn bytes_per_tenant(mut self, bytes: NonZeroU64) -> Self {
        self.bound = Bound::new(bytes);
        self
    }

    /// How long Redis may take for an answer, connecting included. The default is 250 ms.
    ///
    /// After three calls in a row without an answer, calls fail at once ([`CacheError::NotAsked`]), and one a second looks
    /// whether Redis is back.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// The cache. It connects when it is first used: [`TenantCache::check`] tells whether it can.
    pub fn build(self) -> TenantCache {
        let link = match self.to {
            To::Connection(connection) => Link::Given(connection),
            To::Client(client) => Link::to(*client, self.timeout),
        };
        let remote = Remote::new(link, self.prefix, self.bound, self.timeout);
        TenantCache::over(Backend::Redis(Box::new(remote)))
    }
}

/// What leads to Redis.
enum To {
    Client(Box<Client>),
    Connection(ConnectionManager),
}

impl fmt::Debug for To {
    /// Without the URL, in which there may be a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Client(_) => "a client",
            Self::Connection(_) => "a connection",
        })
    }
}
