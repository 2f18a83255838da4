//! The two worlds in SQLite, in memory.

use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Connection as _, Row as _, TypeInfo as _, ValueRef as _};
use tokio::runtime::{Builder, Runtime};
use tollgate_db::{Bind, Scoped};

use super::answer::{Answer, Failed};
use super::rows::{ACMES, NOT_ACMES, TABLES, WORLDS, others};
use super::{TENANT, Value};

/// The most steps of a statement: a recursion without an end is given up.
const MOST: i32 = 3_000_000;

/// A database for each world.
pub(crate) struct Sqlite {
    runtime: Runtime,
    worlds: Vec<SqliteConnection>,
}

impl Sqlite {
    pub(crate) fn new() -> Self {
        let runtime = Builder::new_current_thread().build().unwrap();
        let worlds = runtime.block_on(async {
            let mut worlds = Vec::new();
            for world in WORLDS {
                let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
                let elsewhere =
                    "ATTACH ':memory:' AS other; CREATE TABLE other.resources (word TEXT);
                    INSERT INTO other.resources VALUES ('LEAK elsewhere');";
                for sql in [TABLES, others(world), elsewhere] {
                    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
                }
                let mut handle = connection.lock_handle().await.unwrap();
                handle.set_progress_handler(MOST, || false);
                drop(handle);
                worlds.push(connection);
            }
            worlds
        });
        Self { runtime, worlds }
    }

    /// Runs a scoped statement for acme in both worlds, and takes back what it did.
    ///
    /// # Panics
    /// If a row that is not acme's has changed.
    pub(crate) fn ask(&mut self, scoped: &Scoped, values: &[Value]) -> [Answer; 2] {
        let worlds: [&mut SqliteConnection; 2] = self
            .worlds
            .iter_mut()
            .collect::<Vec<_>>()
            .try_into()
            .unwrap();
        self.runtime.block_on(async {
            let [one, other] = worlds;
            [
                ask(one, scoped, values).await,
                ask(other, scoped, values).await,
            ]
        })
    }
}

async fn ask(database: &mut SqliteConnection, scoped: &Scoped, values: &[Value]) -> Answer {
    let before = all(database, NOT_ACMES).await;
    sqlx::raw_sql("SAVEPOINT attack")
        .execute(&mut *database)
        .await
        .unwrap();
    let rows = run(database, scoped, values).await;
    let after = all(database, NOT_ACMES).await;
    let own = all(database, ACMES).await;
    sqlx::raw_sql("ROLLBACK TO attack; RELEASE attack")
        .execute(&mut *database)
        .await
        .unwrap();
    assert_eq!(before, after, "other tenants' rows have changed");
    Answer { rows, own }
}

async fn run(
    database: &mut SqliteConnection,
    scoped: &Scoped,
    values: &[Value],
) -> Result<Vec<String>, Failed> {
    let mut query = sqlx::query(AssertSqlSafe(scoped.sql().to_string())).persistent(false);
    for bind in scoped.binds() {
        query = match bind {
            Bind::Tenant => query.bind(TENANT),
            Bind::Caller(nth) => match values[nth - 1] {
                Value::Int(number) => query.bind(number),
                Value::Text(text) => query.bind(text),
            },
        };
    }
    let rows = query
        .fetch_all(database)
        .await
        .map_err(|error| Failed(error.to_string()))?;
    let mut rows: Vec<_> = rows.iter().map(text).collect();
    rows.sort();
    Ok(rows)
}

async fn all(database: &mut SqliteConnection, sql: &'static str) -> Vec<String> {
    // Prepared anew each time, as the steps of a statement are counted over all its runs.
    let query = sqlx::query(sql).persistent(false);
    let rows = query.fetch_all(database).await.unwrap();
    rows.iter().map(text).collect()
}

fn text(row: &SqliteRow) -> String {
    let cells: Vec<_> = (0..row.len()).map(|cell| cell_text(row, cell)).collect();
    cells.join("|")
}

fn cell_text(row: &SqliteRow, cell: usize) -> String {
    let value = row.try_get_raw(cell).unwrap();
    if value.is_null() {
        return "NULL".to_owned();
    }
    // Of the value, not of the column.
    match value.type_info().name() {
        "INTEGER" | "BOOLEAN" => row.get_unchecked::<i64, _>(cell).to_string(),
        "REAL" => row.get_unchecked::<f64, _>(cell).to_string(),
        "BLOB" => format!("{:x?}", row.get_unchecked::<Vec<u8>, _>(cell)),
        _ => row.get_unchecked::<String, _>(cell),
    }
}
