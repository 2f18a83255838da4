//! One statement of one tenant's: its values, and how its rows are fetched.

use std::fmt;
use std::marker::PhantomData;

use futures_core::future::BoxFuture;
use sqlx::{Encode, Error, SqlSafeStr, Type};

use super::backend::Ready;
use super::lent::Lent;
use super::rows::Rows;
use super::values::Values;
use super::{Backend, Plain, ScopedDb, Shape};
use crate::DbError;

/// A statement that is scoped to one tenant.
///
/// Made by [`ScopedDb::query`] and its like, on the pool; or by [`TenantTransaction::query`](crate::TenantTransaction)
/// and its like, in a transaction. Nothing happens until it is executed or fetched: a statement that was refused, or
/// given too many values, says so then, without asking the database.
///
/// # Cancellation
/// Any of the futures can be dropped at any time. What was under way may or may not be done; nothing of it, be it a
/// transaction or a setting, is left to the next user of the connection. On PostgreSQL and MySQL the connection is
/// closed for that.
#[must_use = "it does nothing until it is executed or fetched"]
pub struct Query<'t, DB: Backend, S = Plain> {
    target: Target<'t, DB>,
    values: Result<Values<DB>, DbError>,
    kept: bool,
    shape: PhantomData<fn() -> S>,
}

/// Where a statement runs.
pub(crate) enum Target<'t, DB: Backend> {
    /// On a connection of its own.
    Pool(ScopedDb<DB>),
    /// On one that is in a transaction, at this level of it.
    Transaction(&'t mut Lent<DB>, usize),
}

impl<'t, DB: Backend, S> Query<'t, DB, S> {
    pub(crate) fn new(target: Target<'t, DB>, scope: &ScopedDb<DB>, sql: impl SqlSafeStr) -> Self {
        let scoped = scope.db().rewrite(sql.into_sql_str().as_str());
        let values = scoped.map(|scoped| Values::of(scoped, scope.tenant().clone()));
        Self {
            target,
            values: values.map_err(DbError::Refused),
            kept: scope.keeps_statements(),
            shape: PhantomData,
        }
    }

    /// The next value: for the first `?` or `$1`, then the second, and so on, as if the tenant's were not there.
    pub fn bind<'v, T>(mut self, value: T) -> Self
    where
        T: Encode<'v, DB> + Type<DB>,
    {
        if let Ok(values) = &mut self.values {
            values.push(value);
        }
        self
    }

    fn ready(self) -> Result<(Target<'t, DB>, Ready<DB>), DbError> {
        let ready = self.values?.finish(self.kept)?;
        Ok((self.target, ready))
    }
}

impl<DB: Backend> Query<'_, DB, Plain> {
    /// Runs it, and says how many rows it changed.
    ///
    /// # Errors
    /// If the statement is refused, its values are too few or too many, or the database fails.
    pub async fn execute(self) -> Result<DB::QueryResult, DbError> {
        let (target, ready) = self.ready()?;
        run(target, |link| DB::execute(link, ready)).await
    }
}

impl<'t, DB: Backend, S: Shape<DB>> Query<'t, DB, S> {
    /// All rows, in memory.
    ///
    /// # Errors
    /// If the statement is refused, its values are too few or too many, the database fails, or a row is of another type.
    pub async fn fetch_all(self) -> Result<Vec<S::Output>, DbError> {
        let (target, ready) = self.ready()?;
        let rows = run(target, |link| DB::fetch_all(link, ready)).await?;
        let shaped = rows.into_iter().map(S::of).collect::<Result<_, _>>();
        shaped.map_err(DbError::Database)
    }

    /// The first row.
    ///
    /// # Errors
    /// If there is none ([`DbError::is_row_not_found`]), the statement is refused, its values are too few or too many,
    /// the database fails, or the row is of another type.
    pub async fn fetch_one(self) -> Result<S::Output, DbError> {
        let row = self.fetch_optional().await?;
        row.ok_or(DbError::Database(Error::RowNotFound))
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// If the statement is refused, its values are too few or too many, the database fails, or the row is of another type.
    pub async fn fetch_optional(self) -> Result<Option<S::Output>, DbError> {
        let (target, ready) = self.ready()?;
        let row = run(target, |link| DB::fetch_optional(link, ready)).await?;
        row.map(S::of).transpose().map_err(DbError::Database)
    }

    /// The rows as they come. The connection, and the transaction if the statement has one of its own, is kept until
    /// the stream ends or is dropped.
    ///
    /// Outside of a transaction, what a writing statement (`INSERT … RETURNING`) has done is certain only when the
    /// stream has ended.
    pub fn fetch(self) -> Rows<'t, S::Output>
    where
        S: 't,
        S::Output: 't,
    {
        Rows::of::<DB, S>(self.ready())
    }
}

async fn run<DB, T, F>(target: Target<'_, DB>, what: F) -> Result<T, DbError>
where
    DB: Backend,
    F: for<'c> FnOnce(&'c mut DB::Connection) -> BoxFuture<'c, Result<T, Error>>,
{
    match target {
        Target::Pool(scope) => {
            let mut lent = scope.lend().await?;
            let done = lent.run(what).await?;
            lent.commit_all().await?;
            Ok(done)
        }
        Target::Transaction(lent, level) => {
            lent.roll_back(level.saturating_add(1)).await?;
            lent.run(what).await
        }
    }
}

impl<DB: Backend, S> fmt::Debug for Query<'_, DB, S> {
    /// Without the values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query")
            .field("values", &self.values)
            .finish_non_exhaustive()
    }
}
