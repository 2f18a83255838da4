//! What can go wrong with a store.

use std::time::Duration;

use tollgate::{ConfigErrors, TenantId};

/// Why a store could not do what it was asked to.
///
/// [`is_transient`](Self::is_transient) tells what may work when it is tried again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database did not answer, or refused.
    #[error("{doing}: the database failed")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// What the driver said.
        #[source]
        cause: sqlx::Error,
    },
    /// The database did not answer in time. A write may have been done all the same.
    #[error("{doing}: no answer from the database within {limit:?}")]
    TimedOut {
        /// What was being done.
        doing: &'static str,
        /// The bound.
        limit: Duration,
    },
    /// A tenant's row can't be read as a config: that tenant alone is affected.
    #[error("tenant {tenant}: {problem}")]
    BrokenRow {
        /// The tenant.
        tenant: TenantId,
        /// The column, what it holds, and what is wrong with that.
        problem: String,
    },
    /// A config that was to be written can't be used.
    #[error("tenant {tenant}: the config is not valid")]
    InvalidConfig {
        /// The tenant.
        tenant: TenantId,
        /// Everything that is wrong with it.
        #[source]
        problems: ConfigErrors,
    },
    /// A number does not fit its column, which `migrate` widens.
    #[error(
        "tenant {tenant}: column {column} holds at most {most}, and {value} is more: run TenantStore::migrate"
    )]
    TooLarge {
        /// The tenant.
        tenant: TenantId,
        /// The column.
        column: &'static str,
        /// The number.
        value: u64,
        /// The most that the column holds.
        most: u64,
    },
    /// The tenant is not as it was expected to be: nothing was written.
    #[error("tenant {tenant}: expected {}, found {}", told(*.expected), told(*.actual))]
    Conflict {
        /// The tenant.
        tenant: TenantId,
        /// The version that was expected; `None`: no such tenant.
        expected: Option<u64>,
        /// The version that was found; `None`: no such tenant.
        actual: Option<u64>,
    },
    /// The table is as the seed has it, and has no place for this.
    #[error("{what}: the table tenants has no columns for that: run TenantStore::migrate")]
    NotMigrated {
        /// What was asked for.
        what: String,
    },
    /// There is no table.
    #[error("the database has no table tenants: run TenantStore::migrate")]
    NoTable,
    /// The table is not the seed's.
    #[error("the table tenants has no column {column}")]
    NoColumn {
        /// What is missing.
        column: &'static str,
    },
    /// A migration failed; nothing of it was done.
    #[error("migration {name} failed, and was undone")]
    Migration {
        /// Which one.
        name: &'static str,
        /// What the driver said.
        #[source]
        cause: sqlx::Error,
    },
    /// The table was migrated once and is not what it was: somebody has made it anew, say.
    #[error(
        "the table tenants lacks columns that it was given before: drop what else that made (the tables \
         tenant_changes and tollgate_migrations, and what is called tollgate_…), and run TenantStore::migrate"
    )]
    ColumnsLost,
    /// No database can be reached by this URL.
    #[error("database URL: {problem}")]
    Url {
        /// What is wrong with it; without the URL, in which there may be a password.
        problem: String,
    },
}

fn told(version: Option<u64>) -> String {
    version.map_or("no such tenant".to_owned(), |version| {
        format!("version {version}")
    })
}

impl StoreError {
    /// Whether the same call may succeed later, without anybody changing the call or the table.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::TimedOut { .. } => true,
            Self::Database {
                cause: sqlx::Error::Database(error),
                ..
            } => is_passing(error.code().as_deref()),
            Self::Database { cause, .. } => matches!(
                cause,
                sqlx::Error::Io(_)
                    | sqlx::Error::Tls(_)
                    | sqlx::Error::Protocol(_)
                    | sqlx::Error::PoolTimedOut
                    | sqlx::Error::WorkerCrashed
            ),
            Self::BrokenRow { .. }
            | Self::InvalidConfig { .. }
            | Self::TooLarge { .. }
            | Self::Conflict { .. }
            | Self::NotMigrated { .. }
            | Self::NoTable
            | Self::NoColumn { .. }
            | Self::Migration { .. }
            | Self::ColumnsLost
            | Self::Url { .. } => false,
        }
    }
}

/// Connections (08), serialization and deadlocks (40), resources (53), an operator's stop (57), each of PostgreSQL; and
/// SQLite's BUSY and LOCKED, of which the last byte tells.
fn is_passing(code: Option<&str>) -> bool {
    let Some(code) = code else { return false };
    match code.parse::<u32>() {
        Ok(number) if code.len() < 5 => matches!(number & 0xff, 5 | 6),
        Ok(_) | Err(_) => ["08", "40", "53", "57"]
            .iter()
            .any(|class| code.starts_with(class)),
    }
}

/// Whether a transaction failed only because others ran beside it.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) fn is_contention(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else {
        return false;
    };
    match error.code().as_deref() {
        Some("40001" | "40P01") => true,
        Some(code) if code.len() < 5 => is_passing(Some(code)),
        Some(_) | None => false,
    }
}
