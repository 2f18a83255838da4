//! Tenant configs in the table `tenants` of SQLite or PostgreSQL.

mod backend;
mod busiest;
mod cells;
mod changes;
mod connect;
pub(crate) mod database;
mod history;
pub(crate) mod migrate;
mod page;
mod read;
mod row;
mod shape;
mod stamps;
mod terms;
mod write;

#[cfg(test)]
mod tests;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

pub use self::database::Dialect;
pub use self::history::{History, Revision, Snapshot};
pub use self::migrate::migration_sql;
pub use self::page::{Filter, Listed, Page, Stored};
pub use self::terms::{By, Expected};
use crate::error::{StoreError, is_contention};
use crate::store::changes::Lull;
use crate::store::database::Database;
use crate::store::shape::{Known, Shape};
use crate::store::stamps::Stamps;

/// Tenant configs in a database that the service has already: the table `tenants` of SQLite or PostgreSQL.
///
/// Clones share the connections. Every call asks the database: what asks per request is a cache above it.
///
/// # The table
/// A table that was made by this SQL is read and written as it stands, by other programs as well:
/// ```sql
/// CREATE TABLE tenants (
///     id VARCHAR(255) PRIMARY KEY,
///     quota_requests_per_minute INT DEFAULT 0,
///     quota_tokens_per_minute INT DEFAULT 0,
///     allowed_models TEXT,  -- JSON array
///     allowed_tools TEXT,   -- JSON array
///     metadata TEXT,        -- JSON object
///     created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
///     updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
/// );
/// ```
/// NULL and empty text are the default of their column; times are UTC. Whatever a config has beyond these columns —
/// further limits, a parent, a status, methods, paths, features — and versions and a history need the columns that
/// [`migrate`](Self::migrate) adds, and are refused without them. It may be called at any time, by several
/// processes at once; who has the table open notices within a second.
///
/// # Versions
/// In a migrated table every write to a tenant, whoever makes it, gives it a version above all before, and so does its
/// removal; they begin at the time of the migration in microseconds. In a plain one a version is made when a row is read: the time in microseconds at which its content was first
/// seen by this store. It grows with every change that is seen, and other processes see others.
///
/// # Errors
/// Every call ends within [`timeout`](Self::timeout), 2 s unless another bound is set, with
/// [`StoreError::TimedOut`] if the database has not answered by then. A write that timed out may have been done.
///
/// # Examples
/// ```
/// use tollgate::TenantConfig;
/// use tollgate_store::{By, TenantStore};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = TenantStore::connect("sqlite::memory:").await?;
/// store.migrate().await?;
///
/// let acme = TenantConfig::new("acme-corp".parse()?).requests_per_minute(100);
/// let version = store.set(&acme, &By::new("alice")).await?;
///
/// let found = store.get(&acme.tenant_id).await?.ok_or("gone")?;
/// assert_eq!((found.config, found.version), (acme, version));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TenantStore(Arc<Shared>);

struct Shared {
    database: Database,
    timeout: Duration,
    shape: Known,
    stamps: Stamps,
    lull: Lull,
    /// Whether a row was met whose id is no tenant's.
    warned: AtomicBool,
}

/// Between two attempts, if others are in the way.
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

impl TenantStore {
    /// How long a call may take unless another bound is set.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(2);

    /// Over the user's own connections to SQLite.
    ///
    /// Nothing is asked before the first call. The store tries again when another writer has its turn; a
    /// `busy_timeout` of more than some 50 ms only keeps connections busy whose callers have given up.
    #[cfg(feature = "sqlite")]
    pub fn sqlite(pool: sqlx::SqlitePool) -> Self {
        Self::over(Database::Sqlite(pool), Self::DEFAULT_TIMEOUT)
    }

    /// Over the user's own connections to PostgreSQL.
    ///
    /// Nothing is asked before the first call. The table is the one that the connections' search path leads to. Its
    /// connections should have a `statement_timeout`: a statement whose caller has given up goes on waiting for
    /// its lock on the server otherwise.
    #[cfg(feature = "postgres")]
    pub fn postgres(pool: sqlx::PgPool) -> Self {
        Self::over(Database::Postgres(pool), Self::DEFAULT_TIMEOUT)
    }

    fn over(database: Database, timeout: Duration) -> Self {
        Self(Arc::new(Shared {
            database,
            timeout,
            shape: Known::default(),
            stamps: Stamps::default(),
            lull: Lull::default(),
            warned: AtomicBool::new(false),
        }))
    }

    /// The same store with another bound on how long a call may take, the wait for a connection included.
    /// Default: 2 s.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self::over(self.0.database.clone(), timeout)
    }

    /// How long a call may take.
    pub fn timeout(&self) -> Duration {
        self.0.timeout
    }

    /// Closes the connections, for the end of a service: SQLite then moves what is in its `-wal` file into the database's.
    /// Every call from now on fails, those of clones, of sources and of origins over it too.
    pub async fn close(&self) {
        match &self.0.database {
            #[cfg(feature = "sqlite")]
            Database::Sqlite(pool) => pool.close().await,
            #[cfg(feature = "postgres")]
            Database::Postgres(pool) => pool.close().await,
        }
    }

    /// The kind of database this is.
    pub fn dialect(&self) -> Dialect {
        self.0.database.dialect()
    }

    /// For those who listen to the database on connections of their own.
    pub(crate) fn database(&self) -> &Database {
        &self.0.database
    }

    async fn shape(&self, doing: &'static str) -> Result<Shape, StoreError> {
        self.0.shape.get(&self.0.database, doing).await
    }

    /// The shape of a table that has `what`.
    async fn migrated(&self, doing: &'static str, what: &str) -> Result<Shape, StoreError> {
        let shape = self.shape(doing).await?;
        if shape.migrated {
            return Ok(shape);
        }
        let what = what.to_owned();
        Err(StoreError::NotMigrated { what })
    }

    /// Does it within the bound, again if others were in the way, and looks at the table anew after a failure.
    async fn bounded<T, F: Future<Output = Result<T, StoreError>>>(
        &self,
        doing: &'static str,
        attempt: impl Fn() -> F,
    ) -> Result<T, StoreError> {
        let limit = self.0.timeout;
        let attempts = async {
            let mut wait = Duration::from_millis(1);
            loop {
                match attempt().await {
                    Err(StoreError::Database { cause, .. }) if is_contention(&cause) => {
                        tokio::time::sleep(wait).await;
                        wait = std::cmp::min(wait.saturating_mul(2), LONGEST_PAUSE);
                    }
                    other => return other,
                }
            }
        };
        let answer = match tokio::time::timeout(limit, attempts).await {
            Ok(answer) => answer,
            Err(_) => Err(StoreError::TimedOut { doing, limit }),
        };
        if let Err(StoreError::Database { .. }) = answer {
            self.0.shape.forget();
        }
        answer
    }
}

impl fmt::Debug for TenantStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantStore")
            .field("dialect", &self.dialect())
            .field("timeout", &self.0.timeout)
            .finish_non_exhaustive()
    }
}

/// Names what was being done when the driver failed.
fn failed(doing: &'static str) -> impl Fn(sqlx::Error) -> StoreError {
    move |cause| StoreError::Database { doing, cause }
}
