//! Databases with the tables of durable limits in them, and claims.

use sqlx::{Executor, Row};
use tollgate::{Account, Claim, Origin, Period, Timestamp};
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

    /// An origin with a pool of its own, as another process would have.
    pub(super) async fn open(&self) -> SqlOrigin {
        match &self.kind {
            #[cfg(feature = "sqlite")]
            Kind::Sqlite(_) => SqlOrigin::sqlite(self.sqlite_pool().await),
            #[cfg(feature = "postgres")]
            Kind::Postgres(url) => SqlOrigin::postgres(sqlx::PgPool::connect(url).await.unwrap()),
        }
    }

    #[cfg(feature = "sqlite")]
    pub(super) async fn sqlite_pool(&self) -> sqlx::SqlitePool {
        use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
        let file = match &self.kind {
            Kind::Sqlite(file) => file,
            #[cfg(feature = "postgres")]
            Kind::Postgres(_) => unreachable!("this is asked of SQLite only"),
        };
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal);
        sqlx::SqlitePool::connect_with(options).await.unwrap()
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

#[cfg(feature = "postgres")]
impl Database {
    /// How many deadlocks the server has found in this database.
    pub(super) async fn deadlocks(&self) -> i64 {
        match &self.kind {
            #[cfg(feature = "sqlite")]
            Kind::Sqlite(_) => 0,
            Kind::Postgres(_) => {
                self.number(
                    "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()",
                )
                .await
            }
        }
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
