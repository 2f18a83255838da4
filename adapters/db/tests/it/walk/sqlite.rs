//! On SQLite, in memory.

use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection, TypeInfo, Value, ValueRef};
use tollgate_db::Dialect;

use super::{OTHERS, OWN, QUERIES, SHARED, TABLES, TENANT, rewriter, scoped};

/// What SQLite alone understands.
const ONLY: &[&str] = &[
    "SELECT id FROM r AS x WHERE (tenant_id, id, n, name) IN r",
    "SELECT \"id\", [n], `name` FROM \"R\"",
    "SELECT main.r.id, r.n FROM main.r",
    "SELECT R.id FROM MAIN.R JOIN c ON main.r.id = c.id",
    "WITH x AS (SELECT id FROM y), y AS (SELECT id FROM r) SELECT * FROM x",
    "SELECT id FROM r WHERE name GLOB '*' ORDER BY id LIMIT 1, 1",
    "SELECT r.id, j.value FROM r, json_each('[1,2]') AS j WHERE j.value = r.id",
    "SELECT group_concat(name) FROM r",
    "VALUES ((SELECT max(id) FROM r))",
    "SELECT id FROM r WHERE name = 'a\\'' OR ''' OR 1=1 --' = name OR id = 7",
];

async fn database(rows: &[&[&str]]) -> SqliteConnection {
    let mut connection =
        SqliteConnection::connect_with(&SqliteConnectOptions::new().in_memory(true))
            .await
            .unwrap();
    // The worst that a column can be declared.
    for sql in TABLES {
        let sql = sql.replace("tenant_id text", "tenant_id text COLLATE NOCASE");
        sqlx::query(AssertSqlSafe(sql))
            .execute(&mut connection)
            .await
            .unwrap();
    }
    for sql in rows.concat() {
        sqlx::query(AssertSqlSafe(sql))
            .execute(&mut connection)
            .await
            .unwrap();
    }
    connection
}

fn shown(row: &SqliteRow) -> String {
    let column = |index| {
        let value = row.try_get_raw(index).unwrap().to_owned();
        match value.type_info().name() {
            _ if value.is_null() => "NULL".to_owned(),
            "INTEGER" | "BOOLEAN" => value.decode::<i64>().to_string(),
            "REAL" => value.decode::<f64>().to_string(),
            _ => value.decode::<String>(),
        }
    };
    (0..row.len()).map(column).collect::<Vec<_>>().join("|")
}

async fn rows(connection: &mut SqliteConnection, sql: &str, tenant: bool) -> Vec<String> {
    let mut query = sqlx::query(AssertSqlSafe(sql));
    if tenant {
        query = query.bind(TENANT);
    }
    let rows = query
        .fetch_all(connection)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
    let mut shown: Vec<String> = rows.iter().map(shown).collect();
    shown.sort();
    shown
}

#[tokio::test]
async fn a_query_on_the_shared_database_gives_what_it_gives_on_the_tenants_own() {
    let mut own = database(&[SHARED, OWN]).await;
    let mut shared = database(&[SHARED, OWN, OTHERS]).await;
    let rewriter = rewriter(Dialect::Sqlite);
    for sql in QUERIES.iter().chain(ONLY) {
        let expected = rows(&mut own, sql, false).await;
        let (text, tenant) = scoped(&rewriter, sql);
        assert_eq!(rows(&mut shared, &text, tenant).await, expected, "{text}");
    }
}
