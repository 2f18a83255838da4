//! A connection that goes back to its pool only when nothing is open or under way on it.

use std::fmt;
use std::time::Duration;

use futures_core::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, Error, Pool, SqlSafeStr, SqlStr};

use super::backend::{Backend, Cut};
use crate::DbError;

/// How long a connection may take to roll back what was dropped, before it is closed instead.
const PATIENCE: Duration = Duration::from_secs(5);

/// A connection on loan, and what is open on it.
///
/// A future can be dropped wherever it waits: a request is cancelled, time is up, a stream is not read to its end. From
/// the moment that something is sent until its answer has been read, the connection is [`State::Busy`], and a busy
/// connection never goes back to the pool as it is. One with an open transaction goes back when it has been rolled back.
pub(crate) struct Lent<DB: Backend> {
    /// `None` only while it is dropped.
    link: Option<PoolConnection<DB>>,
    state: State,
    /// Levels of transactions: 1 is the transaction, the others are savepoints in it.
    depth: usize,
    /// A statement failed, and the database commits nothing of this transaction any more.
    aborted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Nothing is under way.
    Free,
    /// Something was sent, and its answer has not been read to the end.
    Busy,
    /// It can't be used any more.
    Broken,
}

impl<DB: Backend> Lent<DB> {
    pub(crate) async fn from(pool: &Pool<DB>) -> Result<Self, DbError> {
        let link = pool.acquire().await.map_err(DbError::Database)?;
        Ok(Self {
            link: Some(link),
            state: State::Free,
            depth: 0,
            aborted: false,
        })
    }

    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    /// Sends something, and reads its answer to the end.
    pub(crate) async fn run<T, F>(&mut self, what: F) -> Result<T, DbError>
    where
        F: for<'c> FnOnce(&'c mut DB::Connection) -> BoxFuture<'c, Result<T, Error>>,
    {
        let done = {
            let (link, state) = self.take_up()?;
            let done = what(link).await;
            *state = state_after(done.as_ref().err());
            done
        };
        if done.is_err() {
            self.note_failure();
        }
        done.map_err(DbError::Database)
    }

    async fn command(&mut self, sql: SqlStr) -> Result<(), DbError> {
        self.run(|link| DB::command(link, sql)).await
    }

    /// The connection, busy from now on; and where to say what becomes of that.
    pub(crate) fn take_up(&mut self) -> Result<(&mut DB::Connection, &mut State), DbError> {
        match (&mut self.link, self.state) {
            (Some(link), State::Free) => {
                self.state = State::Busy;
                Ok((link, &mut self.state))
            }
            (_, State::Free | State::Busy | State::Broken) => Err(DbError::Interrupted),
        }
    }

    /// A statement failed.
    pub(crate) fn note_failure(&mut self) {
        self.aborted |= DB::FAILURE_ABORTS && self.depth > 0;
    }

    /// Begins a transaction, by `begin`.
    pub(crate) async fn begin(&mut self, begin: SqlStr) -> Result<(), DbError> {
        self.command(begin).await?;
        self.depth = 1;
        Ok(())
    }

    /// Begins a savepoint on top of the levels that there are.
    pub(crate) async fn save(&mut self) -> Result<(), DbError> {
        let level = self.depth.saturating_add(1);
        self.command(savepoint("SAVEPOINT", level)).await?;
        self.depth = level;
        Ok(())
    }

    /// Ends level `level` and all above it, and keeps what was done.
    pub(crate) async fn commit(&mut self, level: usize) -> Result<(), DbError> {
        if self.aborted {
            self.roll_back(level).await?;
            return Err(DbError::Aborted);
        }
        self.roll_back(level.saturating_add(1)).await?;
        let sql = match level {
            1 => SqlStr::from_static("COMMIT"),
            _ => savepoint("RELEASE SAVEPOINT", level),
        };
        self.command(sql).await?;
        self.depth = level.saturating_sub(1);
        Ok(())
    }

    /// Ends the transaction, if one is open, and keeps what was done.
    pub(crate) async fn commit_all(&mut self) -> Result<(), DbError> {
        match self.depth {
            0 => Ok(()),
            _ => self.commit(1).await,
        }
    }

    /// Ends level `level` and all above it, and undoes what was done.
    pub(crate) async fn roll_back(&mut self, level: usize) -> Result<(), DbError> {
        if self.depth < level {
            return Ok(());
        }
        if level <= 1 {
            self.command(SqlStr::from_static("ROLLBACK")).await?;
        } else {
            self.command(savepoint("ROLLBACK TO SAVEPOINT", level))
                .await?;
            self.command(savepoint("RELEASE SAVEPOINT", level)).await?;
        }
        self.depth = level.saturating_sub(1);
        self.aborted = false;
        Ok(())
    }
}

fn savepoint(verb: &str, level: usize) -> SqlStr {
    AssertSqlSafe(format!("{verb} tollgate_{level}")).into_sql_str()
}

/// A failure that the database tells of leaves the connection in order; any other leaves it in nobody knows what.
pub(crate) fn state_after(error: Option<&Error>) -> State {
    match error {
        None | Some(Error::Database(_) | Error::RowNotFound) => State::Free,
        Some(_) => State::Broken,
    }
}

impl<DB: Backend> Drop for Lent<DB> {
    fn drop(&mut self) {
        let Some(mut link) = self.link.take() else {
            return;
        };
        match (self.state, self.depth) {
            (State::Free, 0) => drop(link),
            (State::Busy, _) if DB::CUT == Cut::Closes => link.close_on_drop(),
            (State::Free | State::Busy, _) => roll_back_later(link),
            (State::Broken, _) => link.close_on_drop(),
        }
    }
}

/// Goes on after the one who dropped it.
fn roll_back_later<DB: Backend>(link: PoolConnection<DB>) {
    let lent = Lent::<DB> {
        link: Some(link),
        // Unless it is said otherwise below: dropped as it is, it is closed.
        state: State::Broken,
        depth: 0,
        aborted: false,
    };
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        let _detached = runtime.spawn(roll_back_now(lent));
    }
}

async fn roll_back_now<DB: Backend>(mut lent: Lent<DB>) {
    let Some(link) = &mut lent.link else { return };
    let done = match DB::CUT {
        Cut::Closes => {
            let rollback = DB::command(link, SqlStr::from_static("ROLLBACK"));
            let done = tokio::time::timeout(PATIENCE, rollback).await;
            matches!(done, Ok(Ok(())))
        }
        Cut::RollsBack => roll_back_if_open::<DB>(link).await,
    };
    if done {
        lent.state = State::Free;
    }
    drop(lent);
}

/// What was cut off may or may not have begun a transaction. Afterwards there is none: otherwise a new one could not
/// begin.
async fn roll_back_if_open<DB: Backend>(link: &mut DB::Connection) -> bool {
    let _none_is_open = DB::command(link, SqlStr::from_static("ROLLBACK")).await;
    for sql in [DB::BEGIN, "ROLLBACK"] {
        if DB::command(link, SqlStr::from_static(sql)).await.is_err() {
            return false;
        }
    }
    true
}

impl<DB: Backend> fmt::Debug for Lent<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lent")
            .field("state", &self.state)
            .field("depth", &self.depth)
            .field("aborted", &self.aborted)
            .finish_non_exhaustive()
    }
}
