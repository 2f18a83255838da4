//! The service's own data, beside the tenants: in the same database, in tables of its own.

use std::error::Error;
use std::time::Duration;

use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{PgPool, SqlitePool};
use tollgate_db::{AdminDb, Schema, TenantDb, catalog};

/// How long a request waits for a connection, and one of SQLite for its turn to write.
const PATIENCE: Duration = Duration::from_secs(2);
const CONNECTIONS: u32 = 8;

/// The same for both databases. Keys begin with the tenant: that is how everything is looked up, and no relation can
/// reach into another tenant.
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS resources (
    id TEXT NOT NULL,
    tenant_id TEXT NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE IF NOT EXISTS relations (
    tenant_id TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    related_id TEXT NOT NULL,
    PRIMARY KEY (tenant_id, resource_id, related_id),
    FOREIGN KEY (tenant_id, resource_id) REFERENCES resources (tenant_id, id),
    FOREIGN KEY (tenant_id, related_id) REFERENCES resources (tenant_id, id)
);";

/// PostgreSQL makes tables in one process at a time only if it is asked to. All statements are one transaction.
const ONE_AT_A_TIME: &str = "SELECT pg_advisory_xact_lock(7465820);";

/// One of the two kinds of database.
#[derive(Debug)]
pub(crate) enum Database {
    Sqlite(Access<sqlx::Sqlite>),
    Postgres(Access<sqlx::Postgres>),
}

/// The two ways to the data: what handlers of tenants get at, and what those of operators do.
#[derive(Debug)]
pub(crate) struct Access<DB: tollgate_db::Backend> {
    pub(crate) tenants: TenantDb<DB>,
    pub(crate) admin: AdminDb<DB>,
}

/// What tenants may touch: their resources, and how they are related. Everything else is out of their reach, the table of tenants too.
fn schema() -> Schema {
    Schema::new().scoped("resources").scoped("relations")
}

impl Database {
    /// The database at `url`, with the tables that the service needs, after a look whether they are what the schema says.
    pub(crate) async fn open(url: &str) -> Result<Self, Box<dyn Error>> {
        if url.starts_with("sqlite:") {
            let pool = sqlite(url).await?;
            sqlx::raw_sql(TABLES).execute(&pool).await?;
            warn_of(&catalog::check(&pool, &schema()).await?.into_result()?);
            let tenants = TenantDb::builder(pool.clone(), schema()).build()?;
            let admin = AdminDb::new(pool);
            Ok(Self::Sqlite(Access { tenants, admin }))
        } else {
            let pool = postgres(url).await?;
            let migration = sqlx::AssertSqlSafe(format!("{ONE_AT_A_TIME}{TABLES}"));
            sqlx::raw_sql(migration).execute(&pool).await?;
            warn_of(&catalog::check(&pool, &schema()).await?.into_result()?);
            let tenants = TenantDb::builder(pool.clone(), schema()).build()?;
            let admin = AdminDb::new(pool);
            Ok(Self::Postgres(Access { tenants, admin }))
        }
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(access) => access.admin.pool().close().await,
            Self::Postgres(access) => access.admin.pool().close().await,
        }
    }
}

/// What the owner of the database should know, though the service can start.
fn warn_of(report: &catalog::Report) {
    for warning in report.warnings() {
        tracing::warn!("{warning}");
    }
}

async fn sqlite(url: &str) -> Result<SqlitePool, sqlx::Error> {
    let options: SqliteConnectOptions = url.parse()?;
    let options = options.create_if_missing(true).busy_timeout(PATIENCE);
    let pool = SqlitePoolOptions::new().acquire_timeout(PATIENCE);
    if url.contains(":memory:") {
        // It lives as long as its one connection.
        let pool = pool.max_connections(1).idle_timeout(None);
        return pool.max_lifetime(None).connect_with(options).await;
    }
    pool.max_connections(CONNECTIONS)
        .connect_with(options.journal_mode(SqliteJournalMode::Wal))
        .await
}

async fn postgres(url: &str) -> Result<PgPool, sqlx::Error> {
    PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(PATIENCE)
        .connect(url)
        .await
}
