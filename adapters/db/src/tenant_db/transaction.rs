//! Several statements of one tenant's, all or none.

use std::fmt;

use sqlx::SqlSafeStr;
use tollgate::TenantId;

use super::lent::Lent;
use super::query::{Query, Target};
use super::{As, Backend, Plain, Scalar, ScopedDb};
use crate::DbError;

/// A transaction in which everything is one tenant's; or a savepoint in such a transaction.
///
/// Rolled back if it is dropped. Begun by [`ScopedDb::begin`].
///
/// ```
/// # async fn example(acme: tollgate_db::ScopedDb<sqlx::Sqlite>) -> Result<(), tollgate_db::DbError> {
/// let mut tx = acme.begin().await?;
/// tx.query("INSERT INTO resources (name) VALUES (?)").bind("first").execute().await?;
///
/// let mut attempt = tx.begin().await?;
/// attempt.query("UPDATE resources SET name = ?").bind("second").execute().await?;
/// attempt.rollback().await?;
///
/// tx.commit().await
/// # }
/// ```
///
/// # Cancellation
/// If a statement's future is dropped half-way, nobody knows whether it was done. From then on everything in this
/// transaction is [`DbError::Interrupted`], and it is rolled back.
#[must_use = "dropped, it is rolled back"]
pub struct TenantTransaction<'t, DB: Backend> {
    scope: ScopedDb<DB>,
    lent: Held<'t, DB>,
    level: usize,
}

enum Held<'t, DB: Backend> {
    Whole(Lent<DB>),
    Savepoint(&'t mut Lent<DB>),
}

impl<DB: Backend> Held<'_, DB> {
    fn lent(&mut self) -> &mut Lent<DB> {
        match self {
            Self::Whole(lent) => lent,
            Self::Savepoint(lent) => lent,
        }
    }
}

impl<DB: Backend> TenantTransaction<'_, DB> {
    pub(crate) fn new(scope: ScopedDb<DB>, lent: Lent<DB>) -> Self {
        Self {
            scope,
            level: lent.depth(),
            lent: Held::Whole(lent),
        }
    }

    /// Whose transaction it is.
    pub fn tenant(&self) -> &TenantId {
        self.scope.tenant()
    }

    /// A statement, and rows as the driver gives them.
    pub fn query(&mut self, sql: impl SqlSafeStr) -> Query<'_, DB, Plain> {
        self.shaped(sql)
    }

    /// A statement, and each row as a `T`.
    pub fn query_as<T>(&mut self, sql: impl SqlSafeStr) -> Query<'_, DB, As<T>> {
        self.shaped(sql)
    }

    /// A statement, and the first column of each row as a `T`.
    pub fn query_scalar<T>(&mut self, sql: impl SqlSafeStr) -> Query<'_, DB, Scalar<T>> {
        self.shaped(sql)
    }

    fn shaped<S>(&mut self, sql: impl SqlSafeStr) -> Query<'_, DB, S> {
        let target = Target::Transaction(self.lent.lent(), self.level);
        Query::new(target, &self.scope, sql)
    }

    /// Begins a savepoint: a part that can be rolled back alone.
    ///
    /// # Errors
    /// If the database fails, or this transaction was interrupted.
    pub async fn begin(&mut self) -> Result<TenantTransaction<'_, DB>, DbError> {
        let level = self.level.saturating_add(1);
        let lent = self.lent.lent();
        // One that was dropped stands open until now.
        lent.roll_back(level).await?;
        lent.save().await?;
        Ok(TenantTransaction {
            scope: self.scope.clone(),
            lent: Held::Savepoint(lent),
            level,
        })
    }

    /// Keeps what was done: of a transaction for good, of a savepoint if the transaction is committed.
    ///
    /// # Errors
    /// If the database fails, a statement was interrupted, or on PostgreSQL one has failed ([`DbError::Aborted`]).
    /// Nothing is kept then, unless the way to the database was lost during the commit: then nobody knows.
    pub async fn commit(mut self) -> Result<(), DbError> {
        self.lent.lent().commit(self.level).await
    }

    /// Undoes what was done.
    ///
    /// # Errors
    /// If the database fails or a statement was interrupted. It is undone all the same: the connection is given up.
    pub async fn rollback(mut self) -> Result<(), DbError> {
        self.lent.lent().roll_back(self.level).await
    }
}

impl<DB: Backend> fmt::Debug for TenantTransaction<'_, DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantTransaction")
            .field("tenant", self.scope.tenant())
            .field("level", &self.level)
            .finish_non_exhaustive()
    }
}
