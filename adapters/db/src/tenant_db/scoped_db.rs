//! The database as one tenant sees it.

use std::fmt;

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};
use tollgate::TenantId;

use super::lent::Lent;
use super::query::{Query, Target};
use super::{Alone, As, Backend, Plain, Scalar, TenantDb, TenantTransaction};
use crate::DbError;

/// Where PostgreSQL's policies find the tenant.
pub(crate) const SETTING: &str = "app.tenant_id";

/// The rows of one tenant, as if there were no others.
///
/// Made by [`TenantDb::for_tenant`]. It borrows nothing and is cheap to clone: it goes into handlers and spawned tasks
/// by value.
///
/// Statements are `&'static str`; text that is put together at run time is wrapped in [`sqlx::AssertSqlSafe`], as sqlx
/// asks for. Whatever it holds, it reaches no other tenant's rows; but values from outside belong in `bind`, or they
/// can rewrite the statement within the tenant.
pub struct ScopedDb<DB: Backend> {
    db: TenantDb<DB>,
    tenant: TenantId,
}

impl<DB: Backend> ScopedDb<DB> {
    pub(crate) fn new(db: TenantDb<DB>, tenant: TenantId) -> Self {
        Self { db, tenant }
    }

    /// Whose rows these are.
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// A statement, and rows as the driver gives them.
    ///
    /// The first use of a text works out what it becomes, for some hundred microseconds; then that is remembered.
    pub fn query(&self, sql: impl SqlSafeStr) -> Query<'static, DB, Plain> {
        self.shaped(sql)
    }

    /// A statement, and each row as a `T`.
    pub fn query_as<T>(&self, sql: impl SqlSafeStr) -> Query<'static, DB, As<T>> {
        self.shaped(sql)
    }

    /// A statement, and the first column of each row as a `T`.
    pub fn query_scalar<T>(&self, sql: impl SqlSafeStr) -> Query<'static, DB, Scalar<T>> {
        self.shaped(sql)
    }

    fn shaped<S>(&self, sql: impl SqlSafeStr) -> Query<'static, DB, S> {
        Query::new(Target::Pool(self.clone()), self, sql)
    }

    /// Begins a transaction, in which everything is this tenant's.
    ///
    /// # Errors
    /// If no connection is to be had, or the database fails.
    pub async fn begin(&self) -> Result<TenantTransaction<'static, DB>, DbError> {
        self.begin_as(DB::BEGIN).await
    }

    async fn begin_as(
        &self,
        begin: &'static str,
    ) -> Result<TenantTransaction<'static, DB>, DbError> {
        let mut lent = Lent::from(&self.db.inner.pool).await?;
        lent.begin(self.beginning(begin)).await?;
        Ok(TenantTransaction::new(self.clone(), lent))
    }

    /// A connection for one statement, and if need be in a transaction for it alone.
    pub(crate) async fn lend(&self) -> Result<Lent<DB>, DbError> {
        let mut lent = Lent::from(&self.db.inner.pool).await?;
        if self.db.inner.alone != Alone::Plain {
            lent.begin(self.beginning(DB::BEGIN)).await?;
        }
        Ok(lent)
    }

    /// What begins a transaction of this tenant's: one message, and thus one round trip.
    fn beginning(&self, begin: &'static str) -> SqlStr {
        match self.db.inner.alone {
            Alone::Plain | Alone::InTransaction => SqlStr::from_static(begin),
            Alone::ForTenant => {
                // An id has no quotes in it; this does not rely on that.
                let tenant = self.tenant.as_str().replace('\'', "''");
                let sql = format!("{begin}; SELECT set_config('{SETTING}', '{tenant}', true)");
                AssertSqlSafe(sql).into_sql_str()
            }
        }
    }

    pub(crate) fn db(&self) -> &TenantDb<DB> {
        &self.db
    }

    pub(crate) fn keeps_statements(&self) -> bool {
        self.db.inner.kept
    }
}

#[cfg(feature = "sqlite")]
impl ScopedDb<sqlx::Sqlite> {
    /// Begins a transaction that is going to write, and waits for its turn now.
    ///
    /// SQLite has one writer at a time. A transaction that reads first and then writes can fail in its middle, at once
    /// and however long the busy timeout is, because somebody else has written meanwhile.
    ///
    /// # Errors
    /// If no connection is to be had, or the database stays busy for longer than the busy timeout.
    pub async fn begin_immediate(
        &self,
    ) -> Result<TenantTransaction<'static, sqlx::Sqlite>, DbError> {
        self.begin_as("BEGIN IMMEDIATE").await
    }
}

#[cfg(feature = "postgres")]
impl ScopedDb<sqlx::Postgres> {
    /// Begins a transaction that is as if it were alone in the database, or fails with an error that
    /// [`is_transient`](DbError::is_transient): then it is to be tried again from its start.
    ///
    /// # Errors
    /// If no connection is to be had, or the database fails.
    pub async fn begin_serializable(
        &self,
    ) -> Result<TenantTransaction<'static, sqlx::Postgres>, DbError> {
        self.begin_as("BEGIN ISOLATION LEVEL SERIALIZABLE").await
    }
}

impl<DB: Backend> Clone for ScopedDb<DB> {
    fn clone(&self) -> Self {
        Self::new(self.db.clone(), self.tenant.clone())
    }
}

impl<DB: Backend> fmt::Debug for ScopedDb<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedDb")
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}
