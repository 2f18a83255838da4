//! What the check lets pass, and what it stops, of statements that nobody walked.

use super::*;
use crate::rewrite::compiled::Compiled;
use crate::{Dialect, Schema};

fn verdict(dialect: Dialect, text: &str) -> Result<(), Refused> {
    let schema = Schema::new()
        .scoped("resources")
        .scoped_by("orders", "org_id")
        .shared("countries");
    let schema = Compiled::new(dialect, &schema).unwrap();
    let tenant = match dialect {
        Dialect::PostgreSql => "$9",
        Dialect::Sqlite | Dialect::MySql => "?9",
    };
    let context = Context::new(&schema, tenant);
    tables(&lexemes(dialect, text)?, tenant, &context)
}

fn passes(dialect: Dialect, text: &str) {
    assert_eq!(verdict(dialect, text), Ok(()), "{text}");
}

fn stopped(dialect: Dialect, text: &str) {
    let reason = verdict(dialect, text).map_err(|refused| refused.reason().clone());
    assert_eq!(reason, Err(Reason::Unverified), "{text}");
}

/// A text with the names of its tables replaced by what they become.
fn rows(text: &str) -> String {
    text.replace(
        "[r]",
        "(SELECT * FROM resources WHERE resources.tenant_id = $9) AS",
    )
    .replace("[o]", "(SELECT * FROM orders WHERE orders.org_id = $9) AS")
}

const PG: Dialect = Dialect::PostgreSql;

#[test]
fn a_tenants_table_passes_only_as_the_tenants_rows() {
    for text in [
        "SELECT * FROM [r] resources",
        "SELECT * FROM [r] a, [o] b, countries WHERE a.x = 1 OR b.y = 2",
        "SELECT * FROM [r] a LEFT JOIN [o] b ON a.x = b.y, [r] c",
        "SELECT * FROM ([r] a CROSS JOIN [o] b) AS c NATURAL JOIN countries",
        "SELECT (SELECT max(x) FROM [r] a) FROM countries WHERE EXISTS (SELECT 1 FROM [o] b)",
        "(SELECT 1 FROM [r] a) UNION ALL SELECT 2 FROM [o] b",
        "SELECT 1 FROM ((SELECT 1 FROM [r] a) UNION (SELECT 2 FROM [o] b)) AS c",
        "WITH c AS (SELECT * FROM [r] r) SELECT * FROM c AS d JOIN c ON true",
        "SELECT * FROM countries CROSS JOIN LATERAL (SELECT * FROM [r] a) AS b",
        "SELECT EXTRACT(YEAR FROM resources) FROM [r] a WHERE x IS NOT DISTINCT FROM resources",
        "SELECT resources.id AS resources FROM [r] resources ORDER BY resources LIMIT 1",
        "SELECT * FROM generate_series(1, 2) AS g, [r] a",
    ] {
        passes(PG, &rows(text));
        for (scoped, plain) in [("[r]", "resources AS"), ("[o]", "orders AS")] {
            if text.contains(scoped) {
                stopped(PG, &rows(&text.replacen(scoped, plain, 1)));
            }
        }
    }
}

#[test]
fn a_condition_that_is_not_the_tenants_stops_it() {
    for inner in [
        "SELECT * FROM resources",
        "SELECT * FROM resources WHERE resources.tenant_id = $8",
        "SELECT * FROM resources WHERE resources.tenant_id <> $9",
        "SELECT * FROM resources WHERE resources.id = $9",
        "SELECT * FROM resources WHERE orders.tenant_id = $9",
        "SELECT * FROM resources WHERE resources.tenant_id = $9 OR true",
        "SELECT * FROM resources WHERE resources.tenant_id = $9 UNION SELECT 1",
        "SELECT * FROM resources, resources WHERE resources.tenant_id = $9",
        "SELECT * FROM resources AS a WHERE resources.tenant_id = $9",
        "SELECT * FROM secret WHERE secret.tenant_id = $9",
        "SELECT * FROM other.resources WHERE resources.tenant_id = $9",
    ] {
        stopped(PG, &format!("SELECT * FROM ({inner}) AS a"));
    }
    let locked =
        "SELECT * FROM resources WHERE resources.tenant_id = $9 FOR NO KEY UPDATE SKIP LOCKED";
    passes(PG, &format!("SELECT * FROM ({locked}) AS a"));
}

#[test]
fn the_condition_is_exact_in_every_dialect() {
    let sqlite = "SELECT * FROM (SELECT * FROM \"Resources\" WHERE \"Resources\".tenant_id = ?9 COLLATE BINARY) AS a";
    passes(Dialect::Sqlite, sqlite);
    stopped(Dialect::Sqlite, &sqlite.replace(" COLLATE BINARY", ""));
    stopped(Dialect::Sqlite, &sqlite.replace("BINARY", "NOCASE"));
    let mysql = "SELECT * FROM (SELECT * FROM resources WHERE (resources.tenant_id = ?9 AND CAST(resources.tenant_id AS BINARY) = CAST(?9 AS BINARY))) AS a";
    passes(Dialect::MySql, mysql);
    stopped(Dialect::MySql, &mysql.replace("AND", "OR"));
    stopped(Dialect::MySql, &mysql.replace("CAST(?9 AS BINARY)", "?9"));
    stopped(
        Dialect::MySql,
        &mysql.replace("CAST(resources.tenant_id AS BINARY)", "resources.tenant_id"),
    );
}

#[test]
fn a_table_that_is_not_declared_is_stopped_and_so_is_what_brings_one_in() {
    for text in [
        "SELECT * FROM secret",
        "SELECT * FROM countries, secret",
        "SELECT * FROM countries JOIN secret ON true",
        "SELECT * FROM other.countries",
        "SELECT * FROM a.public.countries",
        "SELECT * FROM ONLY countries",
        "SELECT * FROM resources(1)",
        "TABLE resources",
        "SELECT 1 UNION TABLE resources",
        "SELECT * INTO copy FROM countries",
        "MERGE INTO resources USING countries ON true WHEN MATCHED THEN DELETE",
        "DROP TABLE resources",
        "EXPLAIN SELECT 1",
        "SELECT",
    ] {
        if text == "SELECT" {
            passes(PG, text);
        } else {
            stopped(PG, text);
        }
    }
}

#[test]
fn a_cte_hides_a_table_only_where_it_is_visible() {
    passes(PG, "WITH resources AS (SELECT 1) SELECT * FROM resources");
    stopped(
        PG,
        "SELECT (WITH resources AS (SELECT 1) SELECT 1 FROM resources) FROM resources",
    );
    stopped(
        PG,
        "WITH resources AS (SELECT * FROM resources) SELECT * FROM resources",
    );
    stopped(
        PG,
        "WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a",
    );
    passes(
        PG,
        "WITH RECURSIVE a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a",
    );
    passes(
        Dialect::Sqlite,
        "WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a",
    );
    stopped(
        Dialect::MySql,
        "WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a",
    );
    stopped(
        PG,
        "WITH resources AS (SELECT 1) SELECT * FROM public.resources",
    );
    passes(
        PG,
        &rows("WITH resources AS (SELECT * FROM [r] resources) SELECT * FROM resources"),
    );
}

#[test]
fn an_update_or_delete_is_narrowed_to_the_tenants_rows_by_its_own_name() {
    for text in [
        "UPDATE resources SET a = 1 WHERE resources.tenant_id = $9",
        "UPDATE resources AS r SET a = 1, b = 2 WHERE r.tenant_id = $9 AND (a = 1 OR b = 2)",
        "UPDATE resources SET (a, b) = (1, 2) FROM [o] o WHERE resources.tenant_id = $9 AND (o.x = 1) RETURNING *",
        "DELETE FROM resources WHERE resources.tenant_id = $9 AND (true)",
        "DELETE FROM orders AS o USING countries, [r] r WHERE o.org_id = $9 AND (o.x = r.y) RETURNING o.x",
        "WITH gone AS (DELETE FROM orders WHERE orders.org_id = $9 RETURNING *) SELECT * FROM gone",
    ] {
        passes(PG, &rows(text));
    }
    for text in [
        "UPDATE resources SET a = 1",
        "UPDATE resources SET a = 1 WHERE true",
        "UPDATE resources SET a = 1 WHERE resources.tenant_id = $9 OR true",
        "UPDATE resources SET a = 1 WHERE resources.tenant_id = $9 AND a = 1 OR b = 2",
        "UPDATE resources SET a = 1 WHERE resources.tenant_id = $9 AND (a = 1) OR (b = 2)",
        "UPDATE resources AS r SET a = 1 WHERE resources.tenant_id = $9",
        "UPDATE resources SET a = 1, tenant_id = 2 WHERE resources.tenant_id = $9",
        "UPDATE resources SET \"Tenant_Id\" = 2 WHERE resources.tenant_id = $9",
        "UPDATE resources SET (a, tenant_id) = (1, 2) WHERE resources.tenant_id = $9",
        "UPDATE resources SET a = 1 FROM orders WHERE resources.tenant_id = $9",
        "UPDATE countries SET a = 1 WHERE countries.tenant_id = $9",
        "UPDATE secret SET a = 1 WHERE secret.tenant_id = $9",
        "UPDATE ONLY resources SET a = 1 WHERE resources.tenant_id = $9",
        "DELETE FROM resources",
        "DELETE FROM resources USING orders WHERE resources.tenant_id = $9",
        "DELETE FROM resources, orders WHERE resources.tenant_id = $9",
        "DELETE FROM countries WHERE countries.tenant_id = $9",
        "WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone",
    ] {
        stopped(PG, text);
    }
}

#[test]
fn every_new_row_ends_with_the_tenant() {
    for text in [
        "INSERT INTO resources (a, tenant_id) VALUES (1, $9), ((SELECT max(b) FROM [r] r), $9)",
        "INSERT INTO resources (tenant_id) VALUES ($9) RETURNING *",
        "INSERT INTO resources (a, tenant_id) SELECT x, $9 FROM [o] o WHERE true",
        "INSERT INTO resources (a, tenant_id) SELECT 1, $9 UNION ALL SELECT 2, $9",
        "INSERT INTO resources (a, tenant_id) WITH c AS (SELECT 1) SELECT *, $9 FROM c",
        "INSERT INTO resources (a, tenant_id) OVERRIDING SYSTEM VALUE VALUES (1, $9)",
        "WITH c AS (INSERT INTO resources (a, tenant_id) VALUES (1, $9) RETURNING a) SELECT a FROM c",
    ] {
        passes(PG, &rows(text));
    }
    for text in [
        "INSERT INTO resources VALUES (1, $9)",
        "INSERT INTO resources (a) VALUES (1)",
        "INSERT INTO resources (tenant_id, a) VALUES ($9, 1)",
        "INSERT INTO resources (tenant_id, tenant_id) VALUES (1, $9)",
        "INSERT INTO resources (\"Tenant_id\", tenant_id) VALUES (1, $9)",
        "INSERT INTO resources (a, tenant_id) VALUES (1, $9), (2, 3)",
        "INSERT INTO resources (a, tenant_id) VALUES (1, 2 + $9)",
        "INSERT INTO resources (a, tenant_id) VALUES (1, 2, $9)",
        "INSERT INTO resources (a, tenant_id) VALUES ($9)",
        "INSERT INTO resources (a, tenant_id) SELECT 1, 2",
        "INSERT INTO resources (a, tenant_id) SELECT 1, 2 FROM countries",
        "INSERT INTO resources (a, tenant_id) SELECT 1, $9 UNION SELECT 2, 3",
        "INSERT INTO resources (a, tenant_id) SELECT 1, $9 UNION (SELECT 2, 3)",
        "INSERT INTO resources (a, tenant_id) SELECT 1, $9 UNION VALUES (2, 3)",
        "INSERT INTO resources (a, tenant_id) (SELECT 1, 2)",
        "INSERT INTO resources (a, tenant_id) SELECT 1, $9 FROM orders",
        "INSERT INTO countries (a, tenant_id) VALUES (1, $9)",
        "INSERT INTO secret (a, tenant_id) VALUES (1, $9)",
        "INSERT INTO resources DEFAULT VALUES",
    ] {
        stopped(PG, text);
    }
}

#[test]
fn an_upsert_names_the_tenants_column_and_changes_the_tenants_row_only() {
    let insert = "INSERT INTO resources AS r (a, tenant_id) VALUES (1, $9) ON CONFLICT";
    for upsert in [
        "(tenant_id, a) DO NOTHING",
        "(a, tenant_id) WHERE b > 0 DO NOTHING RETURNING a",
        "(tenant_id, a) DO UPDATE SET a = 1, b = excluded.b WHERE r.tenant_id = $9",
        "(tenant_id, a) WHERE b > 0 DO UPDATE SET a = 1 WHERE r.tenant_id = $9 AND (b = 2) RETURNING a",
    ] {
        passes(PG, &format!("{insert} {upsert}"));
    }
    for upsert in [
        "DO NOTHING",
        "(a) DO NOTHING",
        "ON CONSTRAINT resources_pkey DO NOTHING",
        "(tenant_id, a) DO UPDATE SET a = 1",
        "(tenant_id, a) DO UPDATE SET a = 1 WHERE true",
        "(tenant_id, a) DO UPDATE SET a = 1 WHERE resources.tenant_id = $9",
        "(tenant_id, a) DO UPDATE SET a = 1 WHERE r.tenant_id = $9 OR true",
        "(tenant_id, a) DO UPDATE SET tenant_id = 1 WHERE r.tenant_id = $9",
        "(tenant_id, a) DO UPDATE SET a = 1, TENANT_ID = 2 WHERE r.tenant_id = $9",
        "(tenant_id, a) DO UPDATE SET a = (SELECT 1 FROM orders) WHERE r.tenant_id = $9",
        "(tenant_id, a)",
    ] {
        stopped(PG, &format!("{insert} {upsert}"));
    }
    stopped(
        Dialect::MySql,
        "INSERT INTO resources (a, tenant_id) VALUES (1, ?9) ON DUPLICATE KEY UPDATE a = 1",
    );
}

#[test]
fn a_table_may_be_called_like_a_keyword_and_its_name_is_still_counted() {
    let schema = Schema::new().scoped("order");
    let rewriter = crate::Rewriter::new(PG, schema.clone()).unwrap();
    let scoped = rewriter.rewrite("SELECT id FROM \"order\" ORDER BY id");
    assert_eq!(
        &**scoped.unwrap().sql(),
        "SELECT id FROM (SELECT * FROM \"order\" WHERE \"order\".tenant_id = $1) AS \"order\" ORDER BY id"
    );
    let compiled = Compiled::new(PG, &schema).unwrap();
    let context = Context::new(&compiled, "$1");
    let text = "SELECT 1 FROM \"order\" ORDER BY 1";
    let refused = words(&lexemes(PG, text).unwrap(), context.words()).unwrap_err();
    assert_eq!(refused.reason(), &Reason::Unverified);
}
