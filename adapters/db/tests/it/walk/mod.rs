//! What the walk makes of a query, run: on the shared database it gives what the original gives on the tenant's own.

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use tollgate_db::{Bind, Dialect, Rewriter, Schema};

const TENANT: &str = "acme";

/// Tables with rows of two tenants, whose ids differ in case alone, and of a third; in the tenant's own database there
/// are its rows only.
const TABLES: &[&str] = &[
    "CREATE TABLE r (tenant_id text, id int, n int, name text)",
    "CREATE TABLE o (org_id text, id int, r_id int, total int)",
    "CREATE TABLE c (id int, name text)",
];

const SHARED: &[&str] = &["INSERT INTO c VALUES (1, 'one'), (2, 'two'), (7, 'seven')"];

const OWN: &[&str] = &[
    "INSERT INTO r VALUES ('acme', 1, 10, 'a'), ('acme', 2, 20, 'b'), ('acme', 3, NULL, 'b')",
    "INSERT INTO o VALUES ('acme', 1, 1, 5), ('acme', 2, 1, 7), ('acme', 4, 9, 1)",
];

const OTHERS: &[&str] = &[
    "INSERT INTO r VALUES ('ACME', 1, 99, 'a'), ('globex', 2, 98, 'z'), ('globex', 7, 97, 'y'), (NULL, 8, 1, 'x')",
    "INSERT INTO o VALUES ('ACME', 1, 1, 500), ('globex', 2, 3, 700), ('globex', 8, 2, 900), (NULL, 9, 1, 1)",
];

/// Queries that both databases understand.
const QUERIES: &[&str] = &[
    "SELECT * FROM r",
    "SELECT r.* FROM r, c WHERE r.id = c.id OR 1 = 1",
    "SELECT id FROM r WHERE id = 1 OR id = 7 OR true",
    "SELECT x.id, y.total FROM r AS x JOIN o AS y ON y.r_id = x.id",
    "SELECT x.id, y.total FROM r AS x LEFT JOIN o AS y ON y.r_id = x.id",
    "SELECT x.id, y.total FROM r AS x RIGHT JOIN o AS y ON y.r_id = x.id",
    "SELECT x.id, y.total FROM r AS x FULL JOIN o AS y ON y.r_id = x.id",
    "SELECT x.id, y.id FROM r AS x CROSS JOIN o AS y",
    "SELECT id, n, total FROM r NATURAL JOIN o",
    "SELECT id, n, total FROM r JOIN o USING (id)",
    "SELECT c.name, r.n FROM c LEFT JOIN (r JOIN o ON o.r_id = r.id) ON r.id = c.id",
    "SELECT a.id FROM r AS a, r AS b WHERE a.id < b.id",
    "SELECT r.id FROM o AS r JOIN r AS o ON r.r_id = o.id",
    "SELECT (SELECT max(n) FROM r), (SELECT count(*) FROM o WHERE o.r_id = c.id) FROM c",
    "SELECT id FROM c WHERE EXISTS (SELECT 1 FROM r WHERE r.id = c.id)",
    "SELECT id FROM c WHERE id NOT IN (SELECT id FROM r)",
    "SELECT id FROM c ORDER BY (SELECT min(n) FROM r WHERE r.id = c.id), id",
    "SELECT id FROM c ORDER BY id LIMIT (SELECT count(*) FROM r)",
    "SELECT name, sum(n) FROM r GROUP BY name HAVING sum(n) > (SELECT min(n) FROM r)",
    "SELECT id, sum(n) OVER (PARTITION BY name ORDER BY id) FROM r",
    "SELECT id, rank() OVER w FROM r WINDOW w AS (ORDER BY n)",
    "SELECT count(*) FILTER (WHERE n > 10) FROM r",
    "SELECT DISTINCT name FROM r",
    "SELECT id FROM r UNION ALL SELECT id FROM o",
    "SELECT id FROM r EXCEPT SELECT id FROM o",
    "SELECT id FROM r INTERSECT SELECT id FROM o UNION SELECT id FROM c",
    "WITH x AS (SELECT * FROM r) SELECT id FROM x WHERE n > 0 OR n IS NULL",
    "WITH x AS (SELECT id FROM r), y AS (SELECT id FROM x) SELECT * FROM y, x",
    "WITH RECURSIVE x (n) AS (SELECT min(id) FROM r UNION ALL SELECT n + 1 FROM x WHERE n < (SELECT max(id) FROM r)) SELECT n FROM x",
    "WITH RECURSIVE x AS (SELECT id FROM y), y AS (SELECT id FROM r) SELECT * FROM x",
    "SELECT * FROM (WITH r AS (SELECT 5 AS id) SELECT id FROM r) AS x, r",
    "WITH r AS (SELECT 5 AS id) SELECT id FROM r WHERE id IN (SELECT id FROM r)",
    "SELECT CASE WHEN EXISTS (SELECT 1 FROM r WHERE id = 7) THEN 'leak' ELSE 'none' END",
    "SELECT coalesce((SELECT name FROM r WHERE id = 7), 'none')",
    "SELECT x.total FROM (SELECT sum(total) AS total FROM o) AS x",
    "SELECT tenant_id, count(*) FROM r GROUP BY tenant_id",
    "SELECT id FROM r WHERE tenant_id = 'globex' OR tenant_id IS NULL OR tenant_id <> 'x'",
    "SELECT id, 'it''s', -n, n * 2 + 1 FROM r WHERE name LIKE '%a%' OR n BETWEEN 0 AND 15",
];

fn rewriter(dialect: Dialect) -> Rewriter {
    let schema = Schema::new()
        .scoped("r")
        .scoped_by("o", "org_id")
        .shared("c");
    Rewriter::new(dialect, schema).unwrap()
}

/// The text to run; it has one value to bind, the tenant, if it reads any of its rows.
fn scoped(rewriter: &Rewriter, sql: &str) -> (String, bool) {
    let scoped = rewriter
        .rewrite_afresh(sql)
        .unwrap_or_else(|refused| panic!("{sql}: {refused}"));
    assert!(scoped.binds().len() <= 1 && scoped.callers() == 0, "{sql}");
    (scoped.sql().to_string(), scoped.binds() == [Bind::Tenant])
}
