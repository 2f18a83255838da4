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
//! A server that crashes may give the last of these numbers once more, to other transactions: it need not have written
//! down that it had given them. The sequence that versions come from never goes back behind a change that was
//! committed. So whatever has a version above all that were told is told, too.
//!
//! A cursor that lies beyond the database's own count comes from another one (a backup was restored, a plain table was
//! migrated): then all tenants are told that have ever changed. It can't be found out if that database has
//! caught up with the count in the meantime. Changes that a backup brought along from a server that had counted further
//! have numbers that no transaction here has had: they are not told again and again.
//!
//! A plain table has nothing but `updated_at`. Removals are not seen, nor writers that leave `updated_at` alone, nor
//! those whose clock or time zone is behind the others' by more than [`OVERLAP_S`].

use tollgate::TenantId;

use crate::backend::{Changed, Changes, Cursor};
use crate::error::StoreError;
use crate::store::database::{Dialect, Record, Statement};
use crate::store::row::{self, Tenant};
use crate::store::shape::Shape;
use crate::store::{TenantStore, failed};

const READING: &str = "reading what has changed";

/// How far back a plain table's changes are told again, in seconds: a transaction may commit so long after its time.
const OVERLAP_S: u32 = 10;

// Each gives where to go on in all rows, and a tenant in all but perhaps one.
const SQLITE: &str = "SELECT CAST(s.seq AS TEXT), CAST(c.tenant_id AS TEXT), CAST(c.version AS TEXT), \
        CASE WHEN c.row_after IS NULL THEN 'removed' END, \
        (SELECT CAST(min(d.version) AS TEXT) FROM tenant_changes d WHERE d.tenant_id = c.tenant_id \
            AND d.version > CASE WHEN $1 > s.seq THEN 0 ELSE $1 END) \
    FROM sqlite_sequence s LEFT JOIN tenant_changes c \
        ON c.version > CASE WHEN $1 > s.seq THEN 0 ELSE $1 END \
        AND c.version = (SELECT max(d.version) FROM tenant_changes d WHERE d.tenant_id = c.tenant_id) \
    WHERE s.name = 'tenant_changes'";
const SQLITE_START: &str =
    "SELECT CAST(seq AS TEXT) FROM sqlite_sequence WHERE name = 'tenant_changes'";
const POSTGRES: &str = "WITH snapshot AS MATERIALIZED (SELECT pg_snapshot_xmin(s) AS xmin, \
            pg_snapshot_xmax(s) AS xmax, $1::text::xid8 AS since FROM pg_current_snapshot() s), \
        here AS MATERIALIZED (SELECT xmin, \
            CASE WHEN since > xmin THEN '0'::xid8 ELSE since END AS low, \
            CASE WHEN since > xmin THEN '18446744073709551615'::xid8 ELSE xmax END AS high FROM snapshot) \
    SELECT here.xmin::text, last.tenant_id, last.version::text, \
        CASE WHEN last.row_after IS NULL THEN 'removed' END, last.first::text \
    FROM here LEFT JOIN LATERAL ( \
        SELECT c.*, changed.first FROM ( \
            SELECT tenant_id, min(version) AS first FROM tenant_changes \
            WHERE (transaction_id >= here.low AND transaction_id < here.high) OR version > $2 \
            GROUP BY tenant_id \
        ) changed CROSS JOIN LATERAL ( \
            SELECT tenant_id, version, row_after FROM tenant_changes t \
            WHERE t.tenant_id = changed.tenant_id ORDER BY version DESC LIMIT 1 \
        ) c \
    ) last ON true";
const POSTGRES_START: &str = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text, \
    (SELECT max(version)::text FROM tenant_changes)";

impl TenantStore {
    /// What has changed since `since`; without it only where the changes stand.
    pub(super) async fn changes_since(&self, since: Option<Cursor>) -> Result<Changes, StoreError> {
        self.bounded(READING, || async {
            let shape = self.shape(READING).await?;
            if !shape.migrated {
                return self.touched_since(shape, since).await;
            }
            let statement = match (self.dialect(), since) {
                (Dialect::Sqlite, None) => Statement::new(SQLITE_START),
                (Dialect::Sqlite, Some(since)) => Statement::new(SQLITE).int(signed(since.at)),
                (Dialect::Postgres, None) => Statement::new(POSTGRES_START),
                (Dialect::Postgres, Some(since)) => Statement::new(POSTGRES)
                    .text(since.at.to_string())
                    .int(signed(since.version)),
            };
            let rows = self.0.database.rows(statement).await;
            let rows = rows.map_err(failed(READING))?;
            let tenants: Vec<_> = match since {
                None => Vec::new(),
                Some(_) => rows.iter().filter_map(|row| self.changed(row)).collect(),
            };
            Ok(Changes {
                next: next(since, &rows, &tenants),
                tenants,
                complete: true,
            })
        })
        .await
    }

    fn changed(&self, row: &Record) -> Option<Changed> {
        let raw = row.bytes(1)?;
        let Ok(id) = TenantId::from_bytes(raw) else {
            self.warn_of(Some(raw));
            return None;
        };
        Some(Changed {
            id,
            version: row.number(2)?,
            removed: row.bytes(3).is_some(),
            first: row.number(4).unwrap_or_default(),
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
            "SELECT CAST(max(CASE WHEN {touched} < {now} THEN {touched} ELSE {now} END) - {OVERLAP_S} AS TEXT) \
             FROM tenants"
        ));
        let rows = self.0.database.rows(next).await;
        let rows = rows.map_err(failed(READING))?;
        let next = rows.first().and_then(|row| row.number(0));
        let tenants = match since {
            None => Vec::new(),
            Some(Cursor { at: since, .. }) => {
                let text = format!(
                    "{} WHERE {touched} >= $1",
                    row::select(shape, self.dialect())
                );
                let text = Statement::new(text).int(signed(since));
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
            next: Cursor {
                at: next.or(since.map(|since| since.at)).unwrap_or_default(),
                version: 0,
            },
            tenants,
            complete: false,
        })
    }
}

/// Where to go on: each row says at which place, and one that begins also after which version.
fn next(since: Option<Cursor>, rows: &[Record], told: &[Changed]) -> Cursor {
    let number = |at| rows.first().and_then(|row| row.number(at));
    let at = number(0)
        .or(since.map(|since| since.at))
        .unwrap_or_default();
    let before = match since {
        None => number(1),
        // Of another database, of which all has been told.
        Some(since) if at < since.at => None,
        Some(since) => Some(since.version),
    };
    let last = told.iter().map(|changed| changed.version).max();
    Cursor {
        at,
        version: before.max(last).unwrap_or_default(),
    }
}

/// A number that no database has reached stands for all that are beyond.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
