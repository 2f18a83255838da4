//! Runs one statement on either database; every cell comes back as text, so that all above is written once.

#[cfg(feature = "postgres")]
use sqlx::Postgres;
#[cfg(feature = "sqlite")]
use sqlx::Sqlite;
use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, Connection, Executor, Row, Transaction};

/// The databases that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dialect {
    /// SQLite, embedded.
    Sqlite,
    /// PostgreSQL, 13 or later.
    Postgres,
}

/// The user's connections.
#[derive(Debug, Clone)]
pub(crate) enum Database {
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::SqlitePool),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::PgPool),
}

impl Database {
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Dialect::Sqlite,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    pub(crate) async fn session(&self) -> Result<Session, sqlx::Error> {
        let link = match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pool) => Link::Sqlite(pool.acquire().await?),
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => Link::Postgres(pool.acquire().await?),
        };
        Ok(Session { link, busy: false })
    }

    /// The rows of one statement outside of any transaction.
    pub(crate) async fn rows(&self, statement: Statement) -> Result<Vec<Record>, sqlx::Error> {
        self.session().await?.rows(statement).await
    }
}

/// A connection on loan from the pool.
///
/// One that was left in the middle of a question, because time was up or the caller gave up, is not given back on
/// PostgreSQL but closed: the pool would wait for its answer, without a bound, and for a dead server's for ever.
pub(crate) struct Session {
    link: Link,
    busy: bool,
}

enum Link {
    #[cfg(feature = "sqlite")]
    Sqlite(PoolConnection<Sqlite>),
    #[cfg(feature = "postgres")]
    Postgres(PoolConnection<Postgres>),
}

impl Session {
    pub(crate) async fn rows(&mut self, statement: Statement) -> Result<Vec<Record>, sqlx::Error> {
        self.busy = true;
        let rows = match &mut self.link {
            #[cfg(feature = "sqlite")]
            Link::Sqlite(link) => sqlite::rows(link, statement).await,
            #[cfg(feature = "postgres")]
            Link::Postgres(link) => postgres::rows(link, statement).await,
        };
        self.busy = false;
        rows
    }

    /// Begins a transaction that may write; on SQLite it waits for its turn here, and not in its middle.
    pub(crate) async fn begin(&mut self) -> Result<Work<'_>, sqlx::Error> {
        self.busy = true;
        let tx = match &mut self.link {
            #[cfg(feature = "sqlite")]
            Link::Sqlite(link) => Tx::Sqlite(link.begin_with("BEGIN IMMEDIATE").await?),
            #[cfg(feature = "postgres")]
            Link::Postgres(link) => Tx::Postgres(link.begin().await?),
        };
        Ok(Work {
            tx,
            busy: &mut self.busy,
        })
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        match &mut self.link {
            #[cfg(feature = "sqlite")]
            Link::Sqlite(_) => {}
            #[cfg(feature = "postgres")]
            Link::Postgres(link) if self.busy => link.close_on_drop(),
            #[cfg(feature = "postgres")]
            Link::Postgres(_) => {}
        }
    }
}

/// A transaction; undone unless it is committed.
pub(crate) struct Work<'s> {
    tx: Tx<'s>,
    /// Stays set unless the transaction ends as it should.
    busy: &'s mut bool,
}

enum Tx<'s> {
    #[cfg(feature = "sqlite")]
    Sqlite(Transaction<'s, Sqlite>),
    #[cfg(feature = "postgres")]
    Postgres(Transaction<'s, Postgres>),
}

impl Work<'_> {
    pub(crate) async fn rows(&mut self, statement: Statement) -> Result<Vec<Record>, sqlx::Error> {
        match &mut self.tx {
            #[cfg(feature = "sqlite")]
            Tx::Sqlite(tx) => sqlite::rows(tx, statement).await,
            #[cfg(feature = "postgres")]
            Tx::Postgres(tx) => postgres::rows(tx, statement).await,
        }
    }

    /// How many rows the statement wrote.
    pub(crate) async fn write(&mut self, statement: Statement) -> Result<u64, sqlx::Error> {
        match &mut self.tx {
            #[cfg(feature = "sqlite")]
            Tx::Sqlite(tx) => sqlite::write(tx, statement).await,
            #[cfg(feature = "postgres")]
            Tx::Postgres(tx) => postgres::write(tx, statement).await,
        }
    }

    /// Runs many statements that take no values.
    pub(crate) async fn script(&mut self, text: &'static str) -> Result<(), sqlx::Error> {
        match &mut self.tx {
            #[cfg(feature = "sqlite")]
            Tx::Sqlite(tx) => tx.execute(sqlx::raw_sql(text)).await.map(drop),
            #[cfg(feature = "postgres")]
            Tx::Postgres(tx) => tx.execute(sqlx::raw_sql(text)).await.map(drop),
        }
    }

    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        match self.tx {
            #[cfg(feature = "sqlite")]
            Tx::Sqlite(tx) => tx.commit().await?,
            #[cfg(feature = "postgres")]
            Tx::Postgres(tx) => tx.commit().await?,
        }
        *self.busy = false;
        Ok(())
    }

    pub(crate) async fn undo(self) -> Result<(), sqlx::Error> {
        match self.tx {
            #[cfg(feature = "sqlite")]
            Tx::Sqlite(tx) => tx.rollback().await?,
            #[cfg(feature = "postgres")]
            Tx::Postgres(tx) => tx.rollback().await?,
        }
        *self.busy = false;
        Ok(())
    }
}

/// SQL with the values of its `$1`, `$2`, ….
#[derive(Debug)]
pub(crate) struct Statement {
    text: String,
    values: Vec<Value>,
}

#[derive(Debug)]
enum Value {
    Text(Option<String>),
    Bytes(Vec<u8>),
    Int(i64),
}

impl Statement {
    /// `text` is the crate's own: whatever comes from outside is bound.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            values: Vec::new(),
        }
    }

    pub(crate) fn text(self, value: impl Into<String>) -> Self {
        self.maybe(Some(value.into()))
    }

    pub(crate) fn maybe(mut self, value: Option<String>) -> Self {
        self.values.push(Value::Text(value));
        self
    }

    pub(crate) fn bytes(mut self, value: Vec<u8>) -> Self {
        self.values.push(Value::Bytes(value));
        self
    }

    pub(crate) fn int(mut self, value: i64) -> Self {
        self.values.push(Value::Int(value));
        self
    }
}

/// A row: each cell is the text that the statement has cast it to. SQLite may hold text that is no UTF-8.
#[derive(Debug, Clone, Hash)]
pub(crate) struct Record(pub(crate) Vec<Option<Vec<u8>>>);

impl Record {
    pub(crate) fn bytes(&self, at: usize) -> Option<&[u8]> {
        self.0.get(at)?.as_deref()
    }

    pub(crate) fn text(&self, at: usize) -> Option<&str> {
        str::from_utf8(self.bytes(at)?).ok()
    }

    pub(crate) fn number(&self, at: usize) -> Option<u64> {
        self.text(at)?.parse().ok()
    }
}

/// The same for each driver: their types have nothing in common that could be said in a bound of reasonable length.
macro_rules! driver {
    ($feature:literal, $name:ident, $db:ty, $connection:ty) => {
        #[cfg(feature = $feature)]
        mod $name {
            use super::{AssertSqlSafe, Executor, Record, Row, Statement, Value};

            pub(super) async fn rows(
                connection: &mut $connection,
                statement: Statement,
            ) -> Result<Vec<Record>, sqlx::Error> {
                let rows = bound(statement).fetch_all(connection).await?;
                rows.iter().map(record).collect()
            }

            pub(super) async fn write(
                connection: &mut $connection,
                statement: Statement,
            ) -> Result<u64, sqlx::Error> {
                let done = connection.execute(bound(statement)).await?;
                Ok(done.rows_affected())
            }

            fn bound(
                statement: Statement,
            ) -> sqlx::query::Query<'static, $db, <$db as sqlx::Database>::Arguments> {
                let query = sqlx::query(AssertSqlSafe(statement.text));
                statement
                    .values
                    .into_iter()
                    .fold(query, |query, value| match value {
                        Value::Text(text) => query.bind(text),
                        Value::Bytes(bytes) => query.bind(bytes),
                        Value::Int(int) => query.bind(int),
                    })
            }

            fn record(row: &<$db as sqlx::Database>::Row) -> Result<Record, sqlx::Error> {
                let cells = 0..row.len();
                cells
                    .map(|at| row.try_get_unchecked(at))
                    .collect::<Result<_, _>>()
                    .map(Record)
            }
        }
    };
}

driver!("sqlite", sqlite, sqlx::Sqlite, sqlx::SqliteConnection);
driver!("postgres", postgres, sqlx::Postgres, sqlx::PgConnection);
