//! Hears of changes from SQLite: `PRAGMA data_version` moves whenever another connection commits, in this process or another.
//!
//! It costs no read of the file beyond a few bytes of its header or its log, on a connection of its own that never
//! writes, so that every writer is another.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection, SqlitePool};
use tokio::time::sleep;

use crate::backend::Answer;
use crate::error::StoreError;
use crate::feed::{Ear, Opening, Signals};
use crate::source::health::FeedMode;

/// Notices of a SQLite database.
pub(crate) struct SqliteSignals {
    pub(crate) pool: SqlitePool,
    /// How often the database is looked at.
    pub(crate) every: Duration,
}

impl Signals for SqliteSignals {
    fn open(&self) -> Opening {
        let options = SqliteConnectOptions::clone(&self.pool.connect_options());
        let every = self.every;
        Box::pin(async move {
            // A database in the memory of one connection has no other: then there is nothing to look at.
            let own = options.get_filename() == Path::new(":memory:");
            let connection = if own {
                None
            } else {
                let options = options.create_if_missing(false);
                let connection = SqliteConnection::connect_with(&options).await;
                Some(connection.map_err(failed)?)
            };
            let mut ear = SqliteEar {
                connection,
                every,
                seen: None,
            };
            ear.seen = ear.version().await?;
            let ear: Box<dyn Ear> = Box::new(ear);
            Ok(ear)
        })
    }
}

struct SqliteEar {
    connection: Option<SqliteConnection>,
    every: Duration,
    seen: Option<i64>,
}

impl SqliteEar {
    async fn version(&mut self) -> Result<Option<i64>, StoreError> {
        let Some(connection) = &mut self.connection else {
            return Ok(None);
        };
        let version = sqlx::query_scalar("PRAGMA data_version").fetch_one(connection);
        version.await.map(Some).map_err(failed)
    }
}

impl Ear for SqliteEar {
    fn heard(&mut self) -> Answer<'_, ()> {
        Box::pin(async {
            loop {
                sleep(self.every).await;
                let version = self.version().await?;
                if version.is_none() || version != self.seen {
                    self.seen = version;
                    return Ok(());
                }
            }
        })
    }

    fn check(&mut self) -> Answer<'_, ()> {
        Box::pin(async { self.version().await.map(drop) })
    }

    fn mode(&self) -> FeedMode {
        FeedMode::Polling
    }
}

fn failed(cause: sqlx::Error) -> StoreError {
    let doing = "looking for changes";
    StoreError::Database { doing, cause }
}
