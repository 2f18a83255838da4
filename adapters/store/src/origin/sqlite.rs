//! The ledger in SQLite.

use std::sync::Arc;

use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, Connection, Error, Row, Sqlite, SqliteConnection, SqlitePool};
use tokio::sync::Mutex;
use tollgate::{Account, Claim};

use super::sheet::{RelativeRow, Sheet, WindowKey};

const FIND_WINDOW: &str = "SELECT id, charged, inherited FROM tollgate_windows
    WHERE tenant_id = $1 AND limit_name = $2 AND dimension = $3 AND ends_at = $4 AND period = $5";

const OPEN_WINDOW: &str = "INSERT INTO tollgate_windows
    (tenant_id, limit_name, dimension, period, starts_at, ends_at, charged, inherited)
    VALUES ($1, $2, $3, $4, $5, $6, 0, 0) RETURNING id";

/// What a window may inherit from, and who of its own period has done so.
const FIND_RELATIVES: &str = "SELECT id, period, starts_at, ends_at, charged, inherited
    FROM tollgate_windows WHERE tenant_id = $1 AND limit_name = $2 AND dimension = $3
        AND period <> $4 AND ends_at > $5 AND starts_at < $6 AND charged <> inherited
    UNION ALL SELECT id, period, starts_at, ends_at, charged, inherited
    FROM tollgate_windows WHERE tenant_id = $1 AND limit_name = $2 AND dimension = $3
        AND period = $4 AND inherited <> 0";

const FIND_HOLDER: &str =
    "SELECT granted, returned FROM tollgate_holders WHERE window_id = $1 AND holder = $2";

const CHARGE_WINDOW: &str =
    "UPDATE tollgate_windows SET charged = $2, inherited = $3 WHERE id = $1";

const WRITE_HOLDER: &str = "INSERT INTO tollgate_holders
    (window_id, holder, granted, returned, ends_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (window_id, holder) DO UPDATE
    SET granted = excluded.granted, returned = excluded.returned";

/// The machine's time in nanoseconds.
pub(super) const CLOCK: &str = "SELECT unixepoch() * 1000000000";

/// The level of `PRAGMA synchronous` at which a commit has reached the disk when it returns.
const FULL: i64 = 2;

/// A pool, and the order of those in this process who want to write: SQLite lets one write at a time, and has the others
/// ask again and again.
#[derive(Debug, Clone)]
pub(super) struct SqliteLedger {
    pub(super) pool: SqlitePool,
    turn: Arc<Mutex<()>>,
}

impl SqliteLedger {
    pub(super) fn new(pool: SqlitePool) -> Self {
        let turn = Arc::default();
        Self { pool, turn }
    }

    /// Settles the claims in one transaction, on disk when this returns.
    pub(super) async fn exchange(&self, claims: &[Claim]) -> Result<Vec<Account>, Error> {
        let _turn = self.turn.lock().await;
        let mut connection = self.pool.acquire().await?;
        let before = raise_synchronous(&mut connection).await?;
        let settled = settle(&mut connection, claims).await;
        if let Some(level) = before {
            // If this is left out, the connection is slower than it was, and no less safe.
            set_synchronous(&mut connection, level).await?;
        }
        settled
    }

    /// Deletes in one transaction at most `most` rows that ended before `before`; says how many.
    pub(super) async fn sweep(
        &self,
        statement: &'static str,
        before: i64,
        most: i64,
    ) -> Result<u64, Error> {
        let _turn = self.turn.lock().await;
        let query = sqlx::query(statement).bind(before).bind(most);
        Ok(query.execute(&self.pool).await?.rows_affected())
    }
}

/// Has commits wait for the disk; gives the level to go back to, if that was lower.
///
/// In WAL mode many run at a level where a commit survives the death of the process but not of the machine; a grant
/// that is forgotten would be made again.
async fn raise_synchronous(connection: &mut PoolConnection<Sqlite>) -> Result<Option<i64>, Error> {
    let query = sqlx::query_scalar("PRAGMA synchronous");
    let level: i64 = query.fetch_one(&mut **connection).await?;
    if level >= FULL {
        return Ok(None);
    }
    set_synchronous(connection, FULL).await?;
    Ok(Some(level))
}

async fn set_synchronous(connection: &mut SqliteConnection, level: i64) -> Result<(), Error> {
    let pragma = AssertSqlSafe(format!("PRAGMA synchronous = {level}"));
    sqlx::query(pragma).execute(connection).await.map(drop)
}

async fn settle(
    connection: &mut SqliteConnection,
    claims: &[Claim],
) -> Result<Vec<Account>, Error> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let mut sheet = Sheet::of(claims);
    for key in sheet.unknown().cloned().collect::<Vec<_>>() {
        let (id, charged, inherited) = find_or_open(&mut transaction, &key).await?;
        sheet.window(&key, id, charged, inherited);
    }
    for (window, holder) in sheet.claimants() {
        let query = sqlx::query(FIND_HOLDER).bind(window).bind(holder);
        if let Some(row) = query.fetch_optional(&mut *transaction).await? {
            sheet.holder((window, holder), row.try_get(0)?, row.try_get(1)?);
        }
    }
    find_relatives(&mut transaction, &mut sheet).await?;
    let accounts = sheet.settle().ok_or(Error::RowNotFound)?;
    write(&mut transaction, &sheet).await?;
    transaction.commit().await?;
    Ok(accounts)
}

/// The window's id, charge and inheritance.
async fn find_or_open(
    connection: &mut SqliteConnection,
    key: &WindowKey,
) -> Result<(i64, i64, i64), Error> {
    let query = sqlx::query_as(FIND_WINDOW)
        .bind(key.tenant.as_str())
        .bind(&*key.limit)
        .bind(key.dimension.as_str())
        .bind(key.ends_at)
        .bind(key.period);
    if let Some(found) = query.fetch_optional(&mut *connection).await? {
        return Ok(found);
    }
    let query = sqlx::query_scalar(OPEN_WINDOW)
        .bind(key.tenant.as_str())
        .bind(&*key.limit)
        .bind(key.dimension.as_str())
        .bind(key.period)
        .bind(key.starts_at)
        .bind(key.ends_at);
    let id = query.fetch_one(connection).await?;
    Ok((id, 0, 0))
}

async fn find_relatives(
    connection: &mut SqliteConnection,
    sheet: &mut Sheet<'_>,
) -> Result<(), Error> {
    for heir in sheet.heirs() {
        let rows: Vec<RelativeRow> = sqlx::query_as(FIND_RELATIVES)
            .bind(heir.tenant.as_str())
            .bind(&*heir.limit)
            .bind(heir.dimension.as_str())
            .bind(heir.period)
            .bind(heir.starts_at)
            .bind(heir.ends_at)
            .fetch_all(&mut *connection)
            .await?;
        for row in rows {
            sheet.relative(&heir, row);
        }
    }
    Ok(())
}

async fn write(connection: &mut SqliteConnection, sheet: &Sheet<'_>) -> Result<(), Error> {
    for row in sheet.changed_windows() {
        let query = sqlx::query(CHARGE_WINDOW)
            .bind(row.id)
            .bind(row.charged)
            .bind(row.inherited);
        query.execute(&mut *connection).await?;
    }
    for row in sheet.changed_holders() {
        let query = sqlx::query(WRITE_HOLDER)
            .bind(row.window)
            .bind(row.holder)
            .bind(row.granted)
            .bind(row.returned)
            .bind(row.ends_at);
        query.execute(&mut *connection).await?;
    }
    Ok(())
}
