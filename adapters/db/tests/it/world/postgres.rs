//! The two worlds in PostgreSQL, asked by a superuser: nothing but the rewriter holds a statement back.

use std::sync::OnceLock;

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Connection as _, Row as _, ValueRef as _};
use tokio::runtime::Builder;
use tollgate_db::{Bind, Scoped};

use super::answer::{Answer, Failed};
use super::rows::{ACMES, NOT_ACMES, TABLES, WORLDS, others};
use super::{TENANT, Value};

/// What PostgreSQL has beside the tables: names that differ in case only, and the same name in another schema.
const ELSEWHERE: &str = r#"
CREATE TABLE notes (word TEXT); INSERT INTO notes VALUES ('LEAK lower case');
CREATE TABLE "RESOURCES" (word TEXT); INSERT INTO "RESOURCES" VALUES ('LEAK upper case');
CREATE SCHEMA app; CREATE TABLE app.resources (word TEXT); INSERT INTO app.resources VALUES ('LEAK elsewhere');
"#;

/// Where the worlds are, on the server that all tests have together.
fn urls() -> &'static [String; 2] {
    static URLS: OnceLock<[String; 2]> = OnceLock::new();
    URLS.get_or_init(|| {
        let server = throwaway::Postgres::shared().unwrap();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        WORLDS.map(|world| {
            let url = server.create_database().unwrap();
            runtime.block_on(async {
                let mut connection = PgConnection::connect(&url).await.unwrap();
                for sql in [TABLES, others(world), ELSEWHERE] {
                    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
                }
            });
            url
        })
    })
}

/// Runs a scoped statement for acme in both worlds, and takes back what it did.
///
/// # Panics
/// If a row that is not acme's has changed.
pub(crate) fn ask(scoped: &Scoped, values: &[Value]) -> [Answer; 2] {
    let urls = urls().each_ref();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    urls.map(|url| {
        runtime.block_on(async {
            let mut connection = PgConnection::connect(url).await.unwrap();
            ask_one(&mut connection, scoped, values).await
        })
    })
}

async fn ask_one(database: &mut PgConnection, scoped: &Scoped, values: &[Value]) -> Answer {
    let before = rows(database, NOT_ACMES.to_owned()).await.unwrap();
    command(database, "BEGIN; SAVEPOINT attack").await;
    let answer = run(database, scoped, values).await;
    if answer.is_err() {
        command(database, "ROLLBACK TO attack").await;
    }
    let after = rows(database, NOT_ACMES.to_owned()).await.unwrap();
    let own = rows(database, ACMES.to_owned()).await.unwrap();
    command(database, "ROLLBACK").await;
    assert_eq!(before, after, "other tenants' rows have changed");
    let rows = answer.map(|mut rows| {
        rows.sort();
        rows
    });
    Answer { rows, own }
}

/// Prepared as a driver would, with the types that it would name; run as text, so that values of all types can be read.
async fn run(
    database: &mut PgConnection,
    scoped: &Scoped,
    values: &[Value],
) -> Result<Vec<String>, Failed> {
    let (mut types, mut arguments) = (Vec::new(), Vec::new());
    for bind in scoped.binds() {
        let (kind, argument) = match bind {
            Bind::Tenant => ("text", format!("'{TENANT}'")),
            Bind::Caller(nth) => match values[nth - 1] {
                Value::Int(number) => ("int8", number.to_string()),
                Value::Text(text) => ("text", format!("'{}'", text.replace('\'', "''"))),
            },
        };
        types.push(kind);
        arguments.push(argument);
    }
    let listed = |items: String| {
        if items.is_empty() {
            items
        } else {
            format!("({items})")
        }
    };
    let types = listed(types.join(", "));
    rows(
        database,
        format!("PREPARE attack{types} AS {}", scoped.sql()),
    )
    .await?;
    let run = format!("EXECUTE attack{}", listed(arguments.join(", ")));
    rows(database, run).await
}

async fn command(database: &mut PgConnection, sql: &'static str) {
    sqlx::raw_sql(sql).execute(database).await.unwrap();
}

async fn rows(database: &mut PgConnection, sql: String) -> Result<Vec<String>, Failed> {
    let rows = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(database).await;
    let rows = rows.map_err(|error| Failed(error.to_string()))?;
    Ok(rows.iter().map(text).collect())
}

fn text(row: &PgRow) -> String {
    let cell = |cell| {
        let value = row.try_get_raw(cell).unwrap();
        if value.is_null() {
            return "NULL".to_owned();
        }
        value.as_str().unwrap().to_owned()
    };
    let cells: Vec<_> = (0..row.len()).map(cell).collect();
    cells.join("|")
}
