//! A schema that is read from the database.

use std::fmt;

use super::Source;
use super::facts::{Kind, same_column, same_table};
use crate::schema::TENANT_COLUMN;
use crate::{Schema, TableName};

/// How tables are told apart.
#[derive(Debug, Clone)]
#[must_use]
pub struct Layout {
    column: String,
    shared: Vec<TableName>,
    schemas: Vec<String>,
}

impl Default for Layout {
    fn default() -> Self {
        Self::new()
    }
}

impl Layout {
    /// Tables with a column `tenant_id` are scoped, all others forbidden.
    pub fn new() -> Self {
        Self {
            column: TENANT_COLUMN.to_owned(),
            shared: Vec::new(),
            schemas: Vec::new(),
        }
    }

    /// The tenant's column has another name; default `tenant_id`.
    pub fn column(mut self, name: impl Into<String>) -> Self {
        self.column = name.into();
        self
    }

    /// A table, or a view, that every tenant may read in full.
    pub fn shared(mut self, table: impl Into<TableName>) -> Self {
        self.shared.push(table.into());
        self
    }

    /// The tables of this schema too; by default those of the dialect's own alone (PostgreSQL `public`, SQLite `main`).
    pub fn schema(mut self, name: impl Into<String>) -> Self {
        self.schemas.push(name.into());
        self
    }
}

/// A schema as it was read, and what became of each table.
///
/// Printed, it tells of each table in a line.
#[derive(Debug, Clone)]
pub struct Reading {
    schema: Schema,
    verdicts: Vec<(TableName, Verdict)>,
}

impl Reading {
    /// What statements may touch.
    #[must_use]
    pub fn into_schema(self) -> Schema {
        self.schema
    }

    /// Every table that there is, and what it was taken for, by name.
    pub fn verdicts(&self) -> &[(TableName, Verdict)] {
        &self.verdicts
    }
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, verdict) in &self.verdicts {
            writeln!(f, "{name}: {verdict}")?;
        }
        Ok(())
    }
}

/// What a table was taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Verdict {
    /// It has the tenant's column.
    #[error("scoped: it has the tenant's column")]
    Scoped,
    /// It was listed.
    #[error("shared: it was listed")]
    Shared,
    /// It has no tenant's column.
    #[error("forbidden: it has no tenant's column, and was not listed as shared")]
    NoColumn,
    /// It is a view, or a virtual table. That it has such a column does not tell whose its rows are: declare it yourself.
    #[error(
        "forbidden: a view that has the tenant's column must be declared, since only you know what the column says"
    )]
    View,
}

/// Why no schema could be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The database did not answer, or refused.
    #[error("the catalog could not be read: the database failed")]
    Database(#[from] sqlx::Error),
    /// A table that was listed as shared does not exist.
    #[error("{0}: listed as shared, and there is no such table")]
    NoTable(TableName),
    /// A table that was listed as shared has the tenant's column.
    #[error("{0}: listed as shared, and has the tenant's column")]
    Contradiction(TableName),
}

/// A schema made of what the database says: every table with the tenant's column is scoped, what is listed is shared,
/// and all else is forbidden, views too.
///
/// What it makes should be [checked](super::check) as a declared one is. Tables that are made later are forbidden
/// until it is read again.
///
/// # Errors
/// If a listed table does not exist, or has the tenant's column; or what the driver said.
///
/// # Examples
/// ```
/// # #[cfg(feature = "sqlite")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use tollgate_db::catalog::{self, Layout};
///
/// let pool = sqlx::SqlitePool::connect("sqlite::memory:").await?;
/// for table in ["resources (tenant_id TEXT NOT NULL)", "countries (code TEXT)", "secrets (word TEXT)"] {
///     sqlx::query(sqlx::AssertSqlSafe(format!("CREATE TABLE {table}"))).execute(&pool).await?;
/// }
/// let reading = catalog::read(&pool, &Layout::new().shared("countries")).await?;
/// assert_eq!(
///     reading.to_string(),
///     "countries: shared: it was listed\n\
///      resources: scoped: it has the tenant's column\n\
///      secrets: forbidden: it has no tenant's column, and was not listed as shared\n"
/// );
/// let schema = reading.into_schema();
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// ```
pub async fn read<'p>(pool: impl Into<Source<'p>>, layout: &Layout) -> Result<Reading, ReadError> {
    let source = pool.into();
    let dialect = source.dialect();
    let facts = source.facts(&[&layout.column]).await?;
    let listed: Vec<TableName> = layout
        .shared
        .iter()
        .map(|name| facts.full(name, None))
        .collect();
    for name in &listed {
        let relation = facts.relation(dialect, name);
        let relation = relation.ok_or_else(|| ReadError::NoTable(name.clone()))?;
        let mut columns = relation.columns.iter();
        if columns.any(|column| same_column(dialect, &column.name, &layout.column)) {
            return Err(ReadError::Contradiction(name.clone()));
        }
    }
    let is_listed = |name: &TableName| {
        listed
            .iter()
            .any(|listed| same_table(dialect, listed, name))
    };
    let mut reading = Reading {
        schema: Schema::new(),
        verdicts: Vec::new(),
    };
    for relation in &facts.relations {
        let space = relation.name.schema.as_deref().unwrap_or_default();
        let is_home = space == facts.home;
        let shared = is_listed(&relation.name);
        let covered = is_home || shared || layout.schemas.iter().any(|schema| schema == space);
        if !covered || matches!(relation.kind, Kind::Other(_)) {
            continue;
        }
        let name = TableName {
            schema: relation.name.schema.clone().filter(|_| !is_home),
            table: relation.name.table.clone(),
        };
        let mut columns = relation.columns.iter();
        let column = columns.find(|column| same_column(dialect, &column.name, &layout.column));
        let verdict = match (column, relation.kind) {
            _ if shared => Verdict::Shared,
            (None, _) => Verdict::NoColumn,
            (Some(_), Kind::Table) => Verdict::Scoped,
            (Some(_), Kind::View | Kind::Virtual | Kind::Other(_)) => Verdict::View,
        };
        reading.schema = match (verdict, column) {
            (Verdict::Scoped, Some(column)) => {
                reading.schema.scoped_by(name.clone(), column.name.clone())
            }
            (Verdict::Shared, _) => reading.schema.shared(name.clone()),
            (Verdict::Scoped | Verdict::NoColumn | Verdict::View, _) => reading.schema,
        };
        reading.verdicts.push((name, verdict));
    }
    reading
        .verdicts
        .sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(reading)
}
