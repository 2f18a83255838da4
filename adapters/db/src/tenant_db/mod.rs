//! sqlx pools on which a statement can be run for one tenant only.

mod backend;
mod builder;
mod lent;
mod query;
mod refusals;
mod rows;
mod scoped_db;
mod shape;
mod transaction;
mod values;

use std::fmt;
use std::sync::Arc;

use sqlx::Pool;
use tollgate::TenantId;

use self::refusals::Refusals;
use crate::{Refused, Rewriter, Schema, Scoped};

pub use self::backend::Backend;
pub use self::builder::TenantDbBuilder;
pub use self::query::Query;
pub use self::rows::Rows;
pub use self::scoped_db::ScopedDb;
pub use self::shape::{As, Plain, Scalar, Shape};
pub use self::transaction::TenantTransaction;

/// A database of many tenants, of which each is shown its own rows only.
///
/// It runs no statement itself: [`for_tenant`](Self::for_tenant) does, for one tenant, which is always named. There is no
/// ambient tenant, and no way from here to the pool. A clone is the same database.
///
/// ```
/// # async fn example(pool: sqlx::SqlitePool, tenant: tollgate::Tenant) -> Result<(), Box<dyn std::error::Error>> {
/// use tollgate_db::{Schema, TenantDb, catalog};
///
/// let schema = Schema::new().scoped("resources").shared("countries");
/// // At every start: is the database as declared?
/// for warning in catalog::check(&pool, &schema).await?.into_result()?.warnings() {
///     eprintln!("{warning}");
/// }
/// let db = TenantDb::builder(pool, schema).build()?;
///
/// let acme = db.for_tenant(&tenant);
/// let rows = acme
///     .query("SELECT id, name FROM resources WHERE status = ?")
///     .bind("active")
///     .fetch_all()
///     .await?;
/// # let _ = rows;
/// # Ok(())
/// # }
/// ```
pub struct TenantDb<DB: Backend> {
    inner: Arc<Inner<DB>>,
}

struct Inner<DB: Backend> {
    pool: Pool<DB>,
    rewriter: Rewriter,
    refusals: Refusals,
    alone: Alone,
    /// Whether connections keep statements prepared.
    kept: bool,
}

/// How a statement runs that is in no transaction of its caller's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "postgres"),
    expect(
        dead_code,
        reason = "only PostgreSQL has policies, and poolers by transaction"
    )
)]
enum Alone {
    /// As it is.
    Plain,
    /// In a transaction, so that all its messages reach one connection of the database.
    InTransaction,
    /// In a transaction that tells the database whose it is.
    ForTenant,
}

impl<DB: Backend> TenantDb<DB> {
    /// Scopes statements to `schema`, and runs them on `pool`.
    ///
    /// Nothing is compared with the database: [`catalog::check`](crate::catalog::check) is what does that, at every start.
    pub fn builder(pool: Pool<DB>, schema: Schema) -> TenantDbBuilder<DB> {
        TenantDbBuilder::new(pool, schema)
    }

    /// The database as `tenant` sees it: by its id, or by the engine's handle.
    pub fn for_tenant(&self, tenant: &impl AsRef<TenantId>) -> ScopedDb<DB> {
        ScopedDb::new(self.clone(), tenant.as_ref().clone())
    }

    fn rewrite(&self, sql: &str) -> Result<Arc<Scoped>, Refused> {
        let scoped = self.inner.rewriter.rewrite(sql);
        if let Err(refused) = &scoped {
            self.inner.refusals.note(sql, refused);
        }
        scoped
    }
}

impl<DB: Backend> Clone for TenantDb<DB> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<DB: Backend> fmt::Debug for TenantDb<DB> {
    /// Without the pool, whose options may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantDb")
            .field("rewriter", &self.inner.rewriter)
            .field("alone", &self.inner.alone)
            .finish_non_exhaustive()
    }
}
