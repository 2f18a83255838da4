//! PostgreSQL.

use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, PgPool};
use throwaway::Postgres;
use tollgate_db::Schema;
use tollgate_db::catalog::{self, Finding, Layout, Report};

use super::{errors, warnings};

pub(super) async fn database(sql: &'static str) -> PgPool {
    let url = Postgres::shared().unwrap().create_database().unwrap();
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .connect(&url)
        .await
        .unwrap();
    run(&pool, sql).await;
    pool
}

pub(super) async fn run(pool: &PgPool, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(pool)
        .await
        .unwrap();
}

pub(super) async fn check(pool: &PgPool, schema: &Schema) -> Report {
    catalog::check(pool, schema).await.unwrap()
}

#[tokio::test]
async fn a_database_as_declared_passes_without_a_word() {
    let pool = database(
        "CREATE SCHEMA app; CREATE DOMAIN whose AS text NOT NULL;
         CREATE TABLE resources (tenant_id text NOT NULL, id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text);
         CREATE TABLE app.orders (org_id varchar(20) NOT NULL, id int, PRIMARY KEY (org_id, id));
         CREATE TABLE events (tenant_id whose, at int) PARTITION BY RANGE (at);
         CREATE TABLE old_events PARTITION OF events FOR VALUES FROM (0) TO (9);
         CREATE TABLE countries (code text PRIMARY KEY); CREATE VIEW eu AS SELECT lower(code) AS code FROM countries;
         CREATE VIEW mine AS SELECT tenant_id, name FROM resources",
    )
    .await;
    let schema = Schema::new()
        .scoped("resources")
        .scoped_by("app.orders", "org_id")
        .scoped("events")
        .shared("countries")
        .shared("eu")
        .scoped("mine");
    let report = check(&pool, &schema).await.into_result().unwrap();
    assert_eq!(report.warnings(), []);
}

#[tokio::test]
async fn everything_that_is_missing_is_named_at_once() {
    let pool =
        database("CREATE TABLE \"Resources\" (\"Tenant_Id\" text); CREATE SEQUENCE numbers").await;
    let schema = Schema::new()
        .scoped("Resources")
        .scoped("resources")
        .shared("numbers")
        .shared("app.countries");
    assert_eq!(
        errors(&check(&pool, &schema).await),
        [
            "public.Resources: no column tenant_id",
            "public.resources: no such table",
            "public.numbers: is a sequence, not a table",
            "app.countries: no such table",
        ]
    );
}

#[tokio::test]
async fn a_column_that_takes_different_tenants_for_equal_is_an_error() {
    let pool = database(
        "CREATE SCHEMA away; CREATE EXTENSION citext SCHEMA away; CREATE DOMAIN soft AS away.citext;
         CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
    )
    .await;
    for (data_type, exact) in [
        ("text", true),
        ("varchar(20)", true),
        ("char(6)", true),
        ("text COLLATE \"C\"", true),
        ("away.citext", false),
        ("soft", false),
        ("text COLLATE ci", false),
        ("numeric", false),
        ("uuid", false),
        ("bigint", false),
        ("name", false),
        ("text[]", false),
    ] {
        run(
            &pool,
            &format!("DROP TABLE IF EXISTS t; CREATE TABLE t (tenant_id {data_type} NOT NULL)"),
        )
        .await;
        let report = check(&pool, &Schema::new().scoped("t")).await;
        let found = matches!(report.errors(), [Finding::Inexact { .. }]);
        assert_eq!(found, !exact, "{data_type}: {report}");
    }
}

#[tokio::test]
async fn what_is_shared_and_reads_a_scoped_table_is_an_error_at_any_depth() {
    let pool = database(
        "CREATE TABLE resources (tenant_id text NOT NULL, name text); CREATE TABLE countries (code text);
         CREATE VIEW plain AS SELECT name FROM resources;
         CREATE VIEW deep AS SELECT code FROM countries WHERE code IN (SELECT name FROM plain);
         CREATE MATERIALIZED VIEW copy AS SELECT count(*) FROM deep;
         CREATE TABLE parent (name text); ALTER TABLE resources INHERIT parent;
         CREATE VIEW over_parent AS SELECT name FROM parent",
    )
    .await;
    for shared in ["plain", "deep", "copy", "parent", "over_parent"] {
        let schema = Schema::new()
            .scoped("resources")
            .shared("countries")
            .shared(shared);
        assert_eq!(
            errors(&check(&pool, &schema).await),
            [format!(
                "public.{shared} is shared and reads public.resources, which is scoped: declare it scoped, or don't declare it"
            )],
        );
    }
}

#[tokio::test]
async fn a_function_that_a_shared_view_calls_must_be_declared() {
    let pool = database(
        "CREATE TABLE resources (tenant_id text NOT NULL, name text);
         CREATE FUNCTION names() RETURNS SETOF text LANGUAGE sql AS 'SELECT name FROM resources';
         CREATE VIEW leak AS SELECT n FROM names() AS n; CREATE VIEW over AS SELECT * FROM leak",
    )
    .await;
    let schema = Schema::new().scoped("resources").shared("over");
    let calls =
        "public.over is shared and calls names: declare the function if it reads no scoped table";
    assert_eq!(errors(&check(&pool, &schema).await), [calls]);
    assert_eq!(
        errors(&check(&pool, &schema.function("names")).await),
        [""; 0]
    );
}

#[tokio::test]
async fn an_operator_of_somebodys_own_is_a_function_and_one_in_another_schema_has_its_name() {
    let pool = database(
        "CREATE SCHEMA app; CREATE TABLE countries (code text);
         CREATE FUNCTION app.alike(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT $1 = $2';
         CREATE OPERATOR === (LEFTARG = text, RIGHTARG = text, FUNCTION = app.alike);
         CREATE VIEW eu AS SELECT code FROM countries WHERE code === 'de'",
    )
    .await;
    let schema = Schema::new().shared("eu");
    let calls =
        "public.eu is shared and calls app.alike: declare the function if it reads no scoped table";
    assert_eq!(errors(&check(&pool, &schema).await), [calls]);
    let declared = schema.function("app.alike");
    assert_eq!(errors(&check(&pool, &declared).await), [""; 0]);
}

#[tokio::test]
async fn what_a_foreign_table_reads_can_not_be_told_and_may_be_shared_by_nobody() {
    let pool = database(
        "CREATE EXTENSION postgres_fdw; CREATE SERVER here FOREIGN DATA WRAPPER postgres_fdw;
         CREATE FOREIGN TABLE away (code text, tenant_id text NOT NULL) SERVER here;
         CREATE VIEW over AS SELECT code FROM away",
    )
    .await;
    for shared in ["away", "over"] {
        let told = format!(
            "public.{shared} is shared, and what it reads can't be told: away is a foreign table"
        );
        let schema = Schema::new().shared(shared);
        assert_eq!(errors(&check(&pool, &schema).await), [told]);
    }
    let schema = Schema::new().scoped("away");
    assert_eq!(errors(&check(&pool, &schema).await), [""; 0]);
}

#[tokio::test]
async fn a_name_that_means_another_table_on_the_pools_connections_is_an_error() {
    let pool = database(
        "CREATE SCHEMA other; CREATE TABLE resources (tenant_id text NOT NULL);
         CREATE TABLE orders (tenant_id text NOT NULL); CREATE TABLE other.orders (x int);
         SET search_path = other, public; CREATE TEMP TABLE resources (tenant_id text)",
    )
    .await;
    let schema = Schema::new().scoped("resources").scoped("orders");
    let told = errors(&check(&pool, &schema).await);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].starts_with("public.resources: its name alone means pg_temp_"),
        "{told:?}"
    );
    assert_eq!(told[1], "public.orders: its name alone means other.orders");

    run(
        &pool,
        "SET search_path = other; DROP TABLE pg_temp.resources",
    )
    .await;
    let told = errors(&check(&pool, &schema.clone()).await);
    assert_eq!(told[0], "public.resources: its name alone means nothing");
    let named = Schema::new()
        .default_schema("other")
        .scoped("public.resources");
    assert_eq!(errors(&check(&pool, &named).await), [""; 0]);
}

#[tokio::test]
async fn settings_that_change_how_a_statement_is_read_are_errors() {
    let pool =
        database("SET standard_conforming_strings = off; SET search_path = public, pg_catalog")
            .await;
    assert_eq!(
        errors(&check(&pool, &Schema::new()).await),
        [
            "the setting standard_conforming_strings is off: must be on",
            "the setting search_path is led by public: must be led by pg_catalog, as it is unless it names that",
        ]
    );
}

#[tokio::test]
async fn keys_over_all_tenants_and_references_to_anybodys_rows_are_warned_of() {
    let pool = database(
        "CREATE TABLE countries (code text PRIMARY KEY);
         CREATE TABLE users (
            tenant_id text NOT NULL, id int CONSTRAINT users_id PRIMARY KEY, mail text, at int4range,
            CONSTRAINT users_per_tenant UNIQUE (tenant_id, id),
            CONSTRAINT users_at EXCLUDE USING gist (at WITH &&)
         );
         CREATE UNIQUE INDEX users_mail ON users (lower(mail), id);
         CREATE TABLE notes (
            tenant_id text, author int CONSTRAINT author REFERENCES users ON DELETE CASCADE, reader int, other text,
            country text REFERENCES countries,
            CONSTRAINT reader FOREIGN KEY (reader, tenant_id) REFERENCES users (id, tenant_id),
            CONSTRAINT crossed FOREIGN KEY (reader, other) REFERENCES users (id, tenant_id),
            made text GENERATED ALWAYS AS (tenant_id) STORED
         );",
    )
    .await;
    run(
        &pool,
        "CREATE UNIQUE INDEX per_tenant ON users (tenant_id, id)",
    )
    .await;
    let schema = Schema::new()
        .scoped("users")
        .scoped("notes")
        .shared("countries");
    let report = check(&pool, &schema).await.into_result();
    // A constraint needs a key with the columns in any order.
    let report = report.unwrap();
    assert_eq!(
        warnings(&report),
        [
            "public.users: users_at (at) is unique over all tenants, and so tells one of another's keys",
            "public.users: users_id (id) is unique over all tenants, and so tells one of another's keys",
            "public.users: users_mail (an expression, id) is unique over all tenants, and so tells one of another's keys",
            "public.notes, column tenant_id: may be NULL, and such rows are nobody's",
            "public.notes: author may refer to another tenant's row of public.users, whose changes then change this \
             tenant's rows",
            "public.notes: crossed may refer to another tenant's row of public.users",
        ]
    );
    let report = check(&pool, &Schema::new().scoped_by("notes", "made")).await;
    assert!(warnings(&report).contains(
        &"public.notes, column made: is computed, so that no INSERT succeeds".to_owned()
    ));
}

#[tokio::test]
async fn a_schema_that_is_read_scopes_what_has_the_column_and_forbids_what_it_does_not_know() {
    let pool = database(
        "CREATE SCHEMA app; CREATE SCHEMA hidden;
         CREATE TABLE resources (tenant_id text NOT NULL); CREATE TABLE app.orders (tenant_id text NOT NULL);
         CREATE TABLE hidden.orders (tenant_id text NOT NULL); CREATE TABLE countries (code text);
         CREATE TABLE \"Tenant_Id\" (\"Tenant_Id\" text); CREATE VIEW summary AS SELECT tenant_id FROM resources",
    )
    .await;
    let layout = Layout::new().schema("app").shared("countries");
    let reading = catalog::read(&pool, &layout).await.unwrap();
    assert_eq!(
        reading.to_string(),
        "Tenant_Id: forbidden: it has no tenant's column, and was not listed as shared\n\
         countries: shared: it was listed\n\
         resources: scoped: it has the tenant's column\n\
         summary: forbidden: a view that has the tenant's column must be declared, since only you know what the column \
         says\n\
         app.orders: scoped: it has the tenant's column\n"
    );
    let report = check(&pool, &reading.into_schema()).await;
    assert_eq!(errors(&report), [""; 0]);
}
