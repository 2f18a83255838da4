//! MariaDB, on a server that is thrown away.

use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Row, TypeInfo, ValueRef};

use super::{Database, Effect, Failure, Kept, Outcome, Run};
use crate::oracle::ddl::{self, Holds};
use crate::oracle::world::{Value, World};

/// Ways to keep the optimizer from what it does by itself.
const PLANS: &[&str] = &[
    "default",
    "derived_merge=off",
    "subquery_cache=off",
    "semijoin=off,materialization=off",
    "semijoin=off,in_to_exists=off",
    "derived_merge=off,semijoin=off,materialization=off,subquery_cache=off",
];

/// One database with a world's rows, or a part of them.
pub(in crate::oracle) struct MariaDb {
    connection: MySqlConnection,
    dump: String,
}

impl MariaDb {
    /// Makes the tables in a database that is emptied first.
    pub(in crate::oracle) async fn new(url: &str, world: &World, holds: Holds) -> Self {
        let options: MySqlConnectOptions = url.parse().unwrap();
        let name = options.get_database().unwrap().to_owned();
        let connection = options.disable_statement_logging().connect().await;
        let mut made = Self {
            connection: connection.unwrap(),
            dump: ddl::dump(world),
        };
        // To look for the best plan takes longer than to run any on a few rows.
        made.plain("SET optimizer_search_depth = 1").await;
        made.plain(format!("DROP DATABASE {name}")).await;
        made.plain(format!("CREATE DATABASE {name} CHARACTER SET utf8mb4"))
            .await;
        made.plain(format!("USE {name}")).await;
        for statement in ddl::statements(world, holds) {
            made.plain(statement).await;
        }
        made
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

impl Database for MariaDb {
    async fn effect(&mut self, run: &Run) -> Effect {
        if !run.writes {
            let outcome = self.run(run).await.map_err(Failure::from);
            return Effect {
                outcome,
                after: Vec::new(),
            };
        }
        self.plain("START TRANSACTION").await;
        let outcome = self.run(run).await.map_err(Failure::from);
        let after = self.kept().await;
        self.plain("ROLLBACK").await;
        Effect { outcome, after }
    }

    async fn by_other_plans(&mut self, run: &Run) -> Vec<Effect> {
        let mut effects = Vec::new();
        for plan in PLANS {
            self.plain(format!("SET optimizer_switch = '{plan}'")).await;
            effects.push(self.effect(run).await);
            self.plain("SET optimizer_switch = DEFAULT").await;
        }
        effects
    }

    async fn now(&mut self) -> Vec<Kept> {
        self.kept().await
    }
}

/// Numbers and texts as such, all else as the database sent it.
fn values(row: &MySqlRow) -> Vec<String> {
    let value = |place: usize| {
        let value = row.try_get_raw(place).unwrap();
        if value.is_null() {
            return "NULL".to_owned();
        }
        let name = value.type_info().name().to_owned();
        match name.as_str() {
            "BIGINT" => row.get_unchecked::<i64, _>(place).to_string(),
            "VARCHAR" | "CHAR" | "TEXT" => {
                format!("{:?}", row.get_unchecked::<String, _>(place))
            }
            _ => format!("{:?}", row.get_unchecked::<Vec<u8>, _>(place)),
        }
    };
    (0..row.len()).map(value).collect()
}
