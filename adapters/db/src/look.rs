//! A transaction that looks into PostgreSQL's catalog, changes nothing, and leaves nothing behind.

use sqlx::pool::PoolConnection;
use sqlx::{Error, Executor, PgConnection, PgPool, Postgres};

/// One connection for all that is asked, also behind a pooler that gives each transaction another.
///
/// If its user fails, or is dropped half-way, the connection is closed: what was set in it is nobody else's.
#[derive(Debug)]
pub(crate) struct Look {
    connection: PoolConnection<Postgres>,
    done: bool,
}

impl Look {
    pub(crate) async fn begin(pool: &PgPool) -> Result<Self, Error> {
        let mut look = Self {
            connection: pool.acquire().await?,
            done: false,
        };
        look.connection().execute("BEGIN READ ONLY").await?;
        Ok(look)
    }

    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }

    pub(crate) async fn end(mut self) -> Result<(), Error> {
        self.connection().execute("ROLLBACK").await?;
        self.done = true;
        Ok(())
    }
}

impl Drop for Look {
    fn drop(&mut self) {
        if !self.done {
            self.connection.close_on_drop();
        }
    }
}
