//! A scoped statement is planned as the one that somebody would have written with the predicate by hand.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, Row as _};
use tokio::runtime::Builder;
use tollgate_db::{Bind, Dialect, Scoped};

use crate::world::rewriter;

/// Many tenants with few rows each: only the index on the tenant's column makes a statement quick.
const TABLES: &str = "
CREATE TABLE resources (id INTEGER PRIMARY KEY, tenant_id TEXT NOT NULL, name TEXT, status TEXT, qty INTEGER);
CREATE INDEX resources_tenant ON resources (tenant_id);
CREATE TABLE orders (id INTEGER PRIMARY KEY, org_id TEXT NOT NULL, resource_id INTEGER, total INTEGER);
CREATE INDEX orders_org ON orders (org_id);
INSERT INTO resources
    SELECT n, 't' || n % 500, 'n' || n, CASE n % 3 WHEN 0 THEN 'shut' ELSE 'open' END, n FROM generate_series(1, 40000) n;
INSERT INTO orders SELECT n, 't' || n % 500, n % 40000, n FROM generate_series(1, 40000) n;
ANALYZE resources; ANALYZE orders;
";

/// What a service writes, and what it would write without tollgate. `T` is the tenant.
const SHAPES: &[(&str, &str)] = &[
    (
        "SELECT id, name FROM resources WHERE id = 77",
        "SELECT id, name FROM resources WHERE tenant_id = T AND id = 77",
    ),
    (
        "SELECT id, name FROM resources WHERE status = 'open' ORDER BY id DESC LIMIT 20",
        "SELECT id, name FROM resources WHERE tenant_id = T AND status = 'open' ORDER BY id DESC LIMIT 20",
    ),
    (
        "SELECT r.name, o.total FROM resources r JOIN orders o ON o.resource_id = r.id",
        "SELECT r.name, o.total FROM resources r JOIN orders o ON o.resource_id = r.id WHERE r.tenant_id = T AND o.org_id = T",
    ),
    (
        "SELECT r.name, o.total FROM resources r LEFT JOIN orders o ON o.resource_id = r.id",
        "SELECT r.name, o.total FROM resources r LEFT JOIN orders o ON o.resource_id = r.id AND o.org_id = T WHERE r.tenant_id = T",
    ),
    (
        "SELECT name FROM resources WHERE EXISTS (SELECT 1 FROM orders o WHERE o.resource_id = resources.id)",
        "SELECT name FROM resources WHERE tenant_id = T AND EXISTS (SELECT 1 FROM orders o WHERE o.org_id = T AND o.resource_id = resources.id)",
    ),
    (
        "SELECT status, count(*), sum(qty) FROM resources GROUP BY status",
        "SELECT status, count(*), sum(qty) FROM resources WHERE tenant_id = T GROUP BY status",
    ),
    (
        "UPDATE resources SET qty = qty + 1 WHERE status = 'open'",
        "UPDATE resources SET qty = qty + 1 WHERE tenant_id = T AND status = 'open'",
    ),
    (
        "DELETE FROM resources WHERE status = 'shut' OR qty = 5",
        "DELETE FROM resources WHERE tenant_id = T AND (status = 'shut' OR qty = 5)",
    ),
    (
        "WITH open AS (SELECT id FROM resources WHERE status = 'open') SELECT count(*) FROM orders o JOIN open ON open.id = o.resource_id",
        "WITH open AS (SELECT id FROM resources WHERE tenant_id = T AND status = 'open') SELECT count(*) FROM orders o JOIN open ON open.id = o.resource_id WHERE o.org_id = T",
    ),
];

#[test]
fn a_scoped_statement_is_planned_like_one_with_the_predicate_by_hand() {
    let url = throwaway::Postgres::shared()
        .unwrap()
        .create_database()
        .unwrap();
    let rewriter = rewriter(Dialect::PostgreSql);
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut database = PgConnection::connect(&url).await.unwrap();
        sqlx::raw_sql(TABLES).execute(&mut database).await.unwrap();
        for (sql, by_hand) in SHAPES {
            let scoped = with_tenant(&rewriter.rewrite(sql).unwrap());
            let own = plan(&mut database, &scoped).await;
            let expected = plan(&mut database, &by_hand.replace("= T", "= 't7'")).await;
            assert_eq!(own, expected, "{sql}\nbecame\n{scoped}");
            let found = own
                .iter()
                .any(|line| line.contains("Index") || line.contains("Bitmap"));
            assert!(found, "no index in {own:#?}");
            assert!(
                !own.iter().any(|line| line.contains("Seq Scan")),
                "{own:#?}"
            );
        }
    });
}

/// The text with the tenant in it, as the planner sees it when it plans for the values.
fn with_tenant(scoped: &Scoped) -> String {
    assert_eq!(scoped.binds(), [Bind::Tenant]);
    scoped.sql().replace("$1", "'t7'")
}

/// Each line of the plan without the names that tables have in this statement, its conditions in the order of letters.
async fn plan(database: &mut PgConnection, sql: &str) -> Vec<String> {
    let explain = AssertSqlSafe(format!("EXPLAIN (COSTS OFF) {sql}"));
    let rows = sqlx::query(explain).fetch_all(database).await.unwrap();
    rows.iter().map(|row| normal(row.get(0))).collect()
}

fn normal(line: &str) -> String {
    let tables = ["resources", "orders"];
    let on = tables.iter().find_map(|table| {
        let (before, _alias) = line.split_once(&format!(" on {table}"))?;
        Some(format!("{before} on {table}"))
    });
    let line = on.unwrap_or_else(|| line.to_owned());
    let (indent, (label, condition)) = (
        line.len() - line.trim_start().len(),
        line.trim_start()
            .split_once(": ")
            .unwrap_or((line.trim_start(), "")),
    );
    let words = condition
        .split(['(', ')', ' '])
        .filter(|word| !word.is_empty());
    let unqualified: Vec<_> = words
        .map(|word| word.rsplit('.').next().unwrap_or_default())
        .collect();
    let condition = unqualified.join(" ");
    let mut conditions: Vec<_> = condition.split(" AND ").collect();
    conditions.sort_unstable();
    format!(
        "{}{label}: {}",
        " ".repeat(indent),
        conditions.join(" AND ")
    )
}
