//! What differs from database to database, and what is the same but can't be said for all of them at once.

use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use sqlx::error::BoxDynError;
use sqlx::{Database, Error, SqlStr};

use crate::Dialect;

/// A database that statements can be scoped on: sqlx's `Sqlite`, `Postgres` and `MySql`, each behind its feature.
#[diagnostic::on_unimplemented(
    message = "tollgate-db scopes no statements on `{Self}`",
    label = "not one of its databases, or one whose feature is off",
    note = "the databases are sqlx's `Sqlite`, `Postgres` and `MySql`: each needs the feature `sqlite`, `postgres` or `mysql` of \
            tollgate-db, of which only `sqlite` is on by default",
    note = "on sqlx's `Any` nothing can be scoped: the dialect must be known to the compiler"
)]
pub trait Backend: Driver {}

/// A statement that is ready to be sent.
#[derive(Debug)]
#[expect(
    unnameable_types,
    reason = "sealed: what a driver does is nobody else's business"
)]
pub struct Ready<DB: Database> {
    pub(crate) sql: SqlStr,
    pub(crate) arguments: DB::Arguments,
    /// Whether the connection keeps it prepared.
    pub(crate) kept: bool,
}

/// What happens to a connection on which something was cut off half-way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    unnameable_types,
    reason = "sealed: what a driver does is nobody else's business"
)]
pub enum Cut {
    /// It is closed. The answer might take for ever, and sqlx 0.9 may take `BEGIN` for not done
    /// (<https://github.com/transact-rs/sqlx/issues/4393>).
    Closes,
    /// What was cut off ends by itself, and then it is rolled back. A database in memory would be gone with its last
    /// connection.
    RollsBack,
}

/// One of sqlx's drivers. Nobody else's, since it can't be named.
#[expect(
    unnameable_types,
    reason = "sealed: what a driver does is nobody else's business"
)]
pub trait Driver: Database {
    const DIALECT: Dialect;
    /// The statement that begins a transaction.
    const BEGIN: &'static str;
    const CUT: Cut;
    /// Whether a transaction is lost once a statement in it has failed.
    const FAILURE_ABORTS: bool;

    fn add_tenant(arguments: &mut Self::Arguments, tenant: &str) -> Result<(), BoxDynError>;

    /// Runs text of tollgate's own, which takes no values and yields no rows.
    fn command(link: &mut Self::Connection, sql: SqlStr) -> BoxFuture<'_, Result<(), Error>>;

    fn execute(
        link: &mut Self::Connection,
        ready: Ready<Self>,
    ) -> BoxFuture<'_, Result<Self::QueryResult, Error>>;

    fn fetch_all(
        link: &mut Self::Connection,
        ready: Ready<Self>,
    ) -> BoxFuture<'_, Result<Vec<Self::Row>, Error>>;

    fn fetch_optional(
        link: &mut Self::Connection,
        ready: Ready<Self>,
    ) -> BoxFuture<'_, Result<Option<Self::Row>, Error>>;

    fn fetch(
        link: &mut Self::Connection,
        ready: Ready<Self>,
    ) -> BoxStream<'_, Result<Self::Row, Error>>;
}

/// The same words for each: their connections have nothing in common that could be said in a bound of reasonable length.
macro_rules! driver {
    ($feature:literal, $db:ty, { $($constant:item)* }) => {
        #[cfg(feature = $feature)]
        impl Backend for $db {}

        #[cfg(feature = $feature)]
        impl Driver for $db {
            $($constant)*

            fn add_tenant(
                arguments: &mut Self::Arguments,
                tenant: &str,
            ) -> Result<(), BoxDynError> {
                sqlx::Arguments::add(arguments, tenant.to_owned())
            }

            fn command(
                link: &mut Self::Connection,
                sql: SqlStr,
            ) -> BoxFuture<'_, Result<(), Error>> {
                let done = sqlx::Executor::execute(link, sql);
                Box::pin(async move { done.await.map(drop) })
            }

            fn execute(
                link: &mut Self::Connection,
                ready: Ready<Self>,
            ) -> BoxFuture<'_, Result<Self::QueryResult, Error>> {
                sqlx::Executor::execute(link, query(ready))
            }

            fn fetch_all(
                link: &mut Self::Connection,
                ready: Ready<Self>,
            ) -> BoxFuture<'_, Result<Vec<Self::Row>, Error>> {
                sqlx::Executor::fetch_all(link, query(ready))
            }

            fn fetch_optional(
                link: &mut Self::Connection,
                ready: Ready<Self>,
            ) -> BoxFuture<'_, Result<Option<Self::Row>, Error>> {
                sqlx::Executor::fetch_optional(link, query(ready))
            }

            fn fetch(
                link: &mut Self::Connection,
                ready: Ready<Self>,
            ) -> BoxStream<'_, Result<Self::Row, Error>> {
                sqlx::Executor::fetch(link, query(ready))
            }
        }
    };
}

driver!("sqlite", sqlx::Sqlite, {
    const DIALECT: Dialect = Dialect::Sqlite;
    const BEGIN: &'static str = "BEGIN";
    const CUT: Cut = Cut::RollsBack;
    const FAILURE_ABORTS: bool = false;
});

driver!("postgres", sqlx::Postgres, {
    const DIALECT: Dialect = Dialect::PostgreSql;
    const BEGIN: &'static str = "BEGIN";
    const CUT: Cut = Cut::Closes;
    const FAILURE_ABORTS: bool = true;
});

driver!("mysql", sqlx::MySql, {
    const DIALECT: Dialect = Dialect::MySql;
    const BEGIN: &'static str = "BEGIN";
    const CUT: Cut = Cut::Closes;
    const FAILURE_ABORTS: bool = false;
});

/// As sqlx takes it.
fn query<DB>(ready: Ready<DB>) -> sqlx::query::Query<'static, DB, DB::Arguments>
where
    DB: Database + sqlx::database::HasStatementCache,
    DB::Arguments: sqlx::IntoArguments<DB>,
{
    sqlx::query_with(ready.sql, ready.arguments).persistent(ready.kept)
}
