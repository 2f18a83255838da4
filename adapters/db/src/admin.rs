//! The way to all rows of all tenants, which is taken on purpose or not at all.

use std::fmt;

use sqlx::{Database, Pool};

/// A database as it is: no statement is scoped.
///
/// For what a tenant never does: migrations, reports over all tenants, moving a tenant elsewhere. It is made from a pool
/// and from nothing else, so that nobody who holds a [`TenantDb`](crate::TenantDb) or a
/// [`ScopedDb`](crate::ScopedDb) can get at it. With row-level security it needs a pool of another role: one that the
/// policies let through.
///
/// ```
/// # async fn example(pool: sqlx::SqlitePool) -> Result<(), sqlx::Error> {
/// use tollgate_db::AdminDb;
///
/// let admin = AdminDb::new(pool);
/// let all = sqlx::query("SELECT tenant_id, name FROM resources").fetch_all(admin.pool()).await?;
/// # Ok(())
/// # }
/// ```
pub struct AdminDb<DB: Database> {
    pool: Pool<DB>,
}

impl<DB: Database> AdminDb<DB> {
    /// Everything that `pool`'s user may see and do.
    pub fn new(pool: Pool<DB>) -> Self {
        Self { pool }
    }

    /// The pool, for statements that are not scoped.
    pub fn pool(&self) -> &Pool<DB> {
        &self.pool
    }
}

impl<DB: Database> Clone for AdminDb<DB> {
    fn clone(&self) -> Self {
        Self::new(self.pool.clone())
    }
}

impl<DB: Database> fmt::Debug for AdminDb<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdminDb").finish_non_exhaustive()
    }
}
