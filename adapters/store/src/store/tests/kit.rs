//! A database for one test, and a second program that writes it.

use std::path::PathBuf;
use std::time::Duration;

#[cfg(feature = "sqlite")]
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, Executor};
use tollgate::{TenantConfig, TenantId};

use crate::store::database::{Database, Record, Statement};
use crate::store::{By, Dialect, TenantStore};

/// As the seed's guide has it, to the letter.
pub(super) const SEED: &str = "CREATE TABLE tenants (
    id VARCHAR(255) PRIMARY KEY,
    quota_requests_per_minute INT DEFAULT 0,
    quota_tokens_per_minute INT DEFAULT 0,
    allowed_models TEXT,  -- JSON array
    allowed_tools TEXT,   -- JSON array
    metadata TEXT,        -- JSON object
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);";

/// The machine that runs the tests may be slow; no test waits for this bound.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) struct Kit {
    pub(super) store: TenantStore,
    pub(super) url: String,
    /// The second program's own connection, which waits for its turn as long as it takes.
    foreign: Database,
    folder: Option<PathBuf>,
}

impl Kit {
    /// An empty database in a file.
    #[cfg(feature = "sqlite")]
    pub(super) async fn sqlite() -> Self {
        use std::sync::atomic::{AtomicU64, Ordering};

        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!(
            "tollgate-store-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).unwrap();
        let url = format!("sqlite:{}/tollgate.db", folder.display());
        let options: SqliteConnectOptions = url.parse().unwrap();
        let options = options.create_if_missing(true).busy_timeout(PATIENCE);
        let foreign = Database::Sqlite(
            SqlitePoolOptions::new()
                .max_connections(1)
                .connect_lazy_with(options),
        );
        Self::at(url, foreign, Some(folder)).await
    }

    /// An empty database on the server that these tests share.
    #[cfg(feature = "postgres")]
    pub(super) async fn postgres() -> Self {
        let create = || throwaway::Postgres::shared()?.create_database();
        let url = tokio::task::spawn_blocking(create).await.unwrap().unwrap();
        let foreign = Database::Postgres(sqlx::PgPool::connect_lazy(&url).unwrap());
        Self::at(url, foreign, None).await
    }

    /// The same on a server on which nothing else happens. It goes with the second value.
    #[cfg(feature = "postgres")]
    pub(super) async fn postgres_alone() -> (Self, throwaway::Postgres) {
        let start = tokio::task::spawn_blocking(throwaway::Postgres::start);
        let server = start.await.unwrap().unwrap();
        let url = server.url();
        let foreign = Database::Postgres(sqlx::PgPool::connect_lazy(&url).unwrap());
        (Self::at(url, foreign, None).await, server)
    }

    async fn at(url: String, foreign: Database, folder: Option<PathBuf>) -> Self {
        Self {
            store: open(&url).await,
            url,
            foreign,
            folder,
        }
    }

    pub(super) async fn migrated(self) -> Self {
        self.store.migrate().await.unwrap();
        self
    }

    /// Another process's store over the same database.
    pub(super) async fn another(&self) -> TenantStore {
        open(&self.url).await
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.store.dialect()
    }

    /// What a program does that knows nothing of tollgate.
    pub(super) async fn sql(&self, text: &str) {
        self.try_sql(text).await.unwrap();
    }

    pub(super) async fn try_sql(&self, text: &str) -> Result<(), sqlx::Error> {
        let text = sqlx::raw_sql(AssertSqlSafe(text.to_owned()));
        match &self.foreign {
            #[cfg(feature = "sqlite")]
            Database::Sqlite(pool) => pool.execute(text).await.map(drop),
            #[cfg(feature = "postgres")]
            Database::Postgres(pool) => pool.execute(text).await.map(drop),
        }
    }

    pub(super) async fn rows(&self, text: &str) -> Vec<Record> {
        self.store
            .database()
            .rows(Statement::new(text))
            .await
            .unwrap()
    }

    /// The one cell of the one row.
    pub(super) async fn cell(&self, text: &str) -> String {
        self.rows(text).await[0].text(0).unwrap().to_owned()
    }
}

impl Drop for Kit {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            drop(std::fs::remove_dir_all(folder));
        }
    }
}

async fn open(url: &str) -> TenantStore {
    TenantStore::connect_within(url, PATIENCE).await.unwrap()
}

pub(super) fn id(text: &str) -> TenantId {
    text.parse().unwrap()
}

pub(super) fn acme(requests: u64) -> TenantConfig {
    TenantConfig::new(id("acme")).requests_per_minute(requests)
}

pub(super) fn alice() -> By {
    By::new("alice")
}
