//! SQLite.

use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{AssertSqlSafe, SqlitePool};
use tollgate_db::Schema;
use tollgate_db::catalog::{self, Finding, Layout, ReadError, Report, Verdict};

use super::{errors, warnings};

async fn database(sql: &'static str) -> SqlitePool {
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect("sqlite::memory:")
        .await
        .unwrap();
    run(&pool, sql).await;
    pool
}

async fn run(pool: &SqlitePool, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(pool)
        .await
        .unwrap();
}

async fn check(pool: &SqlitePool, schema: &Schema) -> Report {
    catalog::check(pool, schema).await.unwrap()
}

#[tokio::test]
async fn a_database_as_declared_passes_without_a_word() {
    let pool = database(
        "CREATE TABLE resources (tenant_id TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (tenant_id, id));
         CREATE TABLE orders (ORG_ID TEXT NOT NULL, id INT NOT NULL, PRIMARY KEY (id, ORG_ID)) STRICT, WITHOUT ROWID;
         CREATE TABLE countries (code TEXT PRIMARY KEY);
         CREATE VIEW eu AS SELECT * FROM countries;",
    )
    .await;
    let schema = Schema::new()
        .scoped("Resources")
        .scoped_by("main.orders", "org_id")
        .shared("countries")
        .shared("eu");
    let report = check(&pool, &schema).await.into_result().unwrap();
    assert_eq!(report.warnings(), []);
}

#[tokio::test]
async fn everything_that_is_missing_is_named_at_once() {
    let pool = database(
        "CREATE TABLE resources (id INTEGER); CREATE VIRTUAL TABLE words USING fts5(tenant_id, word)",
    )
    .await;
    let schema = Schema::new()
        .scoped("resources")
        .scoped("nowhere")
        .shared("countries")
        .scoped("words")
        .scoped("other.resources");
    assert_eq!(
        errors(&check(&pool, &schema).await),
        [
            "main.resources: no column tenant_id",
            "main.nowhere: no such table",
            "main.countries: no such table",
            "main.words: is a virtual table, not a table",
            "other.resources: no such table",
        ]
    );
}

#[tokio::test]
async fn a_column_that_turns_text_into_numbers_takes_two_tenants_for_one() {
    for (data_type, exact) in [
        ("TEXT", true),
        ("varchar(9)", true),
        ("CLOB", true),
        ("BLOB", true),
        ("", true),
        ("INTEGER", false),
        ("BIGINT", false),
        ("NUMERIC", false),
        ("REAL", false),
        ("STRING", false),
        ("UUID", false),
        ("ANY", false),
        ("CHARINT", false),
    ] {
        let pool = database("").await;
        run(
            &pool,
            &format!("CREATE TABLE t (tenant_id {data_type} NOT NULL)"),
        )
        .await;
        // What SQLite itself does with it.
        run(&pool, "INSERT INTO t VALUES ('7')").await;
        let leaks: i64 = sqlx::query_scalar("SELECT count(*) FROM t WHERE tenant_id = ?")
            .bind("007")
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(leaks == 0, exact, "{data_type}");
        let report = check(&pool, &Schema::new().scoped("t")).await;
        let found = matches!(report.errors(), [Finding::Inexact { .. }]);
        assert_eq!(found, !exact, "{data_type}: {report}");
    }
}

#[tokio::test]
async fn a_strict_table_with_a_column_of_any_type_compares_exactly() {
    let pool = database("CREATE TABLE t (tenant_id ANY NOT NULL) STRICT").await;
    assert_eq!(
        errors(&check(&pool, &Schema::new().scoped("t")).await),
        [""; 0]
    );
}

#[tokio::test]
async fn a_collation_that_folds_case_is_told_of_wherever_it_was_declared() {
    let pool = database(
        "CREATE TABLE a (tenant_id TEXT NOT NULL COLLATE NOCASE); CREATE INDEX ai ON a (tenant_id);
         CREATE TABLE b (\"tenant_id\" TEXT COLLATE rtrim NOT NULL, x TEXT COLLATE NOCASE);
         CREATE TABLE c (tenant_id TEXT NOT NULL, x TEXT COLLATE NOCASE);
         CREATE VIEW d AS SELECT tenant_id FROM a",
    )
    .await;
    let schema = Schema::new()
        .scoped("a")
        .scoped("b")
        .scoped("c")
        .scoped("d");
    let report = check(&pool, &schema).await;
    assert_eq!(errors(&report), [""; 0]);
    let told = |table: &str, collation: &str| {
        format!(
            "main.{table}, column tenant_id: its collation {collation} takes different tenants for equal outside tollgate"
        )
    };
    assert_eq!(
        warnings(&report),
        [told("a", "NOCASE"), told("b", "RTRIM"), told("d", "NOCASE")]
    );
}

#[tokio::test]
async fn a_shared_view_that_reads_a_scoped_table_is_an_error_at_any_depth_and_by_an_index_alone() {
    let pool = database(
        "CREATE TABLE resources (tenant_id TEXT NOT NULL, name TEXT); CREATE INDEX by_name ON resources (name);
         CREATE TABLE countries (code TEXT PRIMARY KEY);
         CREATE VIEW plain AS SELECT name FROM resources;
         CREATE VIEW covered AS SELECT name FROM resources ORDER BY name;
         CREATE VIEW deep AS SELECT code FROM countries WHERE EXISTS (SELECT 1 FROM plain WHERE name = code);
         CREATE VIEW united AS SELECT code FROM countries UNION SELECT max(name) FROM resources;
         CREATE VIEW counted AS SELECT (SELECT count(*) FROM resources) AS n;
         CREATE VIEW recursive_one AS WITH RECURSIVE r(n) AS (SELECT code FROM countries UNION SELECT name FROM resources, r)
            SELECT n FROM r;
         CREATE VIEW ordered AS SELECT code FROM countries ORDER BY (SELECT max(name) FROM resources WHERE name > code);
         CREATE VIEW limited AS SELECT code FROM countries LIMIT (SELECT count(*) FROM resources);
         CREATE VIEW joined AS SELECT code, r.name FROM countries LEFT JOIN resources AS r ON r.name = code;
         CREATE VIEW windowed AS SELECT row_number() OVER (ORDER BY code) AS n, code FROM countries;",
    )
    .await;
    for view in [
        "plain",
        "covered",
        "deep",
        "united",
        "counted",
        "recursive_one",
        "ordered",
        "limited",
        "joined",
    ] {
        let schema = Schema::new()
            .scoped("resources")
            .shared("countries")
            .shared(view);
        assert_eq!(
            errors(&check(&pool, &schema).await),
            [format!(
                "main.{view} is shared and reads main.resources, which is scoped: declare it scoped, or don't declare it"
            )],
        );
    }
    let schema = Schema::new()
        .scoped("resources")
        .shared("countries")
        .shared("windowed");
    assert_eq!(errors(&check(&pool, &schema).await), [""; 0]);
}

#[tokio::test]
async fn what_a_shared_view_reads_must_be_seen_through() {
    let pool = database(
        "CREATE TABLE countries (code TEXT PRIMARY KEY); CREATE TABLE gone (x TEXT);
         CREATE VIEW lost AS SELECT x FROM gone; DROP TABLE gone;
         CREATE VIEW words AS SELECT value FROM json_each('[1]');
         CREATE VIRTUAL TABLE found USING fts5(word)",
    )
    .await;
    let schema = Schema::new().shared("lost").shared("words").shared("found");
    let told = errors(&check(&pool, &schema).await);
    assert_eq!(told.len(), 3, "{told:?}");
    for (told, part) in told
        .iter()
        .zip(["no such table", "it uses VOpen", "it is a virtual table"])
    {
        assert!(
            told.contains("what it reads can't be told") && told.contains(part),
            "{told}"
        );
    }
}

#[tokio::test]
async fn a_temporary_table_that_takes_a_name_is_an_error() {
    let pool = database(
        "CREATE TABLE resources (tenant_id TEXT NOT NULL); CREATE TEMP TABLE Resources (tenant_id TEXT NOT NULL)",
    )
    .await;
    let report = check(&pool, &Schema::new().scoped("resources")).await;
    assert_eq!(
        errors(&report),
        ["main.resources: its name alone means temp.Resources"]
    );
}

#[tokio::test]
async fn keys_over_all_tenants_and_references_to_anybodys_rows_are_warned_of() {
    let pool = database(
        "CREATE TABLE countries (code TEXT PRIMARY KEY);
         CREATE TABLE users (tenant_id TEXT NOT NULL, id INTEGER PRIMARY KEY, mail TEXT UNIQUE, UNIQUE (tenant_id, id));
         CREATE UNIQUE INDEX lower_mail ON users (lower(mail));
         CREATE TABLE notes (
            tenant_id TEXT, author INTEGER REFERENCES users ON DELETE CASCADE, reader INTEGER, country TEXT REFERENCES countries,
            FOREIGN KEY (tenant_id, reader) REFERENCES users (tenant_id, id)
         );",
    )
    .await;
    let schema = Schema::new()
        .scoped("users")
        .scoped("notes")
        .shared("countries");
    let report = check(&pool, &schema).await.into_result().unwrap();
    assert_eq!(
        warnings(&report),
        [
            "main.users: PRIMARY KEY (id) is unique over all tenants, and so tells one of another's keys",
            "main.users: lower_mail (an expression) is unique over all tenants, and so tells one of another's keys",
            "main.users: sqlite_autoindex_users_1 (mail) is unique over all tenants, and so tells one of another's keys",
            "main.notes, column tenant_id: may be NULL, and such rows are nobody's",
            "main.notes: the foreign key of author may refer to another tenant's row of main.users, whose changes then change \
             this tenant's rows",
        ]
    );
}

#[tokio::test]
async fn a_schema_that_is_read_scopes_what_has_the_column_and_forbids_what_it_does_not_know() {
    let pool = database(
        "CREATE TABLE resources (TENANT_ID TEXT NOT NULL, id INT); CREATE TABLE countries (code TEXT);
         CREATE TABLE secrets (word TEXT); CREATE VIEW summary AS SELECT tenant_id, count(*) FROM resources;
         CREATE VIEW codes AS SELECT code FROM countries",
    )
    .await;
    let layout = Layout::new().shared("countries").shared("codes");
    let reading = catalog::read(&pool, &layout).await.unwrap();
    let verdicts: Vec<_> = reading
        .verdicts()
        .iter()
        .map(|(name, verdict)| (name.to_string(), *verdict))
        .collect();
    assert_eq!(
        verdicts,
        [
            ("codes".to_owned(), Verdict::Shared),
            ("countries".to_owned(), Verdict::Shared),
            ("resources".to_owned(), Verdict::Scoped),
            ("secrets".to_owned(), Verdict::NoColumn),
            ("summary".to_owned(), Verdict::View),
        ]
    );
    assert_eq!(errors(&check(&pool, &reading.into_schema()).await), [""; 0]);

    let contradiction = catalog::read(&pool, &Layout::new().shared("resources")).await;
    assert!(
        matches!(contradiction, Err(ReadError::Contradiction(_))),
        "{contradiction:?}"
    );
    let missing = catalog::read(&pool, &Layout::new().shared("nowhere")).await;
    assert!(matches!(missing, Err(ReadError::NoTable(_))), "{missing:?}");
}
