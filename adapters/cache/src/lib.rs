//! A cache that every tenant has for itself, embedded or in Redis.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//! use tollgate::TenantId;
//! use tollgate_cache::TenantCache;
//!
//! let cache = TenantCache::embedded().build();
//! let acme = cache.for_tenant(&TenantId::new("acme-corp")?);
//! let profile: String = acme
//!     .get_or_insert_with("user-profile", Duration::from_secs(300), || async {
//!         Ok::<_, std::io::Error>("from the database".to_owned())
//!     })
//!     .await?;
//!
//! let globex = cache.for_tenant(&TenantId::new("globex")?);
//! assert_eq!(globex.get::<String>("user-profile").await?, None);
//! # Ok(())
//! # }
//! ```
//!
//! Start with the [guide].

pub mod embedded;
pub mod error;
#[cfg(feature = "redis")]
pub mod remote;

mod backend;
mod bound;
mod cache;
mod flights;
mod key;
mod load;
mod scoped;
mod ttl;

#[doc = include_str!("../docs/guide.md")]
pub mod guide {}

pub use self::bound::{ENTRY_OVERHEAD, MAX_ENTRY, Usage};
pub use self::cache::TenantCache;
pub use self::embedded::EmbeddedBuilder;
pub use self::error::CacheError;
pub use self::key::MAX_KEY_LEN;
#[cfg(feature = "redis")]
pub use self::remote::RedisBuilder;
pub use self::scoped::ScopedCache;
pub use self::ttl::{MAX_TTL, MIN_TTL};
