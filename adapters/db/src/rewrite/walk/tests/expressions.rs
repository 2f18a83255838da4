//! Functions, types, operators, literals.

use super::*;

#[test]
fn functions_that_run_sql_or_tell_of_the_session_are_refused() {
    for call in [
        "query_to_xml('SELECT 1', true, true, '')",
        "set_config('app.tenant_id', 'x', true)",
        "current_setting('app.tenant_id')",
        "pg_read_file('/etc/passwd')",
        "pg_catalog.pg_sleep(1)",
        "evil.lower('x')",
        "nextval('s')",
        "lower(query_to_xml('SELECT 1', true, true, ''))",
        "ts_rewrite('a'::tsquery, 'SELECT 1')",
        "count(*) FILTER (WHERE pg_sleep(1) IS NULL)",
    ] {
        refused(&[PG], &Reason::Function, &format!("SELECT {call}"));
    }
    for call in [
        "load_extension('x')",
        "last_insert_rowid()",
        "changes()",
        "fts3_tokenizer('x')",
        "LOAD_EXTENSION('x')",
    ] {
        refused(&[LITE], &Reason::Function, &format!("SELECT {call}"));
    }
    for call in [
        "load_file('x')",
        "sleep(1)",
        "last_insert_id()",
        "get_lock('a', 1)",
        "found_rows()",
        "user()",
    ] {
        refused(&[MY], &Reason::Function, &format!("SELECT {call}"));
    }
    refused(&[PG], &Reason::Function, "SELECT current_user");
}

#[test]
fn casts_to_types_that_read_the_catalog_are_refused() {
    for sql in [
        "SELECT 'r'::regclass",
        "SELECT CAST('r' AS regclass)",
        "SELECT regclass 'r'",
        "SELECT '(1)'::r",
        "SELECT NULL::public.r",
        "SELECT 'x'::xml",
        "SELECT ARRAY['r']::regclass[]",
    ] {
        refused(&[PG], &Reason::Type, sql);
    }
    becomes(
        &[PG],
        "SELECT DATE '2020-01-01', '1'::INT, CAST(id AS TEXT) FROM r",
        "SELECT DATE '2020-01-01', '1'::INT, CAST(id AS TEXT) FROM {r AS r}",
    );
}

#[test]
fn operators_of_somebodys_own_are_refused() {
    refused(&[PG], &Reason::Expression, "SELECT 1 OPERATOR(evil.+) 2");
    refused(&[PG], &Reason::Expression, "SELECT id <#> 2 FROM c");
    refused(
        &[LITE],
        &Reason::Expression,
        "SELECT 1 FROM r WHERE r MATCH 'x'",
    );
    becomes(
        &[PG],
        "SELECT doc #>> path, doc @> more, name ~* 'x' FROM c",
        "SELECT doc #>> path, doc @> more, name ~* 'x' FROM c",
    );
}

#[test]
fn literals_that_settings_read_differently_are_rewritten_or_refused() {
    becomes(&[PG], r"SELECT 'a\b', 'it''s'", r"SELECT E'a\\b', 'it''s'");
    becomes(&[PG], r"SELECT E'a\'b'", r"SELECT E'a\'b'");
    becomes(
        &[LITE],
        r"SELECT 'a\b', 'a\''b', 'a''''b'",
        r"SELECT 'a\b', 'a\''b', 'a''''b'",
    );
    for sql in [r"SELECT 'a\\'", "SELECT _utf8mb4'x'", "SELECT \"a\""] {
        assert!(walked(MY, sql).is_err(), "{sql}");
    }
    becomes(&[LITE, MY], "SELECT X'1F'", "SELECT X'1F'");
}

#[test]
fn sqlites_in_table_reads_the_tenants_rows() {
    becomes(
        &[LITE],
        "SELECT 1 FROM c WHERE id IN r",
        "SELECT 1 FROM c WHERE id IN (SELECT * FROM {r AS r})",
    );
    refused(&[LITE], &Reason::Relation, "SELECT 1 WHERE 1 IN secrets");
    refused(
        &[LITE],
        &Reason::Clause,
        "SELECT 1 WHERE 1 IN json_each('[]')",
    );
    becomes(
        &[LITE],
        "WITH x AS (SELECT id FROM r) SELECT 1 WHERE 1 IN x",
        "WITH x AS (SELECT id FROM {r AS r}) SELECT 1 WHERE 1 IN x",
    );
}

#[test]
fn a_subscript_behind_a_name_is_walked_and_a_dot_behind_it_refused() {
    becomes(
        &[PG],
        "SELECT r.tags[1] FROM r",
        "SELECT r.tags[1] FROM {r AS r}",
    );
    refused(&[PG], &Reason::SystemColumn, "SELECT r.ctid[1] FROM r");
    refused(&[PG], &Reason::Expression, "SELECT tags[1].ts_stat FROM r");
}

#[test]
fn keywords_that_are_words_of_a_tables_name_are_counted() {
    let compiled = Compiled::new(
        PG,
        &Schema::new().scoped("date").scoped("year").scoped("groups"),
    )
    .unwrap();
    let mut context = Context::new(&compiled, tenant(PG));
    let sql = "SELECT EXTRACT(year FROM day), x::date, sum(1) OVER (ORDER BY id GROUPS 1 PRECEDING) FROM date";
    let Statement::Query(mut query) = parsed(PG, sql).unwrap() else {
        panic!("no query");
    };
    crate::rewrite::walk::query(&mut query, &mut context).unwrap();
    counted(PG, &query.to_string(), &context);
}
