//! Functions of one's own that have the names of functions which statements may call undeclared.

use tollgate::TenantId;
use tollgate_db::{Schema, TenantDb};

use super::errors;
use super::postgres::{check, database, run};

/// Functions, and whether a statement may call them by a name that the rewriter lets through.
const NAMED: &[(&str, bool)] = &[
    ("public.abs(text)", true),
    ("public.abs(text, int DEFAULT 0)", true),
    ("public.lower()", true),
    ("public.concat_ws(int, VARIADIC int[])", true),
    ("public.jsonb_array_elements(text)", true),
    ("app.abs(text)", true),
    ("away.abs(text)", false),
    ("pg_temp.abs(text)", false),
    ("public.\"ABS\"(text)", false),
    ("public.absolute(text)", false),
];

#[tokio::test]
async fn a_function_named_like_one_on_the_list_is_an_error_unless_declared() {
    let pool = database("CREATE SCHEMA app; CREATE SCHEMA away").await;
    run(&pool, "SET search_path = public, app").await;
    for &(function, named) in NAMED {
        let make = format!("CREATE FUNCTION {function} RETURNS int LANGUAGE sql AS 'SELECT 7'");
        run(&pool, &make).await;
        let told = errors(&check(&pool, &Schema::new()).await);
        assert_eq!(told.len(), usize::from(named), "{function}: {told:?}");

        let name = function.split('(').next().unwrap();
        let alone = name.rsplit('.').next().unwrap();
        let declared = Schema::new().function(alone);
        assert_eq!(
            errors(&check(&pool, &declared).await),
            [""; 0],
            "{function}"
        );
        run(&pool, &format!("DROP FUNCTION {name}")).await;
    }
}

#[tokio::test]
async fn namesakes_are_named_once_with_their_arguments_aggregates_too() {
    let pool = database(
        "CREATE TABLE countries (code text);
         CREATE FUNCTION upper(c countries) RETURNS text LANGUAGE sql AS 'SELECT c.code';
         CREATE FUNCTION abs(word text) RETURNS text LANGUAGE sql AS 'SELECT word';
         CREATE AGGREGATE sum(text) (SFUNC = textcat, STYPE = text);
         CREATE PROCEDURE floor(text) LANGUAGE sql AS 'SELECT 1'",
    )
    .await;
    let schema = Schema::new().shared("countries");
    let why = "has the name of a function that statements may call: declare it if it reads no scoped table, or move it to a \
               schema that is not on the search_path";
    assert_eq!(
        errors(&check(&pool, &schema).await),
        [
            format!("public.abs(word text) {why}"),
            format!("public.sum(text) {why}"),
            "public.upper(c countries) can be called like a column of any table: declare the function if it reads no scoped \
             table"
                .to_owned(),
        ]
    );
}

/// What the check is for: the rewriter can't tell which `abs` is meant.
#[tokio::test]
async fn a_namesake_that_reads_all_rows_is_found_by_the_check_and_by_nothing_else() {
    let pool = database(
        "CREATE TABLE resources (tenant_id text NOT NULL, name text NOT NULL, PRIMARY KEY (tenant_id, name));
         INSERT INTO resources VALUES ('acme', 'disk'), ('globex', 'tape');
         CREATE FUNCTION abs(text) RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM resources'",
    )
    .await;
    let schema = Schema::new().scoped("resources");
    let db = TenantDb::builder(pool.clone(), schema.clone())
        .build()
        .unwrap();
    let acme = db.for_tenant(&TenantId::new("acme").unwrap());
    let seen: Vec<i64> = acme
        .query_scalar("SELECT abs(name) FROM resources")
        .fetch_all()
        .await
        .unwrap();
    assert_eq!(seen, [2], "acme counts the rows of globex, too");

    let told = errors(&check(&pool, &schema).await);
    assert!(
        matches!(told.as_slice(), [one] if one.starts_with("public.abs(text) has the name")),
        "{told:?}"
    );
}
