//! Tenants' columns of all types that there are policies for, and of those that there are none for.

use sqlx::AssertSqlSafe;
use tollgate_db::Schema;
use tollgate_db::rls;

use super::kit::{Town, gaps_of};

const ONE: &str = "0b7b8c52-6d0f-4c13-9a51-1f6ad0a5e0aa";
const TWO: &str = "1b7b8c52-6d0f-4c13-9a51-1f6ad0a5e0aa";

/// A table of this type, with a row each of two tenants.
async fn table(town: &Town, data_type: &str, one: &str, two: &str) -> Schema {
    town.run(&format!(
        "DROP TABLE IF EXISTS t; CREATE TABLE t (whose {data_type}); CREATE INDEX ON t (whose);
         INSERT INTO t VALUES ('{one}'), ('{two}'); GRANT SELECT ON t TO $role"
    ))
    .await;
    Schema::new().scoped_by("t", "whose")
}

#[tokio::test]
async fn every_type_that_compares_exactly_gets_a_policy_that_the_check_knows_again() {
    let town = Town::open().await;
    town.run(
        "CREATE DOMAIN name_of AS text; CREATE DOMAIN name_of_that AS name_of; CREATE DOMAIN short AS varchar(8);
         CREATE DOMAIN number AS bigint; CREATE DOMAIN word AS uuid",
    )
    .await;
    for (data_type, one, two) in [
        ("text", "acme", "globex"),
        ("varchar", "acme", "globex"),
        ("varchar(4)", "acme", "glob"),
        ("char(6)", "acme", "globex"),
        ("name_of", "acme", "globex"),
        ("name_of_that", "acme", "globex"),
        ("short", "acme", "globex"),
        ("uuid", ONE, TWO),
        ("word", ONE, TWO),
        ("smallint", "7", "8"),
        ("integer", "7", "8"),
        ("bigint", "7", "8"),
        ("number", "7", "8"),
    ] {
        let schema = table(&town, data_type, one, two).await;
        town.run(&rls::migration_sql(&schema)).await;
        assert_eq!(gaps_of(&town.app, &schema).await, [], "{data_type}");
        let sql = "SELECT rtrim(whose::text) FROM t";
        assert_eq!(town.seen(Some(one), sql).await, [one], "{data_type}");
        assert_eq!(town.seen(Some(two), sql).await, [two], "{data_type}");
        assert!(town.seen(None, sql).await.is_empty(), "{data_type}");
    }
}

#[tokio::test]
async fn no_tenant_passes_for_another_by_a_second_spelling_of_a_value() {
    let town = Town::open().await;
    for (data_type, other, one, spellings) in [
        ("bigint", "8", "7", ["007", "+7", " 7"]),
        (
            "uuid",
            TWO,
            ONE,
            [
                "0B7B8C52-6D0F-4C13-9A51-1F6AD0A5E0AA",
                "0b7b8c526d0f4c139a511f6ad0a5e0aa",
                "{0b7b8c52-6d0f-4c13-9a51-1f6ad0a5e0aa}",
            ],
        ),
        ("varchar(4)", "glob", "acme", ["acme2", "ACME", "acme "]),
        ("char(4)", "glob", "acme", ["acme2", "ACME", "acmeacme"]),
    ] {
        let schema = table(&town, data_type, one, other).await;
        town.run(&rls::migration_sql(&schema)).await;
        for spelling in spellings {
            let seen = town.seen(Some(spelling), "SELECT whose::text FROM t").await;
            assert!(seen.is_empty(), "{data_type} {spelling:?} sees {seen:?}");
        }
    }
}

#[tokio::test]
async fn who_is_no_value_of_the_type_sees_an_error_and_no_rows() {
    let town = Town::open().await;
    let schema = table(&town, "bigint", "7", "8").await;
    town.run(&rls::migration_sql(&schema)).await;
    assert!(
        town.within(Some("acme"), "SELECT whose::text FROM t")
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_number_is_found_by_its_index() {
    let town = Town::open().await;
    let schema = table(&town, "bigint", "7", "8").await;
    town.run(&rls::migration_sql(&schema)).await;
    town.run("INSERT INTO t SELECT i FROM generate_series(10, 9000) i; ANALYZE t")
        .await;
    let plan = town
        .seen(Some("7"), "EXPLAIN SELECT * FROM t")
        .await
        .join("\n");
    assert!(plan.contains("Index Cond"), "{plan}");
}

#[tokio::test]
async fn a_column_that_takes_different_tenants_for_equal_stops_the_migration_and_the_boot() {
    let town = Town::open().await;
    town.run(
        "CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
    )
    .await;
    town.run("CREATE EXTENSION citext; CREATE DOMAIN soft AS citext")
        .await;
    for data_type in [
        "citext",
        "soft",
        "text COLLATE ci",
        "name",
        "numeric",
        "\"char\"",
    ] {
        let schema = table(&town, data_type, "1", "2").await;
        let refused = sqlx::raw_sql(AssertSqlSafe(rls::migration_sql(&schema)))
            .execute(&town.admin)
            .await
            .unwrap_err()
            .to_string();
        assert!(
            refused.contains("does not compare exactly"),
            "{data_type}: {refused}"
        );
        let gaps = gaps_of(&town.app, &schema).await;
        let told: Vec<_> = gaps.iter().map(ToString::to_string).collect();
        let gap = "public.t: no column whose of a type that compares exactly".to_owned();
        assert!(told.contains(&gap), "{data_type}: {told:?}");
    }
}
