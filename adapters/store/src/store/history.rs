//! What has become of a tenant, change by change, as the triggers have noted it.

use serde_json::{Map, Value};
use tollgate::{TenantConfig, TenantId};

use crate::error::StoreError;
use crate::store::database::{Record, Statement};
use crate::store::row::{self, COLUMNS};
use crate::store::terms::By;
use crate::store::{Filter, TenantStore, failed};

const READING: &str = "reading a tenant's history";

/// Some changes of one tenant, the newest first.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct History {
    /// The changes.
    pub revisions: Vec<Revision>,
    /// The version to go on before; `None`: there are no more.
    pub next: Option<u64>,
}

/// One change of a tenant.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Revision {
    /// The version that the change made.
    pub version: u64,
    /// When, as RFC 3339 in UTC.
    pub at: String,
    /// Who; `None` for a writer that doesn't go through a store, and for the migration.
    pub by: Option<By>,
    /// What was there; `None`: the change added the tenant.
    pub before: Option<Snapshot>,
    /// What is there since; `None`: the change removed the tenant.
    pub after: Option<Snapshot>,
}

/// A tenant's row at one time.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The columns by their names, those that hold JSON as JSON.
    pub row: Value,
    /// The config, or everything that is wrong with the row.
    pub config: Result<TenantConfig, String>,
}

impl TenantStore {
    /// The tenant's changes below version `before`, or the newest; at most `most` of them, 1 to 1000.
    ///
    /// A tenant that was removed keeps its history, and goes on with it if it is added anew. The store removes
    /// nothing from the table `tenant_changes`: delete what is older than you want to know, and than any process may
    /// have been cut off from the database.
    ///
    /// # Complexity
    /// A range of an index.
    ///
    /// # Errors
    /// [`StoreError::NotMigrated`] in a plain table, or the database's failure.
    pub async fn history(
        &self,
        id: &TenantId,
        before: Option<u64>,
        most: u32,
    ) -> Result<History, StoreError> {
        let most = most.clamp(1, Filter::MOST);
        let before = before.and_then(|version| i64::try_from(version).ok());
        let rows = self.bounded(READING, || async {
            self.migrated(READING, "a tenant's history").await?;
            let at = row::time("changed_at", true, self.dialect());
            let statement = Statement::new(format!(
                "SELECT CAST(version AS TEXT), {at}, who, row_before, row_after \
                 FROM tenant_changes WHERE tenant_id = $1 AND version < $2 \
                 ORDER BY version DESC LIMIT $3"
            ))
            .text(id.as_str())
            .int(before.unwrap_or(i64::MAX))
            .int(i64::from(most) + 1);
            let rows = self.0.database.rows(statement).await;
            rows.map_err(failed(READING))
        });
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let mut rows = rows.await?;
        let more = rows.len() > most;
        rows.truncate(most);
        let revisions: Vec<Revision> = rows.iter().map(|row| revision(id, row)).collect();
        let last = revisions.last().filter(|_| more);
        Ok(History {
            next: last.map(|last| last.version),
            revisions,
        })
    }
}

fn revision(id: &TenantId, record: &Record) -> Revision {
    Revision {
        version: record.number(0).unwrap_or_default(),
        at: record.text(1).unwrap_or_default().to_owned(),
        by: record.text(2).map(By::new),
        before: record.bytes(3).map(|row| snapshot(id, row)),
        after: record.bytes(4).map(|row| snapshot(id, row)),
    }
}

fn snapshot(id: &TenantId, row: &[u8]) -> Snapshot {
    let text = String::from_utf8_lossy(row);
    match serde_json::from_str::<Map<String, Value>>(&text) {
        Ok(row) => Snapshot {
            config: row::config_of(id, &row),
            row: Value::Object(unpacked(row)),
        },
        Err(error) => Snapshot {
            config: Err(format!("the row as it was noted is not JSON: {error}")),
            row: Value::from(text),
        },
    }
}

/// With JSON in the place of text that is JSON, but for the two columns that are plain text.
fn unpacked(mut row: Map<String, Value>) -> Map<String, Value> {
    for column in COLUMNS {
        if let Some(Value::String(text)) = row.get(column)
            && !matches!(column, "parent" | "status")
            && let Ok(json) = serde_json::from_str(text)
        {
            row.insert(column.to_owned(), json);
        }
    }
    row
}
