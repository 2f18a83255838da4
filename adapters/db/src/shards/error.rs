//! What is wrong with a set of shards.

use std::sync::Arc;

use tollgate::TenantId;

/// Why the shards were not made, or not changed: everything is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShardError {
    /// There would be none, and no place for any tenant.
    #[error("there must be a shard")]
    None,
    /// A name that can't be one.
    #[error("shard {0:?}: a name is 1 to 255 bytes without NUL")]
    Name(String),
    /// A name that another shard has.
    #[error("shard {0}: declared more than once")]
    Twice(Arc<str>),
    /// A name that no shard has.
    #[error("no shard {name}: there are {}", known.join(", "))]
    Unknown {
        /// The name.
        name: String,
        /// The names that there are.
        known: Vec<Arc<str>>,
    },
    /// A weight that can't be one.
    #[error("shard {shard}: weight {weight}: must be 1 to {most}")]
    Weight {
        /// The shard.
        shard: Arc<str>,
        /// Its weight.
        weight: u16,
        /// The most there can be.
        most: u16,
    },
    /// A shard that a tenant is pinned to can't go.
    #[error("shard {shard}: tenant {tenant} is pinned to it")]
    Pinned {
        /// The shard.
        shard: Arc<str>,
        /// One of the tenants.
        tenant: TenantId,
    },
}
