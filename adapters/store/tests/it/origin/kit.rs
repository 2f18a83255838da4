//! Databases with the tables of durable limits in them, and claims.

use sqlx::{Executor, Row};
use tollgate::{Account, Claim, Dimension, Origin, Period, Timestamp};
use tollgate_store::SqlOrigin;

pub(super) const HOUR: u64 = 3_600_000_000_000;
pub(super) const DAY: u64 = 24 * HOUR;

/// A database that is gone when this is dropped.
pub(super) struct Database {
    kind: Kind,
}

enum Kind {
    #[cfg(feature = "sqlite")]
    Sqlite(std::path::PathBuf),
    #[cfg(feature = "postgres")]
    Postgres(String),
}

impl Database {
    #[cfg(feature = "sqlite")]
    pub(super) async fn sqlite() -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("origin-{}-{count}.db", std::process::id());
        let file = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let database = Self {
            kind: Kind::Sqlite(file),
        };
        database.open().await.migrate().await.unwrap();
        database
    }

    #[cfg(feature = "postgres")]
    pub(super) async fn postgres() -> Self {
        let url = tokio::task::spawn_blocking(|| {
            let server = throwaway::Postgres::shared().unwrap();
            server.create_database().unwrap()
        });
        let database = Self {
            kind: Kind::Postgres(url.await.unwrap()),
        };
        database.open().await.migrate().await.unwrap();
        database
    }

    /// Where another process finds it.
    pub(super) fn url(&self) -> String {
        match &self.kind {
            #[cfg(feature = "sqlite")]
            Kind::Sqlite(file) => format!("sqlite://{}", file.display()),
            #[cfg(feature = "postgres")]
            Kind::Postgres(url) => url.clone(),
        }
    }

    /// An origin with a pool of its own, as another process would have.
    pub(super) async fn open(&self) -> SqlOrigin {
        open(&self.url()).await
    }

    #[cfg(feature = "sqlite")]
    pub(super) async fn sqlite_pool(&self) -> sqlx::SqlitePool {
        open_sqlite(&self.url()).await
    }

    /// One statement that changes something.
    pub(super) async fn run(&self, statement: &'static str) {
        match &self.kind {
            #[cfg(feature = "sqlite")]
            Kind::Sqlite(_) => {
                self.sqlite_pool().await.execute(statement).await.unwrap();
            }
            #[cfg(feature = "postgres")]
            Kind::Postgres(url) => {
                let pool = sqlx::PgPool::connect(url).await.unwrap();
                pool.execute(statement).await.unwrap();
            }
        }
    }

    /// The number that a statement answers with.
    pub(super) async fn number(&self, statement: &'static str) -> i64 {
        match &self.kind {
            #[cfg(feature = "sqlite")]
            Kind::Sqlite(_) => {
                let pool = self.sqlite_pool().await;
                pool.fetch_one(statement).await.unwrap().get(0)
            }
            #[cfg(feature = "postgres")]
            Kind::Postgres(url) => {
                let pool = sqlx::PgPool::connect(url).await.unwrap();
                pool.fetch_one(statement).await.unwrap().get(0)
            }
        }
    }
}

/// An origin in the database that is at this place.
pub(super) async fn open(url: &str) -> SqlOrigin {
    #[cfg(feature = "postgres")]
    if url.starts_with("postgres:") {
        return SqlOrigin::postgres(sqlx::PgPool::connect(url).await.unwrap());
    }
    #[cfg(feature = "sqlite")]
    if url.starts_with("sqlite:") {
        let store = tollgate_store::TenantStore::connect(url).await.unwrap();
        return SqlOrigin::of(&store);
    }
    unreachable!("{url}")
}

/// A pool whose commits reach the disk some time later.
#[cfg(feature = "sqlite")]
async fn open_sqlite(url: &str) -> sqlx::SqlitePool {
    use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
    let options: SqliteConnectOptions = url.parse().unwrap();
    let options = options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal);
    sqlx::SqlitePool::connect_with(options).await.unwrap()
}

#[cfg(feature = "postgres")]
impl Database {
    /// Waits until the server has ended the sessions of an application whose processes were killed: until then, what
    /// they asked for last may still be done.
    pub(super) async fn wait_for_the_end_of(&self, application: &str) {
        #[cfg(feature = "sqlite")]
        if matches!(self.kind, Kind::Sqlite(_)) {
            return;
        }
        let pool = sqlx::PgPool::connect(&self.url()).await.unwrap();
        let start = std::time::Instant::now();
        loop {
            let query = sqlx::query_scalar(
                "SELECT COUNT(*) FROM pg_stat_activity
                    WHERE datname = current_database() AND application_name = $1",
            );
            let sessions: i64 = query.bind(application).fetch_one(&pool).await.unwrap();
            if sessions == 0 {
                return;
            }
            assert!(start.elapsed().as_secs() < 60, "sessions that do not end");
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    /// How many deadlocks the server has found in this database.
    pub(super) async fn deadlocks(&self) -> i64 {
        #[cfg(feature = "sqlite")]
        if matches!(self.kind, Kind::Sqlite(_)) {
            return 0;
        }
        self.number("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
            .await
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        match &self.kind {
            #[cfg(feature = "sqlite")]
            Kind::Sqlite(file) => {
                for suffix in ["", "-wal", "-shm"] {
                    let mut path = file.clone().into_os_string();
                    path.push(suffix);
                    // The last connection to close has removed the other two.
                    let _gone = std::fs::remove_file(path);
                }
            }
            #[cfg(feature = "postgres")]
            Kind::Postgres(_) => {}
        }
    }
}

/// A claim of the first hour of time, for nothing.
pub(super) fn claim(holder: u64) -> Claim {
    Claim {
        tenant: "acme".parse().unwrap(),
        limit: "quota".into(),
        dimension: Dimension::Tokens,
        period: Period::Hour,
        start: Timestamp::from_nanos(0),
        end: Timestamp::from_nanos(HOUR),
        capacity: 100,
        holder,
        returned: 0,
        spent: 0,
        least: 0,
        most: 0,
    }
}

/// A claim for `amount`, all or nothing.
pub(super) fn need(holder: u64, amount: u64) -> Claim {
    Claim {
        least: amount,
        most: amount,
        ..claim(holder)
    }
}

/// The same of another window.
pub(super) fn during(period: Period, start: u64, end: u64, claim: Claim) -> Claim {
    Claim {
        period,
        start: Timestamp::from_nanos(start),
        end: Timestamp::from_nanos(end),
        ..claim
    }
}

/// Settles one claim.
pub(super) async fn settle(origin: &SqlOrigin, claim: &Claim) -> Account {
    let accounts = origin.exchange(std::slice::from_ref(claim)).await.unwrap();
    assert_eq!(accounts.len(), 1);
    accounts[0]
}

/// An account.
pub(super) fn account(granted: u64, charged: u64) -> Account {
    Account { granted, charged }
}
