//! Where tenant configs live: SQLite, PostgreSQL, and files; and durable usage.
//!
//! Start with the [guide].

#[cfg(feature = "files")]
pub mod check;
pub mod error;
#[cfg(feature = "files")]
pub mod file;

#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod backend;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod cache;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod feed;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod jitter;
#[cfg(feature = "postgres")]
mod lent;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod origin;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod roster;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod source;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod store;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod supervisor;

#[doc = include_str!("../docs/guide.md")]
pub mod guide {}

pub use self::error::StoreError;
#[cfg(feature = "files")]
pub use self::file::FileSource;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use self::origin::{DurableUsage, SqlOrigin};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use self::source::{BusiestKeeper, Down, FeedMode, Health, SqlSource, SqlSourceBuilder};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use self::store::{
    By, Dialect, Expected, Filter, History, Listed, Page, Revision, Snapshot, Stored, TenantStore,
    migration_sql,
};
