//! Connections of the store's own, for those who have none yet.

use std::time::Duration;

use crate::error::{StoreError, is_contention};
use crate::store::TenantStore;
use crate::store::database::Database;

const CONNECTING: &str = "connecting";
const CONNECTIONS: u32 = 8;
/// How long a connection of SQLite waits for its turn at a stretch. It can't be called back from that: who has given up
/// would keep it from the others. So it is short, and the store tries again.
#[cfg(feature = "sqlite")]
const BUSY: Duration = Duration::from_millis(50);
const PAUSE: Duration = Duration::from_millis(10);

impl TenantStore {
    /// Connects to `sqlite:FILE`, `sqlite::memory:` or `postgres://USER:PASSWORD@HOST/DATABASE`.
    ///
    /// - SQLite: the file is made if it is missing; write-ahead log, so that readers and a writer don't wait for
    ///   one another.
    /// - PostgreSQL: statements end after 2 s on the server as well, so that none outlives the patience of its caller.
    ///   TLS needs the feature `tls`.
    ///
    /// Up to 8 connections. Whoever wants others brings a pool: [`sqlite`](Self::sqlite),
    /// [`postgres`](Self::postgres).
    ///
    /// # Errors
    /// [`StoreError::Url`], or that the database can't be reached: then nothing goes on trying.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::connect_within(url, Self::DEFAULT_TIMEOUT).await
    }

    /// The same with another bound in all places: for connecting, for statements on the server, and for each call.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn connect_within(url: &str, timeout: Duration) -> Result<Self, StoreError> {
        let opening = async {
            loop {
                match open(url, timeout).await {
                    // Several processes that begin a write-ahead log at once get in one another's way.
                    Err(StoreError::Database { cause, .. }) if is_contention(&cause) => {
                        tokio::time::sleep(PAUSE).await;
                    }
                    other => return other,
                }
            }
        };
        match tokio::time::timeout(timeout, opening).await {
            Ok(database) => Ok(Self::over(database?, timeout)),
            Err(_) => Err(StoreError::TimedOut {
                doing: CONNECTING,
                limit: timeout,
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
        Some(_) | None => Err(StoreError::Url {
            problem: format!("must begin with {SCHEMES}"),
        }),
    }
}

const SCHEMES: &str = match (cfg!(feature = "sqlite"), cfg!(feature = "postgres")) {
    (true, true) => "sqlite: or postgres:",
    (true, false) => "sqlite: (for postgres: this build lacks the feature)",
    (false, _) => "postgres: (for sqlite: this build lacks the feature)",
};

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
    let options = options.create_if_missing(true).busy_timeout(BUSY);
    let in_memory = url.contains(":memory:") || url.contains("mode=memory");
    if !in_memory && options.get_filename().as_os_str().is_empty() {
        // For SQLite that is a database of each connection's own, gone with it.
        return Err(StoreError::Url {
            problem: "names no file".to_owned(),
        });
    }
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
