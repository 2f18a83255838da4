//! MySQL and MariaDB.

use sqlx::mysql::MySqlPoolOptions;
use sqlx::{AssertSqlSafe, MySqlPool};
use tollgate_db::Schema;
use tollgate_db::catalog::{self, Finding, Layout, Report};

use super::{errors, warnings};

async fn database(sql: &'static str) -> MySqlPool {
    let url = throwaway::MariaDb::shared()
        .unwrap()
        .create_database()
        .unwrap();
    let pool = MySqlPoolOptions::new()
        .max_connections(1)
        .connect(&url)
        .await
        .unwrap();
    run(&pool, sql).await;
    pool
}

async fn run(pool: &MySqlPool, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(pool)
        .await
        .unwrap();
}

async fn check(pool: &MySqlPool, schema: &Schema) -> Report {
    catalog::check(pool, schema).await.unwrap()
}

/// The texts, the database called `db`, whatever its name is.
async fn told(pool: &MySqlPool, told: Vec<String>) -> Vec<String> {
    let name: String = sqlx::query_scalar("SELECT DATABASE()")
        .fetch_one(pool)
        .await
        .unwrap();
    let own = format!("{name}.");
    told.iter().map(|text| text.replace(&own, "db.")).collect()
}

#[tokio::test]
async fn a_database_as_declared_passes_without_a_word() {
    let pool = database(
        "CREATE TABLE resources (tenant_id VARCHAR(40) COLLATE utf8mb4_bin NOT NULL, id INT, PRIMARY KEY (tenant_id, id));
         CREATE TABLE orders (ORG_ID VARBINARY(40) NOT NULL, id INT, UNIQUE (id, ORG_ID));
         CREATE TABLE countries (code CHAR(2) PRIMARY KEY);
         CREATE VIEW mine AS SELECT tenant_id, id FROM resources",
    )
    .await;
    let schema = Schema::new()
        .scoped("resources")
        .scoped_by("orders", "org_id")
        .shared("countries")
        .scoped("mine");
    let report = check(&pool, &schema).await.into_result().unwrap();
    assert_eq!(report.warnings(), []);
}

#[tokio::test]
async fn everything_that_is_missing_is_named_at_once() {
    let pool = database(
        "CREATE TABLE resources (id INT); CREATE TABLE countries (code CHAR(2)); CREATE VIEW eu AS SELECT * FROM countries",
    )
    .await;
    let schema = Schema::new()
        .scoped("resources")
        .scoped("Resources")
        .shared("nowhere.countries")
        .shared("eu");
    let errors = errors(&check(&pool, &schema).await);
    assert_eq!(
        told(&pool, errors).await,
        [
            "db.resources: no column tenant_id",
            "db.Resources: no such table",
            "nowhere.countries: no such table",
            "db.eu is shared, and what it reads can't be told: this database's catalog does not tell what a view reads",
        ]
    );
}

#[tokio::test]
async fn a_collation_that_folds_case_is_told_of_and_a_number_is_refused() {
    let pool = database("DO 0").await;
    for (data_type, expected) in [
        ("VARCHAR(40) COLLATE utf8mb4_bin", None),
        ("VARBINARY(40)", None),
        ("VARCHAR(40) COLLATE utf8mb4_general_ci", Some(false)),
        ("TEXT COLLATE utf8mb4_unicode_ci", Some(false)),
        ("BIGINT", Some(true)),
        ("DECIMAL(10)", Some(true)),
        ("ENUM('acme')", Some(true)),
    ] {
        run(
            &pool,
            &format!("CREATE OR REPLACE TABLE t (tenant_id {data_type} NOT NULL)"),
        )
        .await;
        let report = check(&pool, &Schema::new().scoped("t")).await;
        let found = match (report.errors(), report.warnings()) {
            ([], []) => None,
            ([], [Finding::Collation { .. }]) => Some(false),
            ([Finding::Inexact { .. }], []) => Some(true),
            _ => panic!("{data_type}: {report}"),
        };
        assert_eq!(found, expected, "{data_type}: {report}");
    }
}

#[tokio::test]
async fn the_grammar_of_another_database_is_an_error() {
    let pool = database("SET SESSION sql_mode = 'ORACLE'").await;
    let report = check(&pool, &Schema::new()).await;
    assert!(
        matches!(
            report.errors(),
            [Finding::Setting {
                name: "sql_mode",
                ..
            }]
        ),
        "{report}"
    );
}

#[tokio::test]
async fn keys_over_all_tenants_and_references_to_anybodys_rows_are_warned_of() {
    let pool = database(
        "CREATE TABLE users (
            tenant_id VARBINARY(40) NOT NULL, id INT PRIMARY KEY, mail VARCHAR(40), UNIQUE users_mail (mail),
            UNIQUE per_tenant (tenant_id, id)
         );
         CREATE TABLE notes (
            tenant_id VARBINARY(40), author INT, reader INT,
            CONSTRAINT author FOREIGN KEY (author) REFERENCES users (id) ON DELETE CASCADE,
            CONSTRAINT reader FOREIGN KEY (tenant_id, reader) REFERENCES users (tenant_id, id)
         )",
    )
    .await;
    let report = check(&pool, &Schema::new().scoped("users").scoped("notes")).await;
    assert_eq!(errors(&report), [""; 0]);
    assert_eq!(
        told(&pool, warnings(&report)).await,
        [
            "db.users: PRIMARY (id) is unique over all tenants, and so tells one of another's keys",
            "db.users: users_mail (mail) is unique over all tenants, and so tells one of another's keys",
            "db.notes, column tenant_id: may be NULL, and such rows are nobody's",
            "db.notes: author may refer to another tenant's row of db.users, whose changes then change this tenant's rows",
        ]
    );
}

#[tokio::test]
async fn a_schema_that_is_read_scopes_what_has_the_column() {
    let pool = database(
        "CREATE TABLE resources (TENANT_ID VARBINARY(40) NOT NULL); CREATE TABLE countries (code CHAR(2));
         CREATE TABLE secrets (word TEXT); CREATE VIEW summary AS SELECT tenant_id FROM resources",
    )
    .await;
    let reading = catalog::read(&pool, &Layout::new().shared("countries"))
        .await
        .unwrap();
    assert_eq!(
        reading.to_string(),
        "countries: shared: it was listed\n\
         resources: scoped: it has the tenant's column\n\
         secrets: forbidden: it has no tenant's column, and was not listed as shared\n\
         summary: forbidden: a view that has the tenant's column must be declared, since only you know what the column \
         says\n"
    );
    assert_eq!(errors(&check(&pool, &reading.into_schema()).await), [""; 0]);
}
