//! The ledger in PostgreSQL.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, Error, FromRow, PgConnection, PgPool, Row};
use tollgate::{Account, Claim};

use super::sheet::{RelativeRow, Sheet, WindowKey};
use crate::lent::Lent;

/// The windows that there are, locked in one order by all who exchange, so that no two wait for each other.
const LOCK_WINDOWS: &str = "SELECT w.id, w.charged, w.inherited, c.place
    FROM UNNEST($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[])
        WITH ORDINALITY AS c (tenant_id, limit_name, dimension, ends_at, period, place)
    JOIN tollgate_windows w USING (tenant_id, limit_name, dimension, ends_at, period)
    ORDER BY w.id FOR UPDATE OF w";

const OPEN_WINDOW: &str = "INSERT INTO tollgate_windows
    (tenant_id, limit_name, dimension, period, starts_at, ends_at, charged, inherited)
    VALUES ($1, $2, $3, $4, $5, $6, 0, 0)
    ON CONFLICT (tenant_id, limit_name, dimension, ends_at, period) DO NOTHING";

/// A statement of its own: the one that waited for the locks sees holders as they were before it waited.
const FIND_HOLDERS: &str = "SELECT window_id, holder, granted, returned
    FROM UNNEST($1::bigint[], $2::bigint[]) AS c (window_id, holder)
    JOIN tollgate_holders USING (window_id, holder)";

/// What windows may inherit from, and who of their own periods has done so.
const FIND_RELATIVES: &str = "WITH heirs AS (
        SELECT * FROM UNNEST($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[])
            WITH ORDINALITY AS c (tenant_id, limit_name, dimension, period, starts_at, ends_at, place))
    SELECT w.id, w.period, w.starts_at, w.ends_at, w.charged, w.inherited, c.place
    FROM heirs c JOIN tollgate_windows w USING (tenant_id, limit_name, dimension)
    WHERE w.period <> c.period AND w.ends_at > c.starts_at AND w.starts_at < c.ends_at
        AND w.charged <> w.inherited
    UNION ALL
    SELECT w.id, w.period, w.starts_at, w.ends_at, w.charged, w.inherited, c.place
    FROM heirs c JOIN tollgate_windows w USING (tenant_id, limit_name, dimension, period)
    WHERE w.inherited <> 0";

const WRITE: &str = "WITH written AS (
        INSERT INTO tollgate_holders (window_id, holder, granted, returned, ends_at)
        SELECT * FROM UNNEST($4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[])
        ON CONFLICT (window_id, holder) DO UPDATE
        SET granted = excluded.granted, returned = excluded.returned)
    UPDATE tollgate_windows w SET charged = c.charged, inherited = c.inherited
    FROM UNNEST($1::bigint[], $2::bigint[], $3::bigint[]) AS c (id, charged, inherited) WHERE w.id = c.id";

/// The server's time in nanoseconds.
pub(super) const CLOCK: &str = "SELECT (EXTRACT(EPOCH FROM now()) * 1000000000)::bigint";

/// How often an exchange opens the windows that it misses. Once is enough unless they are deleted under its hands.
const OPENINGS: usize = 3;

#[derive(Debug, Clone)]
pub(super) struct PostgresLedger {
    pub(super) pool: PgPool,
}

impl PostgresLedger {
    /// Settles the claims in one transaction. The caller gives up after `limit`, and a while later the server does.
    pub(super) async fn exchange(
        &self,
        claims: &[Claim],
        limit: Duration,
    ) -> Result<Vec<Account>, Error> {
        let mut lent = Lent::from(&self.pool).await?;
        let settled = settle(&mut lent, claims, limit).await;
        if settled.is_ok() {
            lent.give_back();
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
        let query = sqlx::query(statement).bind(before).bind(most);
        Ok(query.execute(&self.pool).await?.rows_affected())
    }
}

async fn settle(
    connection: &mut PgConnection,
    claims: &[Claim],
    limit: Duration,
) -> Result<Vec<Account>, Error> {
    for _ in 0..OPENINGS {
        let mut transaction = connection.begin_with(AssertSqlSafe(begin(limit))).await?;
        let mut sheet = Sheet::of(claims);
        lock_windows(&mut transaction, &mut sheet).await?;
        if sheet.unknown().next().is_some() {
            // Each in a transaction of its own: what this one has locked would be out of order.
            transaction.rollback().await?;
            for key in sheet.unknown() {
                open_window(connection, key).await?;
            }
            continue;
        }
        find_holders(&mut transaction, &mut sheet).await?;
        find_relatives(&mut transaction, &mut sheet).await?;
        let accounts = sheet.settle().ok_or(Error::RowNotFound)?;
        write(&mut transaction, &sheet).await?;
        transaction.commit().await?;
        return Ok(accounts);
    }
    Err(Error::RowNotFound)
}

/// The session's settings may be anybody's. Here a commit has reached the disk when it returns, each statement sees
/// what was committed before it, and no lock outlives a client that has fallen silent.
fn begin(limit: Duration) -> String {
    let limit = limit.saturating_mul(2).as_millis().clamp(1, 86_400_000);
    format!(
        "BEGIN ISOLATION LEVEL READ COMMITTED;
        SELECT set_config('synchronous_commit', 'on', true)
            WHERE current_setting('synchronous_commit') = 'off';
        SET LOCAL lock_timeout = {limit};
        SET LOCAL statement_timeout = {limit};
        SET LOCAL idle_in_transaction_session_timeout = {limit}"
    )
}

async fn lock_windows(connection: &mut PgConnection, sheet: &mut Sheet<'_>) -> Result<(), Error> {
    let keys: Vec<WindowKey> = sheet.unknown().cloned().collect();
    let query = sqlx::query(LOCK_WINDOWS)
        .bind(column(&keys, |key| key.tenant.as_str()))
        .bind(column(&keys, |key| &*key.limit))
        .bind(column(&keys, |key| key.dimension.as_str()))
        .bind(column(&keys, |key| key.ends_at))
        .bind(column(&keys, |key| key.period));
    for row in query.fetch_all(connection).await? {
        if let Some(key) = placed(&keys, row.try_get(3)?) {
            sheet.window(key, row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        }
    }
    Ok(())
}

/// Opens a window that has no row. Whoever else does so at the same time may be first.
async fn open_window(connection: &mut PgConnection, key: &WindowKey) -> Result<(), Error> {
    let query = sqlx::query(OPEN_WINDOW)
        .bind(key.tenant.as_str())
        .bind(&*key.limit)
        .bind(key.dimension.as_str())
        .bind(key.period)
        .bind(key.starts_at)
        .bind(key.ends_at);
    query.execute(connection).await.map(drop)
}

async fn find_holders(connection: &mut PgConnection, sheet: &mut Sheet<'_>) -> Result<(), Error> {
    let (windows, holders): (Vec<i64>, Vec<i64>) = sheet.claimants().into_iter().unzip();
    let query = sqlx::query(FIND_HOLDERS).bind(&windows).bind(&holders);
    for row in query.fetch_all(connection).await? {
        let key = (row.try_get(0)?, row.try_get(1)?);
        sheet.holder(key, row.try_get(2)?, row.try_get(3)?);
    }
    Ok(())
}

async fn find_relatives(connection: &mut PgConnection, sheet: &mut Sheet<'_>) -> Result<(), Error> {
    let heirs = sheet.heirs();
    if heirs.is_empty() {
        return Ok(());
    }
    let query = sqlx::query(FIND_RELATIVES)
        .bind(column(&heirs, |key| key.tenant.as_str()))
        .bind(column(&heirs, |key| &*key.limit))
        .bind(column(&heirs, |key| key.dimension.as_str()))
        .bind(column(&heirs, |key| key.period))
        .bind(column(&heirs, |key| key.starts_at))
        .bind(column(&heirs, |key| key.ends_at));
    for row in query.fetch_all(connection).await? {
        let relative: RelativeRow = FromRow::from_row(&row)?;
        if let Some(heir) = placed(&heirs, row.try_get("place")?) {
            sheet.relative(heir, relative);
        }
    }
    Ok(())
}

/// What each of the rows has of one column, to be bound as an array.
fn column<'r, R, T>(rows: &'r [R], value: impl Fn(&'r R) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}

/// The key at a place that PostgreSQL has counted, from 1.
fn placed(keys: &[WindowKey], place: i64) -> Option<&WindowKey> {
    keys.get(usize::try_from(place.saturating_sub(1)).ok()?)
}

async fn write(connection: &mut PgConnection, sheet: &Sheet<'_>) -> Result<(), Error> {
    let windows: Vec<_> = sheet.changed_windows().collect();
    let holders: Vec<_> = sheet.changed_holders().collect();
    if windows.is_empty() && holders.is_empty() {
        return Ok(());
    }
    let query = sqlx::query(WRITE)
        .bind(column(&windows, |row| row.id))
        .bind(column(&windows, |row| row.charged))
        .bind(column(&windows, |row| row.inherited))
        .bind(column(&holders, |row| row.window))
        .bind(column(&holders, |row| row.holder))
        .bind(column(&holders, |row| row.granted))
        .bind(column(&holders, |row| row.returned))
        .bind(column(&holders, |row| row.ends_at));
    query.execute(connection).await.map(drop)
}
