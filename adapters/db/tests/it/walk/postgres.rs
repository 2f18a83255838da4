//! On a PostgreSQL of its own.

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tollgate_db::{Dialect, Reason};

use super::{OTHERS, OWN, QUERIES, SHARED, TABLES, TENANT, rewriter, scoped};

/// What PostgreSQL alone understands.
const ONLY: &[&str] = &[
    "SELECT DISTINCT ON (name) name, id FROM r ORDER BY name, id",
    "SELECT public.r.id, \"r\".n FROM public.r JOIN R AS x ON x.id = public.r.id",
    "SELECT r.id, x.total FROM r, LATERAL (SELECT o.total FROM o WHERE o.r_id = r.id) AS x",
    "SELECT r.id, x.total FROM r LEFT JOIN LATERAL (SELECT o.total FROM o WHERE o.r_id = r.id) AS x ON true",
    "SELECT ARRAY(SELECT id FROM r ORDER BY id), 7 = ANY (SELECT id FROM r), 7 > ALL (SELECT id FROM r)",
    "SELECT name, id, sum(n) FROM r GROUP BY GROUPING SETS ((name), (id), ())",
    "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY n) FROM r",
    "SELECT row_to_json(r) FROM r",
    "SELECT r FROM r ORDER BY r.id",
    "SELECT * FROM r FOR UPDATE",
    "SELECT x.id FROM r AS x JOIN c ON c.id = x.id FOR SHARE OF x SKIP LOCKED",
    "SELECT g.g, r.id FROM generate_series(1, 3) AS g LEFT JOIN r ON r.id = g.g",
    "SELECT g, g + 1 FROM generate_series(1, (SELECT max(id) FROM r)) AS g",
    "SELECT generate_series FROM generate_series(1, 2)",
    "SELECT x.a, x.i FROM unnest(ARRAY[3, 4]) WITH ORDINALITY AS x (a, i)",
    "SELECT unnest FROM unnest(ARRAY[3, 4])",
    "SELECT r.id, x.a FROM r, LATERAL jsonb_to_recordset('[{\"a\": 1}, {\"a\": 2}]'::jsonb) AS x (a int) WHERE x.a = r.id",
    "SELECT x.key, x.value FROM r CROSS JOIN LATERAL json_each_text(row_to_json(r)) AS x",
    "SELECT r.id, t.tag FROM r, LATERAL unnest(ARRAY[r.name, 'q']) AS t (tag)",
    "SELECT x.x FROM r, regexp_split_to_table(r.name || ',z', ',') AS x",
    "SELECT id::text || 'x', CAST(n AS numeric(10, 2)), DATE '2020-01-01' + INTERVAL '1 day' FROM r",
    "SELECT EXTRACT(year FROM TIMESTAMP '2020-01-01'), now() AT TIME ZONE 'UTC' > DATE '2020-01-01' FROM r",
    "SELECT E'a\\'b', 'a\\b', $$it's$$, U&'\\0061', X'1F', B'101' FROM r",
    "SELECT (ARRAY[1, 2, 3])[2], (ARRAY[id, n])[1:2] FROM r",
    "SELECT substring(name FROM 1 FOR 1), position('a' IN name), trim(BOTH 'a' FROM name), overlay(name PLACING 'q' FROM 1) FROM r",
    "SELECT id FROM r ORDER BY n DESC NULLS LAST OFFSET 1 ROWS FETCH NEXT 1 ROWS ONLY",
    "SELECT sum(n) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM r",
    "SELECT a.id FROM (r AS a JOIN o AS b USING (id)) WHERE a.name ~* 'A'",
    "SELECT x.id FROM (r JOIN o USING (id)) AS x (id, a, b, d, e, f, g)",
    "SELECT name COLLATE \"C\" FROM r WHERE (id, n) IN ((1, 10)) OR ROW(id, n) = (SELECT 2, 20)",
    "WITH r AS (SELECT * FROM r WHERE id > 1) SELECT id FROM r",
    "WITH x AS MATERIALIZED (SELECT id FROM r) SELECT id FROM x",
    "SELECT jsonb_build_object('n', n) -> 'n', '{\"a\": [1]}'::jsonb #>> '{a,0}' FROM r",
    "SELECT count(DISTINCT name), array_agg(id ORDER BY id DESC), string_agg(name, ',' ORDER BY id) FROM r",
    "SELECT make_interval(days => 1), id IS DISTINCT FROM n, greatest(id, n) FROM r",
];

async fn database(rows: &[&[&str]]) -> PgConnection {
    let server = throwaway::Postgres::shared().unwrap();
    let url = server.create_database().unwrap();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    for sql in TABLES.iter().chain(rows.concat().iter()) {
        sqlx::query(AssertSqlSafe(*sql))
            .execute(&mut connection)
            .await
            .unwrap();
    }
    connection
}

async fn rows(connection: &mut PgConnection, sql: &str, tenant: bool) -> Vec<String> {
    let wrapped = format!("SELECT row_to_json(z)::text FROM ({sql}) AS z");
    let mut query = sqlx::query_scalar::<_, String>(AssertSqlSafe(wrapped));
    if tenant {
        query = query.bind(TENANT);
    }
    let mut rows = query
        .fetch_all(connection)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
    rows.sort();
    rows
}

#[tokio::test]
async fn a_query_on_the_shared_database_gives_what_it_gives_on_the_tenants_own() {
    let mut own = database(&[SHARED, OWN]).await;
    let mut shared = database(&[SHARED, OWN, OTHERS]).await;
    let rewriter = rewriter(Dialect::PostgreSql);
    for sql in QUERIES.iter().chain(ONLY) {
        let expected = rows(&mut own, sql, false).await;
        let (text, tenant) = scoped(&rewriter, sql);
        assert_eq!(rows(&mut shared, &text, tenant).await, expected, "{text}");
    }
}

/// `g.f` is `f(g)` to PostgreSQL where `g` has no column `f`; and `ts_stat` runs the SQL that it is given.
#[tokio::test]
async fn the_row_of_a_function_is_no_text_that_a_function_could_run() {
    let mut shared = database(&[SHARED, OWN, OTHERS]).await;
    let attack = "SELECT g.ts_stat FROM string_to_table('SELECT to_tsvector(''simple'', tenant_id) FROM r', '~') AS g";
    let leaked = rows(&mut shared, attack, false).await;
    assert!(
        leaked.iter().any(|row| row.contains("globex")),
        "{leaked:?}"
    );

    let (text, tenant) = scoped(&rewriter(Dialect::PostgreSql), attack);
    assert!(!tenant);
    let error = sqlx::query(AssertSqlSafe(text))
        .fetch_all(&mut shared)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("ts_stat does not exist"),
        "{error}"
    );

    let refused = rewriter(Dialect::PostgreSql)
        .rewrite("SELECT ('SELECT 1'::text).ts_stat")
        .unwrap_err();
    assert_eq!(*refused.reason(), Reason::Expression);
}
