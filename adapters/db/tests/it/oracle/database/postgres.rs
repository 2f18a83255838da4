//! PostgreSQL, on a server that is thrown away.

use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Row, TypeInfo, ValueRef};

use super::{Database, Effect, Failure, Kept, Outcome, Run};
use crate::oracle::ddl::{self, Holds};
use crate::oracle::world::{Value, World};

/// A role that row-level security binds, as it does not bind superusers.
const BOUND: &str = "bound";

/// Makes it, once for a server.
pub(in crate::oracle) async fn make_bound_role(url: &str) {
    let options: PgConnectOptions = url.parse().unwrap();
    let mut connection = options.connect().await.unwrap();
    let sql = AssertSqlSafe(format!("CREATE ROLE {BOUND}"));
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
}

/// One database with a world's rows, or a part of them.
pub(in crate::oracle) struct Postgres {
    connection: PgConnection,
    dump: String,
    /// Whether statements run under row-level security.
    policed: bool,
    /// What the tables hold when nothing was done.
    before: Vec<Kept>,
}

impl Postgres {
    /// Makes the tables in an empty database.
    pub(in crate::oracle) async fn new(url: &str, world: &World, holds: Holds) -> Self {
        let mut made = Self::connected(url, world, false).await;
        made.plain("DROP SCHEMA IF EXISTS public, app CASCADE")
            .await;
        made.plain("CREATE SCHEMA public").await;
        made.plain("CREATE SCHEMA app").await;
        for statement in ddl::statements(world, holds) {
            made.plain(statement).await;
        }
        made.before = made.kept().await;
        made
    }

    /// The tables of `url`, where each tenant is shown its own rows by the database.
    pub(in crate::oracle) async fn policed(url: &str, world: &World) -> Self {
        let mut made = Self::connected(url, world, true).await;
        for statement in policies(world) {
            made.plain(statement).await;
        }
        made.before = made.kept().await;
        made
    }

    async fn connected(url: &str, world: &World, policed: bool) -> Self {
        let options: PgConnectOptions = url.parse().unwrap();
        // To compile a plan takes longer than to run it on a few rows.
        let options = options.options([("jit", "off")]);
        let connection = options.disable_statement_logging().connect().await;
        Self {
            connection: connection.unwrap(),
            dump: ddl::dump(world),
            policed,
            before: Vec::new(),
        }
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

impl Database for Postgres {
    async fn effect(&mut self, run: &Run) -> Effect {
        if self.policed {
            let tenant = run.tenant;
            self.plain(format!(
                "BEGIN; SELECT set_config('app.tenant_id', '{tenant}', true); SET LOCAL ROLE {BOUND}"
            ))
            .await;
        } else {
            self.plain("BEGIN").await;
        }
        let outcome = self.run(run).await.map_err(Failure::from);
        let after = match &outcome {
            Ok(_) if run.writes => {
                self.plain("RESET ROLE").await;
                self.kept().await
            }
            // What fails is undone by the database itself.
            Err(_) if run.writes => self.before.clone(),
            _ => Vec::new(),
        };
        self.plain("ROLLBACK").await;
        Effect { outcome, after }
    }

    async fn now(&mut self) -> Vec<Kept> {
        self.kept().await
    }
}

/// Row-level security by hand, for this test alone.
fn policies(world: &World) -> Vec<String> {
    let mut all = Vec::new();
    for table in &world.tables {
        let name = ddl::full_name(world.dialect, table);
        all.push(format!("GRANT ALL ON {name} TO {BOUND}"));
        let Some(place) = table.tenant.filter(|_| !table.view) else {
            continue;
        };
        let tenant = crate::oracle::names::plain(world.dialect, table.columns[place].name);
        all.push(format!("ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"));
        all.push(format!(
            "CREATE POLICY own ON {name} USING ({tenant} = current_setting('app.tenant_id', true))"
        ));
    }
    all.push(format!("GRANT USAGE ON SCHEMA public, app TO {BOUND}"));
    all
}

fn values(row: &PgRow) -> Vec<String> {
    let value = |place: usize| {
        let value = row.try_get_raw(place).unwrap();
        if value.is_null() {
            return "NULL".to_owned();
        }
        let name = value.type_info().name().to_owned();
        match name.as_str() {
            "INT8" => row.get::<i64, _>(place).to_string(),
            "INT4" => row.get::<i32, _>(place).to_string(),
            "TEXT" => format!("{:?}", row.get::<String, _>(place)),
            // As the database sent it.
            _ => format!("{name} {:?}", value.as_bytes().unwrap()),
        }
    };
    (0..row.len()).map(value).collect()
}
