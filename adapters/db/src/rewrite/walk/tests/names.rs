//! Quoted, mixed-case, qualified names; system columns; aliases.

use super::*;

#[test]
fn a_table_is_found_by_the_rules_of_its_dialect() {
    becomes(
        &[PG],
        "SELECT * FROM R",
        "SELECT * FROM (SELECT * FROM R WHERE R.tenant_id = $9) AS R",
    );
    becomes(
        &[PG],
        "SELECT * FROM \"r\"",
        "SELECT * FROM (SELECT * FROM \"r\" WHERE \"r\".tenant_id = $9) AS \"r\"",
    );
    refused(&[PG], &Reason::Relation, "SELECT * FROM \"R\"");
    refused(&[PG], &Reason::Relation, "SELECT * FROM Mixed");
    becomes(
        &[PG],
        "SELECT * FROM \"Mixed\"",
        "SELECT * FROM (SELECT * FROM \"Mixed\" WHERE \"Mixed\".tenant_id = $9) AS \"Mixed\"",
    );
    for spelled in ["R", "\"R\"", "[R]", "`r`"] {
        becomes(
            &[LITE],
            &format!("SELECT * FROM {spelled}"),
            &format!(
                "SELECT * FROM (SELECT * FROM {spelled} WHERE {spelled}.tenant_id = ?9 COLLATE BINARY) AS {spelled}"
            ),
        );
    }
    refused(&[MY], &Reason::Relation, "SELECT * FROM R");
    refused(&[MY], &Reason::Relation, "SELECT * FROM mixed");
}

#[test]
fn strings_are_no_names() {
    for sql in ["SELECT * FROM 'r'", "SELECT * FROM r AS 'x'"] {
        for dialect in ALL {
            assert!(walked(dialect, sql).is_err(), "{dialect:?}: {sql}");
        }
    }
    refused(&[MY], &Reason::Expression, "SELECT \"id\" FROM r");
    refused(&[LITE], &Reason::Expression, "SELECT r.'id' FROM r");
}

#[test]
fn the_default_schema_may_be_written_out() {
    becomes(
        &[PG],
        "SELECT * FROM public.r",
        "SELECT * FROM {public.r AS r}",
    );
    becomes(
        &[LITE],
        "SELECT * FROM main.r AS x",
        "SELECT * FROM {main.r AS x}",
    );
    becomes(
        &[PG, MY],
        "SELECT * FROM app.r",
        "SELECT * FROM {app.r AS r}",
    );
    refused(&[LITE, MY], &Reason::Relation, "SELECT * FROM public.r");
}

#[test]
fn a_column_with_its_schema_loses_it_where_its_table_stands_under_its_own_name() {
    becomes(
        &[PG],
        "SELECT public.r.id, public.c.id FROM r, public.c ORDER BY public.r.id",
        "SELECT r.id, c.id FROM {r AS r}, public.c ORDER BY r.id",
    );
    becomes(
        &[PG],
        "SELECT public.r.* FROM public.r",
        "SELECT r.* FROM {public.r AS r}",
    );
    becomes(
        &[LITE],
        "SELECT 1 FROM r WHERE EXISTS (SELECT 1 FROM o WHERE MAIN.R.id = o.id)",
        "SELECT 1 FROM {r AS r} WHERE EXISTS (SELECT 1 FROM {o AS o} WHERE R.id = o.id)",
    );
    refused(&[PG], &Reason::Expression, "SELECT public.r.id FROM o AS r");
    refused(&[PG], &Reason::Expression, "SELECT public.r.id FROM app.r");
    refused(&[PG], &Reason::Expression, "SELECT public.r.* FROM o AS r");
    refused(&[PG], &Reason::Expression, "SELECT x.y.r.id FROM r");
    refused(
        &[PG],
        &Reason::Expression,
        "SELECT public.o.id FROM r WHERE EXISTS (SELECT 1 FROM o)",
    );
}

#[test]
fn an_alias_may_be_the_name_of_another_table() {
    becomes(
        &ALL,
        "SELECT r.id FROM o AS r JOIN r AS o ON r.id = o.id",
        "SELECT r.id FROM {o AS r} JOIN {r AS o} ON r.id = o.id",
    );
}

#[test]
fn system_columns_are_refused_however_they_are_written() {
    for column in ["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid", "oid"] {
        for sql in [
            format!("SELECT {column} FROM r"),
            format!("SELECT r.{column} FROM r"),
            format!("SELECT public.r.{column} FROM r"),
            format!("SELECT \"{column}\" FROM r"),
            format!("SELECT r.\"{}\" FROM r", column.to_uppercase()),
            format!("SELECT 1 FROM r JOIN o USING ({column})"),
            format!("SELECT 1 FROM r ORDER BY {column}"),
        ] {
            refused(&[PG], &Reason::SystemColumn, &sql);
        }
    }
    for column in [
        "rowid",
        "oid",
        "_rowid_",
        "ROWID",
        "\"rowid\"",
        "[RowId]",
        "`oid`",
    ] {
        refused(
            &[LITE],
            &Reason::SystemColumn,
            &format!("SELECT {column} FROM r"),
        );
        refused(
            &[LITE],
            &Reason::SystemColumn,
            &format!("SELECT r.{column} FROM r"),
        );
    }
    refused(&[MY], &Reason::SystemColumn, "SELECT _rowid FROM r");
}

#[test]
fn a_keyword_is_no_alias_unless_quoted() {
    becomes(
        &[PG],
        "SELECT \"full\".id FROM r AS \"full\"",
        "SELECT \"full\".id FROM {r AS \"full\"}",
    );
    for sql in [
        "SELECT 1 FROM r AS only",
        "SELECT 1 FROM r AS lateral",
        "SELECT 1 FROM r AS tablesample",
    ] {
        assert!(walked(PG, sql).is_err(), "{sql}");
    }
}

#[test]
fn session_variables_of_mysql_are_refused() {
    for sql in ["SELECT @a", "SELECT @@version", "SELECT @a := id FROM r"] {
        assert!(walked(MY, sql).is_err(), "{sql}");
    }
}
