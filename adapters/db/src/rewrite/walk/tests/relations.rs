//! Tables, joins, sub-selects, functions among tables.

use super::*;

#[test]
fn a_tenants_table_becomes_the_tenants_rows_under_the_same_name() {
    becomes(&ALL, "SELECT * FROM r", "SELECT * FROM {r AS r}");
    becomes(
        &ALL,
        "SELECT x.id FROM r AS x WHERE x.id = 1 OR x.id = 2",
        "SELECT x.id FROM {r AS x} WHERE x.id = 1 OR x.id = 2",
    );
    becomes(&ALL, "SELECT x.id FROM r x", "SELECT x.id FROM {r x}");
    becomes(
        &ALL,
        "SELECT r.* FROM r, o, c",
        "SELECT r.* FROM {r AS r}, {o AS o}, c",
    );
}

#[test]
fn both_sides_of_every_kind_of_join_are_scoped() {
    for join in [
        "JOIN o ON r.id = o.id",
        "INNER JOIN o USING(id)",
        "LEFT JOIN o ON r.id = o.id",
        "LEFT OUTER JOIN o ON r.id = o.id",
        "RIGHT JOIN o ON r.id = o.id",
        "RIGHT OUTER JOIN o ON r.id = o.id",
        "CROSS JOIN o",
        "NATURAL JOIN o",
        "NATURAL LEFT JOIN o",
    ] {
        let expected = join.replace("JOIN o", "JOIN {o AS o}");
        becomes(
            &ALL,
            &format!("SELECT 1 FROM r {join}"),
            &format!("SELECT 1 FROM {{r AS r}} {expected}"),
        );
    }
    becomes(
        &[PG, LITE],
        "SELECT 1 FROM r FULL JOIN o ON r.id = o.id",
        "SELECT 1 FROM {r AS r} FULL JOIN {o AS o} ON r.id = o.id",
    );
    becomes(
        &ALL,
        "SELECT 1 FROM c LEFT JOIN (r JOIN o ON r.id = o.id) ON c.id = r.id",
        "SELECT 1 FROM c LEFT JOIN ({r AS r} JOIN {o AS o} ON r.id = o.id) ON c.id = r.id",
    );
    becomes(
        &[PG],
        "SELECT x.id FROM (r JOIN o USING(id)) AS x",
        "SELECT x.id FROM ({r AS r} JOIN {o AS o} USING(id)) AS x",
    );
}

#[test]
fn joins_that_other_databases_have_are_refused() {
    for join in [
        "LEFT SEMI JOIN o ON r.id = o.id",
        "LEFT ANTI JOIN o ON r.id = o.id",
        "CROSS APPLY o",
    ] {
        for dialect in ALL {
            let sql = format!("SELECT 1 FROM r {join}");
            assert!(walked(dialect, &sql).is_err(), "{dialect:?}: {sql}");
        }
    }
}

#[test]
fn a_join_that_is_a_hint_is_refused() {
    refused(&[MY], &Reason::Clause, "SELECT 1 FROM r STRAIGHT_JOIN o");
}

#[test]
fn sub_selects_among_tables_are_scoped_inside() {
    becomes(
        &ALL,
        "SELECT * FROM (SELECT id FROM r) AS x",
        "SELECT * FROM (SELECT id FROM {r AS r}) AS x",
    );
    becomes(
        &[PG, MY],
        "SELECT * FROM r, LATERAL (SELECT id FROM o WHERE o.id = r.id) AS x",
        "SELECT * FROM {r AS r}, LATERAL (SELECT id FROM {o AS o} WHERE o.id = r.id) AS x",
    );
    refused(
        &[LITE],
        &Reason::Clause,
        "SELECT * FROM r, LATERAL (SELECT 1) AS x",
    );
}

#[test]
fn undeclared_tables_and_views_are_refused() {
    for sql in [
        "SELECT * FROM secrets",
        "SELECT * FROM r JOIN secrets ON true",
        "SELECT * FROM other.r",
        "SELECT * FROM a.b.r",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM (SELECT * FROM secrets) AS x",
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM secrets)",
    ] {
        refused(&ALL, &Reason::Relation, sql);
    }
    refused(
        &[PG],
        &Reason::Relation,
        "SELECT * FROM pg_catalog.pg_class",
    );
    refused(&[PG], &Reason::Relation, "SELECT * FROM pg_stats");
    refused(&[LITE], &Reason::Relation, "SELECT * FROM sqlite_master");
    refused(&[LITE], &Reason::Relation, "SELECT * FROM temp.r");
    refused(&[LITE], &Reason::Relation, "SELECT * FROM json_each");
    refused(&[MY], &Reason::Relation, "SELECT * FROM mysql.user");
}

#[test]
fn only_inheritance_samples_partitions_and_index_hints_are_refused() {
    refused(&[PG], &Reason::Clause, "SELECT * FROM ONLY r");
    refused(&[PG], &Reason::Clause, "SELECT * FROM ONLY (r)");
    refused(&[PG], &Reason::Clause, "SELECT * FROM r *");
    refused(
        &[PG],
        &Reason::Clause,
        "SELECT * FROM r TABLESAMPLE SYSTEM (10)",
    );
    refused(
        &[PG],
        &Reason::Clause,
        "SELECT * FROM c TABLESAMPLE SYSTEM (10)",
    );
    refused(&[MY], &Reason::Clause, "SELECT * FROM r PARTITION (p0)");
    refused(&[MY], &Reason::Clause, "SELECT * FROM r USE INDEX (i)");
    refused(&[LITE], &Reason::Clause, "SELECT * FROM r INDEXED BY i");
    refused(&[LITE], &Reason::Clause, "SELECT * FROM r NOT INDEXED");
    for dialect in [LITE, MY] {
        // There ONLY is a name to the parser; unquoted it is none to us.
        refused(&[dialect], &Reason::Relation, "SELECT * FROM only r");
    }
}

#[test]
fn a_function_among_tables_is_called_only_if_listed() {
    refused(
        &[PG],
        &Reason::Function,
        "SELECT * FROM dblink('SELECT 1') AS x(a int)",
    );
    refused(
        &[PG],
        &Reason::Function,
        "SELECT * FROM ts_stat('SELECT 1')",
    );
    refused(&[PG], &Reason::Function, "SELECT * FROM r(1)");
    refused(
        &[PG],
        &Reason::Function,
        "SELECT * FROM LATERAL pg_ls_dir('.') AS x",
    );
    refused(
        &[LITE],
        &Reason::Function,
        "SELECT * FROM pragma_table_info('r')",
    );
    refused(
        &ALL,
        &Reason::Function,
        "WITH json_each AS (SELECT 1 AS x) SELECT * FROM json_each('[]')",
    );
    becomes(
        &[LITE],
        "SELECT j.value FROM r, json_each(r.tags) AS j",
        "SELECT j.value FROM {r AS r}, json_each(r.tags) AS j",
    );
}

/// `g.ts_stat` calls `ts_stat(g)`, and it runs the SQL that `g` is.
#[test]
fn on_postgresql_the_row_of_a_function_is_no_scalar_that_a_function_could_take() {
    becomes(
        &[PG],
        "SELECT g.ts_stat FROM string_to_table('SELECT 1', '~') AS g",
        "SELECT g.ts_stat FROM LATERAL (SELECT * FROM string_to_table('SELECT 1', '~') AS g) AS g",
    );
    becomes(
        &[PG],
        "SELECT * FROM generate_series(1, 3)",
        "SELECT * FROM LATERAL (SELECT * FROM generate_series(1, 3)) AS generate_series",
    );
    becomes(
        &[PG],
        "SELECT x.a, x.n FROM unnest(ARRAY[1, 2]) WITH ORDINALITY AS x (a, n)",
        "SELECT x.a, x.n FROM LATERAL (SELECT * FROM UNNEST(ARRAY[1, 2]) WITH ORDINALITY AS x (a, n)) AS x",
    );
    becomes(
        &[PG],
        "SELECT unnest.unnest FROM unnest(ARRAY[1])",
        "SELECT unnest.unnest FROM LATERAL (SELECT * FROM UNNEST(ARRAY[1])) AS \"unnest\"",
    );
    becomes(
        &[PG],
        "SELECT x.a FROM r, LATERAL jsonb_to_recordset(r.doc) AS x (a INT)",
        "SELECT x.a FROM {r AS r}, LATERAL (SELECT * FROM jsonb_to_recordset(r.doc) AS x (a INT)) AS x",
    );
    becomes(
        &[PG],
        "SELECT t.tag FROM r, LATERAL unnest(r.tags) AS t (tag)",
        "SELECT t.tag FROM {r AS r}, LATERAL (SELECT * FROM UNNEST(r.tags) AS t (tag)) AS t",
    );
    refused(
        &[PG],
        &Reason::Type,
        "SELECT x.a FROM r, LATERAL jsonb_to_recordset(r.doc) AS x (a regclass)",
    );
    refused(
        &[PG],
        &Reason::Expression,
        "SELECT ('SELECT 1'::text).ts_stat",
    );
    refused(&[PG], &Reason::Expression, "SELECT (r).secret FROM r");
    unread(&[PG], "SELECT (r).* FROM r");
}

#[test]
fn more_joins_than_64_are_refused() {
    let joins = |n| format!("SELECT 1 FROM r{}", ", c".repeat(n));
    assert!(walked(PG, &joins(64)).is_ok());
    refused(
        &ALL,
        &Reason::TooMuch {
            what: "joins",
            count: 65,
            most: 64,
        },
        &joins(65),
    );
    let unions = |n| format!("SELECT 1{}", " UNION SELECT 1".repeat(n));
    assert!(walked(PG, &unions(64)).is_ok());
    refused(
        &ALL,
        &Reason::TooMuch {
            what: "set operations",
            count: 65,
            most: 64,
        },
        &unions(65),
    );
}
