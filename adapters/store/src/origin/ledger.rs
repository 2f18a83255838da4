//! Either database, asked in the same words.

use std::time::Duration;

use sqlx::Error;
use tollgate::{Account, Claim, TenantId, Timestamp};

#[cfg(feature = "postgres")]
use super::postgres::PostgresLedger;
use super::sheet::instant;
use super::sql;
#[cfg(feature = "sqlite")]
use super::sqlite::SqliteLedger;
use crate::store::database::Database;

/// Where the accounts are kept.
#[derive(Debug, Clone)]
pub(super) enum Ledger {
    #[cfg(feature = "sqlite")]
    Sqlite(SqliteLedger),
    #[cfg(feature = "postgres")]
    Postgres(PostgresLedger),
}

/// Does the same with either database.
macro_rules! either {
    ($ledger:expr, $inner:ident => $act:expr) => {
        match $ledger {
            #[cfg(feature = "sqlite")]
            Ledger::Sqlite($inner) => $act,
            #[cfg(feature = "postgres")]
            Ledger::Postgres($inner) => $act,
        }
    };
}

/// Limit, dimension, period, start, end, charge.
pub(super) type UsageRow = (String, String, String, i64, i64, i64);

impl Ledger {
    pub(super) fn of(database: &Database) -> Self {
        match database {
            #[cfg(feature = "sqlite")]
            Database::Sqlite(pool) => Self::Sqlite(SqliteLedger::new(pool.clone())),
            #[cfg(feature = "postgres")]
            Database::Postgres(pool) => Self::Postgres(PostgresLedger { pool: pool.clone() }),
        }
    }

    #[cfg_attr(
        not(feature = "postgres"),
        expect(unused_variables, reason = "SQLite has no statement timeout")
    )]
    pub(super) async fn exchange(
        &self,
        claims: &[Claim],
        limit: Duration,
    ) -> Result<Vec<Account>, Error> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(ledger) => ledger.exchange(claims).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(ledger) => ledger.exchange(claims, limit).await,
        }
    }

    /// Deletes at most `most` rows in one transaction; says how many.
    pub(super) async fn sweep(
        &self,
        statement: &'static str,
        before: i64,
        most: i64,
    ) -> Result<u64, Error> {
        either!(self, ledger => ledger.sweep(statement, before, most).await)
    }

    /// The database's own time, in nanoseconds.
    pub(super) async fn clock(&self) -> Result<i64, Error> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(ledger) => {
                let query = sqlx::query_scalar(super::sqlite::CLOCK);
                query.fetch_one(&ledger.pool).await
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(ledger) => {
                let query = sqlx::query_scalar(super::postgres::CLOCK);
                query.fetch_one(&ledger.pool).await
            }
        }
    }

    /// The tenant's windows that end after `now`.
    pub(super) async fn usage(
        &self,
        tenant: &TenantId,
        now: Timestamp,
    ) -> Result<Vec<UsageRow>, Error> {
        either!(self, ledger => {
            let query = sqlx::query_as(sql::USAGE).bind(tenant.as_str()).bind(instant(now));
            query.fetch_all(&ledger.pool).await
        })
    }
}
