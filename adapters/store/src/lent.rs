//! A connection that goes back to its pool only when its work is done.

use std::ops::{Deref, DerefMut};

use sqlx::pool::PoolConnection;
use sqlx::{Error, PgPool, Postgres};

/// A connection to PostgreSQL on loan.
///
/// If its user fails, or is dropped half-way, by a timeout say, it is closed. sqlx 0.9 would put it back, and if that happened while
/// `BEGIN` was under way, the next user would find itself in a transaction that nobody ends
/// (<https://github.com/transact-rs/sqlx/issues/4393>): what it writes is never committed, and its locks are never let
/// go.
#[derive(Debug)]
pub(crate) struct Lent {
    connection: PoolConnection<Postgres>,
    done: bool,
}

impl Lent {
    pub(crate) async fn from(pool: &PgPool) -> Result<Self, Error> {
        let connection = pool.acquire().await?;
        Ok(Self {
            connection,
            done: false,
        })
    }

    /// Gives it back. Whatever was begun on it has ended.
    pub(crate) fn give_back(mut self) {
        self.done = true;
    }
}

impl Deref for Lent {
    type Target = sqlx::PgConnection;

    fn deref(&self) -> &Self::Target {
        &self.connection
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.connection
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if !self.done {
            self.connection.close_on_drop();
        }
    }
}
