//! What the database itself says of the tables: read a [`Schema`] from it, or check a declared one against it at boot.
//!
//! The rewriter knows only what it is told. If the tenant's column is of a type that takes two tenants for one, if a
//! shared view reads a scoped table, or if a name means another table than the one declared, it is told wrong: then
//! statements scope rightly and leak all the same. [`check`] finds that out before the first statement.

mod facts;
mod judge;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
mod read;
mod report;
#[cfg(feature = "sqlite")]
mod sqlite;

pub use self::read::{Layout, ReadError, Reading, Verdict, read};
pub use self::report::{Finding, Report};

use self::facts::Facts;
use crate::schema::Access;
use crate::{Dialect, Schema};

/// A database with a catalog: made of a reference to a pool.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Source<'p> {
    /// SQLite.
    #[cfg(feature = "sqlite")]
    Sqlite(&'p sqlx::SqlitePool),
    /// PostgreSQL.
    #[cfg(feature = "postgres")]
    Postgres(&'p sqlx::PgPool),
    /// MySQL and MariaDB.
    #[cfg(feature = "mysql")]
    MySql(&'p sqlx::MySqlPool),
}

#[cfg(feature = "sqlite")]
impl<'p> From<&'p sqlx::SqlitePool> for Source<'p> {
    fn from(pool: &'p sqlx::SqlitePool) -> Self {
        Self::Sqlite(pool)
    }
}

#[cfg(feature = "postgres")]
impl<'p> From<&'p sqlx::PgPool> for Source<'p> {
    fn from(pool: &'p sqlx::PgPool) -> Self {
        Self::Postgres(pool)
    }
}

#[cfg(feature = "mysql")]
impl<'p> From<&'p sqlx::MySqlPool> for Source<'p> {
    fn from(pool: &'p sqlx::MySqlPool) -> Self {
        Self::MySql(pool)
    }
}

impl Source<'_> {
    fn dialect(self) -> Dialect {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Dialect::Sqlite,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Dialect::PostgreSql,
            #[cfg(feature = "mysql")]
            Self::MySql(_) => Dialect::MySql,
        }
    }

    /// Every relation of the database, with those columns that have one of these names.
    async fn facts(self, columns: &[&str]) -> Result<Facts, sqlx::Error> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pool) => sqlite::facts(pool, columns).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => postgres::facts(pool, columns).await,
            #[cfg(feature = "mysql")]
            Self::MySql(pool) => mysql::facts(pool, columns).await,
        }
    }
}

/// Whether the database is as `schema` says.
///
/// Errors, on which a service should not start: a declared table does not exist, or has no tenant's column; the column is of
/// a type or collation that takes different tenants for equal; an unqualified name means another table (a temporary
/// one, another schema's); a shared view reads a scoped table, calls a function that the schema does not declare, or can't be seen
/// through; on PostgreSQL, a function that the schema does not declare can be called like a column, `r.f` for `f(r)`, or has
/// the name of one that statements may call anyway, such as `abs`; a setting changes how statements are read.
///
/// Warnings, which tell of less: the tenant's column may be NULL; unique constraints and foreign keys without the tenant's
/// column.
///
/// MySQL and MariaDB don't tell what a view reads, so that a shared view is an error there; nor of temporary tables.
///
/// A few queries of the catalog: each table is looked at, so that it takes longer the more there are.
///
/// # Errors
/// What the driver said.
///
/// # Examples
/// ```
/// # #[cfg(feature = "sqlite")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use tollgate_db::{Schema, catalog};
///
/// let pool = sqlx::SqlitePool::connect("sqlite::memory:").await?;
/// sqlx::query("CREATE TABLE resources (tenant_id TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (tenant_id, id))")
///     .execute(&pool)
///     .await?;
/// let report = catalog::check(&pool, &Schema::new().scoped("resources")).await?.into_result()?;
/// assert!(report.warnings().is_empty());
///
/// let wrong = catalog::check(&pool, &Schema::new().scoped("resuorces")).await?;
/// assert_eq!(wrong.into_result().unwrap_err().errors()[0].to_string(), "main.resuorces: no such table");
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// ```
pub async fn check<'p>(
    pool: impl Into<Source<'p>>,
    schema: &Schema,
) -> Result<Report, sqlx::Error> {
    let source = pool.into();
    let columns: Vec<&str> = schema
        .tables
        .iter()
        .filter_map(|(_, access)| match access {
            Access::Scoped { column } => Some(column.as_str()),
            Access::Shared => None,
        })
        .collect();
    let facts = source.facts(&columns).await?;
    Ok(judge::judge(source.dialect(), schema, facts))
}
