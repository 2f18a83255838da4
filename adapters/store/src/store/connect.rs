//! Connections of the store's own, for those who have none yet.

use std::time::Duration;

use crate::error::StoreError;
use crate::store::TenantStore;
use crate::store::database::Database;

const CONNECTING: &str = "connecting";
const CONNECTIONS: u32 = 8;

impl TenantStore {
    /// Connects to `sqlite:FILE`, `sqlite::memory:` or `postgres://USER:PASSWORD@HOST/DATABASE`.
    ///
    /// - SQLite: the file is made if it is missing; write-ahead log, so that readers and a writer don't wait for
    ///   one another; a writer waits up to 2 s for another.
    /// - PostgreSQL: statements end after 2 s on the server as well, so that none outlives the patience of its caller.
    ///   TLS needs one of sqlx's features for it, such as `tls-rustls-aws-lc-rs`, turned on by the service itself.
    ///
    /// Up to 8 connections. Whoever wants others brings a pool: [`sqlite`](Self::sqlite),
    /// [`postgres`](Self::postgres).
    ///
    /// # Errors
    /// [`StoreError::Url`], or that the database can't be reached: then nothing goes on trying.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        let limit = Self::DEFAULT_TIMEOUT;
        match tokio::time::timeout(limit, open(url, limit)).await {
            Ok(database) => database.map(Self::over),
            Err(_) => Err(StoreError::TimedOut {
                doing: CONNECTING,
                limit,
            }),
        }
    }
}

async fn open(url: &str, limit: Duration) -> Result<Database, StoreError> {
    match url.split_once(':').map(|(scheme, _)| scheme) {
        #[cfg(feature = "sqlite")]
        Some("sqlite") => sqlite(url, limit).await,
        #[cfg(feature = "postgres")]
        Some("postgres" | "postgresql") => postgres(url, limit).await,
        #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
        Some("sqlite" | "postgres" | "postgresql") => Err(StoreError::Url {
            problem: "this build of tollgate-store has no driver for it: see its features".into(),
        }),
        Some(_) | None => Err(StoreError::Url {
            problem: "must begin with sqlite: or postgres:".to_owned(),
        }),
    }
}

/// The driver's words about a URL, of which it quotes nothing.
fn refused(error: &sqlx::Error) -> StoreError {
    StoreError::Url {
        problem: error.to_string(),
    }
}

#[cfg(feature = "sqlite")]
async fn sqlite(url: &str, limit: Duration) -> Result<Database, StoreError> {
    use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};

    let options: SqliteConnectOptions = url.parse().map_err(|error| refused(&error))?;
    let options = options.create_if_missing(true).busy_timeout(limit);
    let in_memory = url.contains(":memory:") || url.contains("mode=memory");
    let pool = SqlitePoolOptions::new().acquire_timeout(limit);
    let (pool, options) = if in_memory {
        // The database lives as long as its one connection.
        let pool = pool
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None);
        (pool, options)
    } else {
        let pool = pool.max_connections(CONNECTIONS);
        (pool, options.journal_mode(SqliteJournalMode::Wal))
    };
    let pool = pool.connect_with(options).await;
    pool.map(Database::Sqlite)
        .map_err(crate::store::failed(CONNECTING))
}

#[cfg(feature = "postgres")]
async fn postgres(url: &str, limit: Duration) -> Result<Database, StoreError> {
    use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

    let options: PgConnectOptions = url.parse().map_err(|error| refused(&error))?;
    let bound = format!("{}ms", limit.as_millis());
    let options = options
        .options([("statement_timeout", &bound)])
        .application_name("tollgate");
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(limit);
    let pool = pool.connect_with(options).await;
    pool.map(Database::Postgres)
        .map_err(crate::store::failed(CONNECTING))
}
