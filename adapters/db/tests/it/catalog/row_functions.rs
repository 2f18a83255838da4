//! Functions that PostgreSQL calls where a statement seems to name a column.

use sqlx::AssertSqlSafe;
use tollgate_db::Schema;

use super::errors;
use super::postgres::{check, database, run};

/// Functions, each of which `g.name` calls for some `g` (or not), and the table that it is tried on.
const LIKE_COLUMNS: &[(&str, &str, bool)] = &[
    ("f(countries)", "countries", true),
    ("f(countries, since int DEFAULT 0)", "countries", true),
    ("f(others)", "(SELECT 1 AS x)", true),
    ("f(pair)", "(VALUES (1, 2))", true),
    ("f(some_country)", "countries", true),
    ("f(german)", "countries", true),
    ("f(old_countries)", "countries", true),
    ("f(anyelement)", "(SELECT 1 AS x)", true),
    ("f(anynonarray)", "(SELECT 1 AS x)", true),
    ("f(anycompatible)", "(SELECT 1 AS x)", true),
    ("f(VARIADIC countries[])", "countries", true),
    ("f(VARIADIC anyarray)", "countries", true),
    ("f(box)", "others", true),
    ("f(countries, int)", "countries", false),
    ("f(anyarray)", "countries", false),
    ("f(text)", "countries", false),
    ("f()", "countries", false),
    ("away.f(countries)", "countries", false),
];

#[tokio::test]
async fn a_function_that_can_be_called_like_a_column_is_an_error_unless_declared() {
    let pool = database(
        "CREATE SCHEMA away; CREATE TABLE old_countries (code text); CREATE TABLE countries () INHERITS (old_countries);
         CREATE TABLE others (a int); CREATE TYPE pair AS (a int, b int);
         CREATE DOMAIN some_country AS countries; CREATE DOMAIN german AS some_country;
         CREATE FUNCTION boxed(others) RETURNS box LANGUAGE sql AS $$SELECT box '1,1,0,0'$$;
         CREATE CAST (others AS box) WITH FUNCTION boxed AS IMPLICIT; INSERT INTO countries VALUES ('de');
         INSERT INTO others VALUES (1)",
    )
    .await;
    let schema = Schema::new().shared("countries").function("boxed");
    for &(function, table, called) in LIKE_COLUMNS {
        let make = format!("CREATE FUNCTION {function} RETURNS int LANGUAGE sql AS 'SELECT 7'");
        run(&pool, &make).await;
        let call = format!("SELECT g.f FROM {table} AS g");
        let call = sqlx::query_scalar::<_, i32>(AssertSqlSafe(call)).fetch_one(&pool);
        assert_eq!(call.await.is_ok_and(|it| it == 7), called, "{function}");

        let told = errors(&check(&pool, &schema).await);
        assert_eq!(told.len(), usize::from(called), "{function}: {told:?}");
        for declared in ["f", "public.f"] {
            let declared = schema.clone().function(declared);
            assert_eq!(
                errors(&check(&pool, &declared).await),
                [""; 0],
                "{function}"
            );
        }
        let name = function.split('(').next().unwrap();
        run(&pool, &format!("DROP FUNCTION {name}")).await;
    }
}

#[tokio::test]
async fn functions_like_columns_are_named_with_their_arguments_aggregates_and_extensions_too() {
    let pool = database(
        "CREATE TABLE countries (code text); CREATE EXTENSION hstore;
         CREATE FUNCTION sold(c countries, since int DEFAULT 0) RETURNS int LANGUAGE sql AS 'SELECT 1';
         CREATE FUNCTION step(text, anyelement) RETURNS text LANGUAGE sql AS 'SELECT 1::text';
         CREATE AGGREGATE gather(anyelement) (SFUNC = step, STYPE = text);
         CREATE PROCEDURE tidy(countries) LANGUAGE sql AS 'SELECT 1'",
    )
    .await;
    let schema = Schema::new().shared("countries");
    let why = "can be called like a column of any table: declare the function if it reads no scoped table";
    assert_eq!(
        errors(&check(&pool, &schema).await),
        [
            format!("public.gather(anyelement) {why}"),
            format!("public.hstore(record) {why}"),
            format!("public.sold(c countries, since integer) {why}"),
        ]
    );
    let declared = schema
        .function("gather")
        .function("hstore")
        .function("sold");
    assert_eq!(errors(&check(&pool, &declared).await), [""; 0]);
}
