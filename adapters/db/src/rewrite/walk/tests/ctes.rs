//! What a name means where CTEs are in scope.

use super::*;

#[test]
fn a_cte_is_scoped_inside_and_left_alone_outside() {
    becomes(
        &ALL,
        "WITH x AS (SELECT * FROM r) SELECT * FROM x",
        "WITH x AS (SELECT * FROM {r AS r}) SELECT * FROM x",
    );
    becomes(
        &ALL,
        "WITH x AS (SELECT * FROM r), y AS (SELECT * FROM x) SELECT * FROM y, x",
        "WITH x AS (SELECT * FROM {r AS r}), y AS (SELECT * FROM x) SELECT * FROM y, x",
    );
}

#[test]
fn on_postgresql_a_cte_does_not_see_itself_without_recursive() {
    becomes(
        &[PG],
        "WITH r AS (SELECT * FROM r) SELECT * FROM r",
        "WITH r AS (SELECT * FROM {r AS r}) SELECT * FROM r",
    );
    becomes(
        &[PG],
        "WITH x AS (SELECT * FROM r), r AS (SELECT * FROM x) SELECT * FROM r",
        "WITH x AS (SELECT * FROM {r AS r}), r AS (SELECT * FROM x) SELECT * FROM r",
    );
    refused(
        &[PG],
        &Reason::Relation,
        "WITH x AS (SELECT * FROM y), y AS (SELECT 1) SELECT * FROM x",
    );
}

#[test]
fn with_recursive_and_on_sqlite_all_see_all() {
    becomes(
        &[PG, LITE],
        "WITH RECURSIVE x AS (SELECT * FROM y), y AS (SELECT id FROM r) SELECT * FROM x",
        "WITH RECURSIVE x AS (SELECT * FROM y), y AS (SELECT id FROM {r AS r}) SELECT * FROM x",
    );
    becomes(
        &ALL,
        "WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT t.n + r.id FROM t, r WHERE t.n < 5) SELECT n FROM t",
        "WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT t.n + r.id FROM t, {r AS r} WHERE t.n < 5) SELECT n FROM t",
    );
}

#[test]
fn on_sqlite_a_tables_name_in_a_body_that_sees_the_cte_of_that_name_is_refused() {
    let reads_itself = "WITH r AS (SELECT * FROM r) SELECT * FROM r";
    let reads_a_later_one = "WITH x AS (SELECT * FROM r), r AS (SELECT 1) SELECT * FROM x";
    for sql in [reads_itself, reads_a_later_one] {
        refused(&[LITE], &Reason::Relation, sql);
    }
    becomes(
        &[LITE],
        "WITH r AS (SELECT 1 AS id), x AS (SELECT * FROM r) SELECT * FROM x",
        "WITH r AS (SELECT 1 AS id), x AS (SELECT * FROM r) SELECT * FROM x",
    );
}

#[test]
fn on_mysql_a_name_that_its_versions_take_differently_is_refused() {
    refused(
        &[MY],
        &Reason::Relation,
        "WITH r AS (SELECT * FROM r) SELECT * FROM r",
    );
    refused(
        &[MY],
        &Reason::Relation,
        "WITH RECURSIVE x AS (SELECT * FROM r), r AS (SELECT 1) SELECT * FROM x",
    );
    refused(
        &[MY],
        &Reason::Relation,
        "WITH R AS (SELECT 1) SELECT * FROM r",
    );
}

#[test]
fn a_cte_shadows_a_table_in_its_own_scope_alone() {
    becomes(
        &ALL,
        "SELECT * FROM (WITH r AS (SELECT 1 AS id) SELECT * FROM r) AS x, r",
        "SELECT * FROM (WITH r AS (SELECT 1 AS id) SELECT * FROM r) AS x, {r AS r}",
    );
    becomes(
        &ALL,
        "(WITH r AS (SELECT 1 AS id) SELECT * FROM r) UNION SELECT id FROM r",
        "(WITH r AS (SELECT 1 AS id) SELECT * FROM r) UNION SELECT id FROM {r AS r}",
    );
    becomes(
        &ALL,
        "WITH r AS (SELECT 1 AS id) SELECT id FROM r WHERE id IN (SELECT id FROM r)",
        "WITH r AS (SELECT 1 AS id) SELECT id FROM r WHERE id IN (SELECT id FROM r)",
    );
}

#[test]
fn a_name_with_its_schema_is_never_a_cte() {
    becomes(
        &[PG],
        "WITH r AS (SELECT 1 AS id) SELECT * FROM public.r",
        "WITH r AS (SELECT 1 AS id) SELECT * FROM {public.r AS r}",
    );
    becomes(
        &[LITE],
        "WITH r AS (SELECT 1 AS id) SELECT * FROM main.r",
        "WITH r AS (SELECT 1 AS id) SELECT * FROM {main.r AS r}",
    );
    becomes(
        &[MY],
        "WITH r AS (SELECT 1 AS id) SELECT * FROM app.r",
        "WITH r AS (SELECT 1 AS id) SELECT * FROM {app.r AS r}",
    );
}

#[test]
fn a_cte_folds_like_a_table() {
    becomes(
        &[LITE],
        "WITH \"R\" AS (SELECT 1) SELECT * FROM r",
        "WITH \"R\" AS (SELECT 1) SELECT * FROM r",
    );
    // On PostgreSQL "R" is another name than r: doubtful enough to be told.
    refused(
        &[PG],
        &Reason::Relation,
        "WITH \"R\" AS (SELECT 1) SELECT * FROM r",
    );
    becomes(
        &[PG],
        "WITH R AS (SELECT 1) SELECT * FROM \"r\"",
        "WITH R AS (SELECT 1) SELECT * FROM \"r\"",
    );
}

#[test]
fn a_cte_that_writes_is_postgresqls_alone() {
    for sql in [
        "WITH x AS (DELETE FROM r RETURNING id) SELECT * FROM x",
        "WITH x AS (UPDATE r SET id = 1 RETURNING id) SELECT * FROM x",
        "WITH x AS (INSERT INTO r (id) VALUES (1) RETURNING id) SELECT * FROM x",
    ] {
        refused(&[LITE, MY], &Reason::Statement, sql);
    }
}

#[test]
fn a_statement_that_writes_may_have_ctes_in_every_dialect() {
    for dialect in ALL {
        let printed = walked(
            dialect,
            "WITH x AS (SELECT id FROM o) DELETE FROM r WHERE id IN (SELECT id FROM x)",
        )
        .unwrap();
        let read = own(dialect, "o", "AS o");
        assert!(printed.starts_with(&format!(
            "WITH x AS (SELECT id FROM {read}) DELETE FROM r WHERE"
        )));
    }
    refused(
        &ALL,
        &Reason::Relation,
        "WITH r AS (SELECT 1) DELETE FROM r",
    );
}
