//! Which columns the tenants' table has, and so what can be read and written.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::error::StoreError;
use crate::store::database::{Database, Dialect, Record, Statement};

/// How long a table without our columns is taken for what it was: somebody else may migrate it.
const PLAIN_FOR: Duration = Duration::from_secs(1);

const SEED: [&str; 8] = [
    "id",
    "quota_requests_per_minute",
    "quota_tokens_per_minute",
    "allowed_models",
    "allowed_tools",
    "metadata",
    "created_at",
    "updated_at",
];
const ADDED: [&str; 7] = [
    "limits",
    "allowed_methods",
    "allowed_paths",
    "features",
    "parent",
    "status",
    "version",
];

/// The table as it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Has all columns, and the triggers that come with them.
    pub(crate) migrated: bool,
    /// The most that each quota column holds.
    pub(crate) most: i64,
    /// Whether the times have a time zone, on PostgreSQL.
    pub(crate) zoned: bool,
}

/// What is known of the shape.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<Option<(Shape, Instant)>>);

impl Known {
    /// What was found before, or is found now.
    pub(crate) async fn get(
        &self,
        database: &Database,
        doing: &'static str,
    ) -> Result<Shape, StoreError> {
        let known = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match known {
            Some((shape, at)) if shape.migrated || at.elapsed() < PLAIN_FOR => Ok(shape),
            Some(_) | None => {
                let shape = look(database, doing).await?;
                let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                *known = Some((shape, Instant::now()));
                Ok(shape)
            }
        }
    }

    /// The next question looks again.
    pub(crate) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// In PostgreSQL the table is the one that the search path leads to, as for every other statement.
const POSTGRES: &str = "SELECT a.attname::text, a.atttypid::regtype::text FROM pg_attribute a \
    WHERE a.attrelid = to_regclass('tenants') AND a.attnum > 0 AND NOT a.attisdropped";
const SQLITE: &str =
    "SELECT CAST(name AS TEXT), CAST(type AS TEXT) FROM pragma_table_info('tenants')";

async fn look(database: &Database, doing: &'static str) -> Result<Shape, StoreError> {
    let text = match database.dialect() {
        Dialect::Sqlite => SQLITE,
        Dialect::Postgres => POSTGRES,
    };
    let columns = database
        .rows(Statement::new(text))
        .await
        .map_err(|cause| StoreError::Database { doing, cause })?;
    shape(&columns, database.dialect())
}

fn shape(columns: &[Record], dialect: Dialect) -> Result<Shape, StoreError> {
    if columns.is_empty() {
        return Err(StoreError::NoTable);
    }
    let kind = |name: &str| {
        let found = columns.iter().find(|column| column.text(0) == Some(name));
        found.map(|column| column.text(1).unwrap_or_default())
    };
    let missing = |names: &[&'static str]| names.iter().copied().find(|name| kind(name).is_none());
    if let Some(column) = missing(&SEED) {
        return Err(StoreError::NoColumn { column });
    }
    let quotas = ["quota_requests_per_minute", "quota_tokens_per_minute"].map(kind);
    let most = quotas.map(|kind| match (dialect, kind) {
        (Dialect::Postgres, Some("integer")) => i64::from(i32::MAX),
        (Dialect::Postgres, Some("smallint")) => i64::from(i16::MAX),
        (Dialect::Postgres | Dialect::Sqlite, _) => i64::MAX,
    });
    Ok(Shape {
        migrated: missing(&ADDED).is_none(),
        most: std::cmp::min(most[0], most[1]),
        zoned: kind("updated_at") == Some("timestamp with time zone"),
    })
}
