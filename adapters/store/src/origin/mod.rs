//! Durable limits: what was granted of them is kept in the database, so that it survives the process.

mod heritage;
mod ledger;
#[cfg(feature = "postgres")]
mod postgres;
mod retry;
mod sheet;
mod sql;
#[cfg(feature = "sqlite")]
mod sqlite;
mod sweep;
mod usage;

use std::sync::Arc;
use std::time::Duration;

use tollgate::{Account, Claim, Exchanging, Origin, OriginError, TenantId, Timestamp};

use self::ledger::Ledger;
use self::sweep::Broom;
pub use self::usage::DurableUsage;
use crate::error::{StoreError, is_contention};
use crate::store::TenantStore;
use crate::store::database::Database;
use crate::store::migrate::{self, Migration};

const MIGRATIONS: [Migration; 1] = [Migration {
    name: "origin-1",
    sqlite: include_str!("migrations/origin.sqlite.sql"),
    postgres: include_str!("migrations/origin.postgres.sql"),
}];

/// How many claims one transaction settles at most, so that none holds its locks for long.
const BATCH: usize = 256;

/// The origin of durable limits in a database: SQLite for one machine, PostgreSQL for many.
///
/// Two tables, made by [`migrate`](Self::migrate), hold it: what each window of each limit has charged, and what each
/// holder was granted of it. Whatever is granted is on the database's disk before the process learns of it, so that a
/// crash can lose what was granted and not spent, and never forgets what was.
///
/// *PostgreSQL*: an exchange is one transaction of five round trips, six if a holder is new to a window,
/// however many limits it is about, that commits synchronously whatever the session's default is. *SQLite*: one `BEGIN IMMEDIATE` at
/// `synchronous = FULL`, in WAL mode or not; a pool with a lower level gets it back afterwards.
///
/// A limit whose period changes keeps its usage, however often it does: when a holder is new to a window, and each change
/// makes new holders, the window inherits what windows of other periods that it overlaps have charged, less what other
/// windows of its own period have inherited of that. While processes disagree about the period, what those with the old
/// one are granted counts in the new one's window from the next new holder on.
/// A limit that counts another dimension is another limit, whatever its name.
///
/// A database that loses commits which it has acknowledged makes their grants again: one that is restored from a backup,
/// a replica that takes over and lags, a server with `fsync` off on a machine that goes down.
///
/// # Concurrency
/// Clones share one pool. Any number of processes may use one database. Rows are locked in one order, and what the
/// database takes back for another's sake is asked again until the timeout.
///
/// # Complexity
/// Time: O(log windows) for each claim. Space: a row for each limit and window, for 40 days after it has ended, and a
/// row for each holder of it, for a day. What is older is swept, in the background and a few thousand rows at a time, by
/// whoever exchanges.
///
/// # Examples
#[cfg_attr(feature = "sqlite", doc = "```")]
#[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
/// use tollgate::{Claim, Dimension, Origin, Period, Timestamp};
/// use tollgate_store::{SqlOrigin, TenantStore};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = TenantStore::connect("sqlite::memory:").await?;
/// let origin = SqlOrigin::of(&store);
/// origin.migrate().await?;
/// let minute = Claim {
///     tenant: "acme".parse()?,
///     limit: "burst".into(),
///     dimension: Dimension::Requests,
///     period: Period::Minute,
///     start: Timestamp::from_nanos(0),
///     end: Timestamp::from_nanos(60_000_000_000),
///     capacity: 100,
///     holder: 1,
///     returned: 0,
///     spent: 0,
///     least: 1,
///     most: 10,
/// };
/// let accounts = origin.exchange(&[minute]).await?;
/// assert_eq!(accounts[0].granted, 10);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct SqlOrigin {
    database: Database,
    ledger: Ledger,
    timeout: Duration,
    broom: Arc<Broom>,
}

impl SqlOrigin {
    /// In the database of a store, over the same connections and with the same bound.
    pub fn of(store: &TenantStore) -> Self {
        Self::over(store.database().clone()).with_timeout(store.timeout())
    }

    /// Over the user's own connections to SQLite.
    #[cfg(feature = "sqlite")]
    pub fn sqlite(pool: sqlx::SqlitePool) -> Self {
        Self::over(Database::Sqlite(pool))
    }

    /// Over the user's own connections to PostgreSQL.
    #[cfg(feature = "postgres")]
    pub fn postgres(pool: sqlx::PgPool) -> Self {
        Self::over(Database::Postgres(pool))
    }

    fn over(database: Database) -> Self {
        Self {
            ledger: Ledger::of(&database),
            database,
            timeout: TenantStore::DEFAULT_TIMEOUT,
            broom: Arc::default(),
        }
    }

    /// The same origin with another bound on how long a call may take. Default: 2 s.
    ///
    /// The engine gives up after its own
    /// [`origin_timeout`](tollgate::EngineBuilder::origin_timeout).
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Makes the tables `tollgate_windows` and `tollgate_holders`, unless that was done. It may be called at every start,
    /// with or without [`TenantStore::migrate`].
    ///
    /// # Errors
    /// [`StoreError::Migration`], with all undone, and [`StoreError::TimedOut`] after 60 s.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        migrate::apply(&self.database, &MIGRATIONS).await
    }

    /// What the tenant's durable limits have charged of the windows that have not ended by `now`, in the order of the
    /// limits' names.
    ///
    /// # Errors
    /// When the database fails or does not answer in time.
    pub async fn usage(
        &self,
        tenant: &TenantId,
        now: Timestamp,
    ) -> Result<Vec<DurableUsage>, StoreError> {
        let usage = self.ledger.usage(tenant, now);
        let rows = self.within("read durable usage", usage).await?;
        Ok(rows.into_iter().filter_map(DurableUsage::read).collect())
    }

    /// Deletes what is not needed any more at `now`: windows that ended more than 40 days ago, and holders of those that
    /// ended more than a day ago. Says how many rows it deleted: at most 10,000, and 0 when nothing is left to do.
    ///
    /// An origin in use does this by itself now and then.
    ///
    /// The database's own clock has a say: what is not old by that stays, whatever `now` is.
    ///
    /// # Errors
    /// When the database fails or does not answer in time.
    pub async fn sweep(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.within("sweep durable usage", sweep::sweep(&self.ledger, now))
            .await
    }

    /// Settles what fits one transaction.
    async fn settle(&self, claims: &[Claim]) -> Result<Vec<Account>, sqlx::Error> {
        let mut attempt = 0;
        loop {
            match self.ledger.exchange(claims, self.timeout).await {
                Err(error) if is_contention(&error) => {
                    tracing::debug!(%error, attempt, "durable limits: asking again");
                    tokio::time::sleep(retry::pause(attempt)).await;
                    attempt = attempt.saturating_add(1);
                }
                done => return done,
            }
        }
    }

    async fn exchange_all(&self, claims: &[Claim]) -> Result<Vec<Account>, sqlx::Error> {
        let mut accounts = Vec::with_capacity(claims.len());
        for batch in claims.chunks(BATCH) {
            accounts.append(&mut self.settle(batch).await?);
        }
        Ok(accounts)
    }

    async fn within<T>(
        &self,
        doing: &'static str,
        act: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, StoreError> {
        let limit = self.timeout;
        match tokio::time::timeout(limit, act).await {
            Ok(done) => done.map_err(|cause| StoreError::Database { doing, cause }),
            Err(_elapsed) => Err(StoreError::TimedOut { doing, limit }),
        }
    }
}

impl Origin for SqlOrigin {
    fn exchange<'o>(&'o self, claims: &'o [Claim]) -> Exchanging<'o> {
        Box::pin(async move {
            let exchanged = self.within("settle durable usage", self.exchange_all(claims));
            let accounts = exchanged
                .await
                .map_err(|error| OriginError::caused_by("SQL", error))?;
            if let Some(latest) = claims.iter().map(|claim| claim.start).max() {
                self.broom.now_and_then(self, latest);
            }
            Ok(accounts)
        })
    }
}
