//! SQLite, in memory.

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Row, TypeInfo, ValueRef};

use super::{Database, Effect, Failure, Kept, Outcome, Run};
use crate::oracle::ddl::{self, Holds};
use crate::oracle::world::{Value, World};

/// One database with a world's rows, or a part of them.
pub(in crate::oracle) struct Sqlite {
    connection: SqliteConnection,
    dump: String,
}

impl Sqlite {
    pub(in crate::oracle) async fn new(world: &World, holds: Holds) -> Self {
        let options: SqliteConnectOptions = "sqlite::memory:".parse().unwrap();
        let connection = options.disable_statement_logging().connect().await;
        let mut sqlite = Self {
            connection: connection.unwrap(),
            dump: ddl::dump(world),
        };
        for statement in ddl::statements(world, holds) {
            sqlite.plain(statement).await;
        }
        sqlite
    }

    /// A statement of the test's own.
    async fn plain(&mut self, sql: impl Into<String>) {
        let sql = sql.into();
        let done = sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(&mut self.connection);
        done.await.unwrap_or_else(|error| panic!("{error}: {sql}"));
    }

    async fn run(&mut self, run: &Run) -> Result<Outcome, sqlx::Error> {
        let mut query = sqlx::query(AssertSqlSafe(run.sql.clone())).persistent(false);
        for value in &run.values {
            query = match value {
                Value::Int(number) => query.bind(number),
                Value::Text(text) => query.bind(text),
            };
        }
        if !run.returns {
            let done = query.execute(&mut self.connection).await?;
            return Ok(Outcome {
                rows: Vec::new(),
                changed: done.rows_affected(),
            });
        }
        let rows = query.fetch_all(&mut self.connection).await?;
        Ok(Outcome {
            rows: rows.iter().map(values).collect(),
            changed: 0,
        })
    }

    async fn kept(&mut self) -> Vec<Kept> {
        let query = sqlx::query_as(AssertSqlSafe(self.dump.clone()));
        let rows: Vec<(String, Option<String>, String)> =
            query.fetch_all(&mut self.connection).await.unwrap();
        super::kept(rows)
    }
}

impl Database for Sqlite {
    async fn effect(&mut self, run: &Run) -> Effect {
        if !run.writes {
            let outcome = self.run(run).await.map_err(Failure::from);
            return Effect {
                outcome,
                after: Vec::new(),
            };
        }
        self.plain("SAVEPOINT s").await;
        let outcome = self.run(run).await.map_err(Failure::from);
        let after = self.kept().await;
        self.plain("ROLLBACK TO s; RELEASE s").await;
        Effect { outcome, after }
    }

    async fn now(&mut self) -> Vec<Kept> {
        self.kept().await
    }
}

fn values(row: &SqliteRow) -> Vec<String> {
    let value = |place: usize| {
        let value = row.try_get_raw(place).unwrap();
        if value.is_null() {
            return "NULL".to_owned();
        }
        let name = value.type_info().name().to_owned();
        match name.as_str() {
            "INTEGER" => row.get_unchecked::<i64, _>(place).to_string(),
            "REAL" => format!("{:?}", row.get_unchecked::<f64, _>(place)),
            "TEXT" => format!("{:?}", row.get_unchecked::<String, _>(place)),
            _ => format!("{name} {:?}", row.get_unchecked::<Vec<u8>, _>(place)),
        }
    };
    (0..row.len()).map(value).collect()
}
