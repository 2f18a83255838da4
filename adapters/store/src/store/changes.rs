//! What has changed since an earlier answer, so that nothing committed is missed.
//!
//! SQLite has one writer at a time: the versions of changes have the order of their commits, and the last one is where to
//! go on.
//!
//! On PostgreSQL a lower version may be committed after a higher one was read. So each change notes its transaction's
//! number, and an answer goes on at the lowest number that was still running when it was given: whatever lies below had
//! ended and was seen if it was committed; whatever is committed later lies at or above it. What lies between is
//! told again, for as long as the oldest transaction *of the whole server* that writes something runs.
//!
//! Many changes are told in parts, in the order of their transactions and versions; where the whole goes on was found
//! out before its first part.
//!
//! A server that crashes may give the last of these numbers once more, to other transactions: it need not have written
//! down that it had given them. The sequence that versions come from never goes back behind a change that was
//! committed. So where a change with a number below the cursor has a version above all that were told, all tenants are
//! told that have ever changed.
//!
//! A cursor that lies beyond the database's own count comes from another one (a backup was restored, a plain table was
//! migrated): then they are too. It can't be found out if that database has
//! caught up with the count in the meantime. Changes that a backup brought along from a server that had counted further
//! have numbers that no transaction here has had: they are not told again and again.
//!
//! A plain table has nothing but `updated_at`. Removals are not seen, nor writers that leave `updated_at` alone, nor
//! those whose clock or time zone is behind the others' by more than [`OVERLAP_S`], nor more than [`PART`] that were
//! written within that time. Once nothing has been written for so long, nothing is told again: all rows of a table that was
//! loaded at once have the same time.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tollgate::TenantId;

use crate::backend::{Changed, Changes, Cursor, Part};
use crate::error::StoreError;
use crate::store::database::{Dialect, Record, Statement};
use crate::store::row::{self, Tenant};
use crate::store::shape::Shape;
use crate::store::{TenantStore, failed};

const READING: &str = "reading what has changed";

/// How far back a plain table's changes are told again, in seconds: a transaction may commit so long after its time.
const OVERLAP_S: u64 = 10;

/// How many changes one answer tells of at most, so that it is given in time however much has changed.
const PART: u64 = 5_000;

// Where the changes stand now, and whether a cursor lies beyond that.
const SQLITE_START: &str = "SELECT CAST(seq AS TEXT), CASE WHEN seq < $1 THEN 'beyond' END \
    FROM sqlite_sequence WHERE name = 'tenant_changes'";
const POSTGRES_START: &str = "SELECT pg_snapshot_xmin(s)::text, \
        CASE WHEN pg_snapshot_xmin(s) < $1::text::xid8 THEN 'beyond' \
            WHEN EXISTS (SELECT FROM tenant_changes WHERE version > $2 AND transaction_id < $1::text::xid8) \
            THEN 'crashed' END, \
        (SELECT max(version)::text FROM tenant_changes) \
    FROM pg_current_snapshot() s";

// A part of the changes: their tenants, each with its last change of all and the first of this part; how many changes
// the part has, and the last of them.
const SQLITE: &str = "WITH part AS MATERIALIZED ( \
        SELECT tenant_id, version FROM tenant_changes WHERE version > $1 ORDER BY version LIMIT $2) \
    SELECT CAST(c.tenant_id AS TEXT), CAST(c.version AS TEXT), CASE WHEN c.row_after IS NULL THEN 'removed' END, \
        CAST(changed.first AS TEXT), (SELECT CAST(count(*) AS TEXT) FROM part), \
        '0', (SELECT CAST(max(version) AS TEXT) FROM part), (SELECT CAST(max(version) AS TEXT) FROM part) \
    FROM (SELECT tenant_id, min(version) AS first FROM part GROUP BY tenant_id) changed \
    JOIN tenant_changes c \
        ON c.version = (SELECT max(d.version) FROM tenant_changes d WHERE d.tenant_id = changed.tenant_id)";
const POSTGRES: &str = "WITH part AS MATERIALIZED ( \
        SELECT tenant_id, version, transaction_id FROM tenant_changes \
        WHERE (transaction_id, version) > ($1::text::xid8, $2) \
            AND ($3 = 1 OR transaction_id < pg_snapshot_xmax(pg_current_snapshot())) \
        ORDER BY transaction_id, version LIMIT $4), \
        last AS MATERIALIZED (SELECT * FROM part ORDER BY transaction_id DESC, version DESC LIMIT 1) \
    SELECT c.tenant_id, c.version::text, CASE WHEN c.row_after IS NULL THEN 'removed' END, changed.first::text, \
        (SELECT count(*)::text FROM part), (SELECT transaction_id::text FROM last), (SELECT version::text FROM last), \
        (SELECT max(version)::text FROM part) \
    FROM (SELECT tenant_id, min(version) AS first FROM part GROUP BY tenant_id) changed \
    CROSS JOIN LATERAL ( \
        SELECT tenant_id, version, row_after FROM tenant_changes t \
        WHERE t.tenant_id = changed.tenant_id ORDER BY version DESC LIMIT 1 \
    ) c";

/// Where the changes of a database stand.
struct Stand {
    now: u64,
    /// The cursor is of no use in it: all is told that there is.
    lost: bool,
    /// The highest version.
    version: u64,
}

/// Since when a plain table has the latest time that it has.
#[derive(Debug, Default)]
pub(super) struct Lull(Mutex<Option<(u64, Instant)>>);

impl Lull {
    /// From which time on changes are to be told the next time.
    fn go_on(&self, latest: u64, now: Instant) -> u64 {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let since = match *known {
            Some((time, since)) if time == latest => since,
            Some(_) | None => now,
        };
        *known = Some((latest, since));
        if now.duration_since(since) > Duration::from_secs(OVERLAP_S) {
            latest.saturating_add(1)
        } else {
            latest.saturating_sub(OVERLAP_S)
        }
    }
}

impl TenantStore {
    /// What has changed since `since`; without it only where the changes stand.
    pub(super) async fn changes_since(&self, since: Option<Cursor>) -> Result<Changes, StoreError> {
        self.bounded(READING, || async {
            let shape = self.shape(READING).await?;
            if !shape.migrated {
                return self.touched_since(shape, since).await;
            }
            let Some(since) = since else {
                let stand = self.stand(Cursor::at(0, 0)).await?;
                return Ok(Changes {
                    next: Cursor::at(stand.now, stand.version),
                    tenants: Vec::new(),
                    more: false,
                    complete: true,
                });
            };
            if let Some(part) = since.part {
                return self.part(since, part).await;
            }
            let stand = self.stand(since).await?;
            let begin = if stand.lost { 0 } else { since.at };
            let part = Part {
                end: match self.dialect() {
                    Dialect::Sqlite => (0, begin),
                    Dialect::Postgres => (begin, 0),
                },
                all: stand.lost,
            };
            let told = if stand.lost { 0 } else { since.version };
            self.part(Cursor::at(stand.now, told), part).await
        })
        .await
    }

    /// Where the changes stand now, and what that means for a cursor.
    async fn stand(&self, since: Cursor) -> Result<Stand, StoreError> {
        let start = match self.dialect() {
            Dialect::Sqlite => Statement::new(SQLITE_START).int(number(since.at)),
            Dialect::Postgres => Statement::new(POSTGRES_START)
                .text(since.at.to_string())
                .int(number(since.version)),
        };
        let rows = self.0.database.rows(start).await;
        let rows = rows.map_err(failed(READING))?;
        let row = rows.first();
        Ok(Stand {
            now: row.and_then(|row| row.number(0)).unwrap_or(since.at),
            lost: row.is_some_and(|row| row.bytes(1).is_some()),
            version: row.and_then(|row| row.number(2)).unwrap_or_default(),
        })
    }

    /// The changes after a part, as many as fit the next.
    async fn part(&self, next: Cursor, after: Part) -> Result<Changes, StoreError> {
        let (transaction, version) = after.end;
        let most = number(PART);
        let statement = match self.dialect() {
            Dialect::Sqlite => Statement::new(SQLITE).int(number(version)).int(most),
            Dialect::Postgres => Statement::new(POSTGRES)
                .text(transaction.to_string())
                .int(number(version))
                .int(i64::from(after.all))
                .int(most),
        };
        let rows = self.0.database.rows(statement).await;
        let rows = rows.map_err(failed(READING))?;
        let number = |at: usize| rows.first().and_then(|row| row.number(at));
        let end = number(5).zip(number(6));
        let full = number(4).is_some_and(|changes| changes >= PART);
        let part = end.filter(|_| full).map(|end| Part { end, ..after });
        let told = number(7).unwrap_or_default();
        Ok(Changes {
            next: Cursor {
                version: std::cmp::max(next.version, told),
                part,
                ..next
            },
            tenants: rows.iter().filter_map(|row| self.changed(row)).collect(),
            more: part.is_some(),
            complete: true,
        })
    }

    fn changed(&self, row: &Record) -> Option<Changed> {
        let raw = row.bytes(0)?;
        let Ok(id) = TenantId::from_bytes(raw) else {
            self.warn_of(Some(raw));
            return None;
        };
        Some(Changed {
            id,
            version: row.number(1)?,
            removed: row.bytes(2).is_some(),
            first: row.number(3).unwrap_or_default(),
        })
    }

    /// The rows of a plain table by their `updated_at`.
    async fn touched_since(
        &self,
        shape: Shape,
        since: Option<Cursor>,
    ) -> Result<Changes, StoreError> {
        let drawn = self.0.stamps.draw();
        let (touched, now) = match (self.dialect(), shape.zoned) {
            (Dialect::Sqlite, _) => (
                "CAST(strftime('%s', updated_at) AS INTEGER)",
                "CAST(strftime('%s', 'now') AS INTEGER)",
            ),
            (Dialect::Postgres, _) => (
                "floor(extract(epoch FROM updated_at))::bigint",
                "floor(extract(epoch FROM now()))::bigint",
            ),
        };
        // A time in the future must not hide all changes until then.
        let next = Statement::new(format!(
            "SELECT CAST(max(CASE WHEN {touched} < {now} THEN {touched} ELSE {now} END) AS TEXT) FROM tenants"
        ));
        let rows = self.0.database.rows(next).await;
        let rows = rows.map_err(failed(READING))?;
        let latest = rows.first().and_then(|row| row.number(0));
        let next = latest.map(|latest| self.0.lull.go_on(latest, Instant::now()));
        let tenants = match since {
            None => Vec::new(),
            Some(Cursor { at: since, .. }) => {
                let text = format!(
                    "{} WHERE {touched} >= $1 ORDER BY {touched} DESC LIMIT {PART}",
                    row::select(shape, self.dialect())
                );
                let text = Statement::new(text).int(number(since));
                let rows = self.0.database.rows(text).await;
                let rows = rows.map_err(failed(READING))?;
                let rows = rows.iter().filter_map(|row| Some((Tenant::id(row)?, row)));
                rows.map(|(id, row)| Changed {
                    first: 0,
                    version: self.0.stamps.version(&id, row, drawn),
                    id,
                    removed: false,
                })
                .collect()
            }
        };
        Ok(Changes {
            next: next
                .map(|at| Cursor::at(at, 0))
                .or(since)
                .unwrap_or(Cursor::at(0, 0)),
            more: false,
            tenants,
            complete: false,
        })
    }
}

/// Numbers beyond what a column holds are nobody's.
fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_for_long_is_not_told_again() {
        let (lull, start) = (Lull::default(), Instant::now());
        let after = |secs| start + Duration::from_secs(secs);
        assert_eq!(lull.go_on(1_000, start), 990);
        assert_eq!(lull.go_on(1_000, after(10)), 990);
        assert_eq!(lull.go_on(1_000, after(11)), 1_001);
        assert_eq!(lull.go_on(1_500, after(500)), 1_490);
        assert_eq!(lull.go_on(1_500, after(511)), 1_501);
    }
}
