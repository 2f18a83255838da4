//! Nobody sees another tenant's rows: SQL that is scoped to a tenant before the database reads it.
//!
//! A statement is written as if the database held one tenant's rows only. The [`Rewriter`] parses it, replaces every
//! reference to a tenant's table by `(SELECT * FROM t WHERE t.tenant_id = …) AS t`, gives every `INSERT` the tenant's
//! column, and refuses whatever it does not know to be safe. The tenant is bound, never printed.
//!
//! [`TenantDb`] does so on sqlx's pools, [`Shards`] on several of them. Start with the [guide].

#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
pub mod admin;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
pub mod catalog;
pub mod dialect;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
pub mod error;
pub mod refused;
pub mod rewriter;
pub mod rls;
pub mod schema;
pub mod scoped;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
pub mod shards;

#[cfg(feature = "postgres")]
mod look;
mod rewrite;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
mod row;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
mod tenant_db;

#[cfg(any(feature = "sqlite", feature = "postgres"))]
#[doc = include_str!("../docs/guide.md")]
pub mod guide {}

#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
pub use self::admin::AdminDb;
pub use self::dialect::Dialect;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
pub use self::error::DbError;
pub use self::refused::{Reason, Refused};
pub use self::rewriter::Rewriter;
pub use self::schema::{Schema, SchemaError, TableName};
pub use self::scoped::{Bind, Kind, Scoped};
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
pub use self::shards::{ShardError, Shards, ShardsBuilder};
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
pub use self::tenant_db::{
    As, Backend, Plain, Query, Rows, Scalar, ScopedDb, Shape, TenantDb, TenantDbBuilder,
    TenantTransaction,
};
