//! Where tenant configs live: SQLite, PostgreSQL, and files.

pub mod error;

mod backend;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod store;

pub use self::error::StoreError;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use self::store::{
    By, Dialect, Expected, Filter, History, Listed, Page, Revision, Snapshot, Stored, TenantStore,
    migration_sql,
};
