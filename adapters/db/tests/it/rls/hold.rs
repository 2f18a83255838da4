//! What the policies themselves hold, whatever a statement says.

use tollgate_db::rls;

use super::kit::{Town, schema, within};

const NAMES: &str = "SELECT name FROM resources ORDER BY name";

fn code(error: &sqlx::Error) -> Option<String> {
    Some(error.as_database_error()?.code()?.into_owned())
}

/// PostgreSQL's code for a row that a policy forbids to write.
const FORBIDDEN: &str = "42501";

#[tokio::test]
async fn a_tenant_sees_its_own_rows_and_nobody_elses_not_even_by_another_case() {
    let town = Town::new().await;
    for tenant in ["acme", "ACME", "globex"] {
        let own: Vec<_> = (1..=3).map(|n| format!("{tenant}{n}")).collect();
        assert_eq!(town.seen(Some(tenant), NAMES).await, own);
    }
    assert!(town.seen(Some("nobody"), NAMES).await.is_empty());
    assert!(town.seen(Some("acme' OR 'a'='a"), NAMES).await.is_empty());
    assert_eq!(
        town.seen(Some("acme"), "SELECT code FROM countries").await,
        ["de"]
    );
    let through_it = "SELECT id::text FROM orders WHERE org_id = 'globex' OR true ORDER BY id";
    assert_eq!(town.seen(Some("acme"), through_it).await, ["1", "2"]);
}

#[tokio::test]
async fn without_a_tenant_nobody_sees_anything_also_after_a_transaction_that_had_one() {
    let town = Town::new().await;
    let mut connection = town.app.acquire().await.unwrap();
    let setting = "SELECT coalesce(current_setting('app.tenant_id', true), 'null')";
    assert_eq!(
        within(&mut connection, None, setting).await.unwrap(),
        ["null"]
    );
    assert!(
        within(&mut connection, None, NAMES)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        within(&mut connection, Some("acme"), NAMES)
            .await
            .unwrap()
            .len(),
        3
    );
    assert_eq!(within(&mut connection, None, setting).await.unwrap(), [""]);
    assert!(
        within(&mut connection, None, NAMES)
            .await
            .unwrap()
            .is_empty()
    );
    // And after one that failed.
    assert!(
        within(&mut connection, Some("acme"), "SELECT (1/0)::text")
            .await
            .is_err()
    );
    assert!(
        within(&mut connection, None, NAMES)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        within(&mut connection, Some(""), NAMES)
            .await
            .unwrap()
            .is_empty()
    );
    let rows_of_nobody = "INSERT INTO resources VALUES ('', 1, 'x') RETURNING name";
    let error = within(&mut connection, Some(""), rows_of_nobody)
        .await
        .unwrap_err();
    assert_eq!(code(&error).as_deref(), Some(FORBIDDEN));
}

#[tokio::test]
async fn a_tenant_can_not_write_rows_of_another() {
    let town = Town::new().await;
    for sql in [
        "INSERT INTO resources VALUES ('globex', 9, 'x') RETURNING name",
        "UPDATE resources SET tenant_id = 'globex' WHERE id = 1 RETURNING name",
        "INSERT INTO resources VALUES ('globex', 1, 'x')
            ON CONFLICT (tenant_id, id) DO UPDATE SET name = 'x' RETURNING name",
        "INSERT INTO old_events VALUES ('globex', 9) RETURNING tenant_id",
    ] {
        let error = town.within(Some("acme"), sql).await.unwrap_err();
        assert_eq!(code(&error).as_deref(), Some(FORBIDDEN), "{sql}");
    }
    for sql in [
        "UPDATE resources SET name = 'x' WHERE tenant_id = 'globex' RETURNING name",
        "DELETE FROM resources WHERE tenant_id <> 'acme' RETURNING name",
        "DELETE FROM resources AS r USING orders AS o WHERE o.org_id = 'globex' RETURNING r.name",
    ] {
        assert!(town.seen(Some("acme"), sql).await.is_empty(), "{sql}");
    }
    let own = "UPDATE resources SET name = 'y' WHERE id = 1 OR true RETURNING tenant_id";
    assert_eq!(town.seen(Some("acme"), own).await, ["acme"; 3]);
    assert_eq!(
        town.seen(Some("globex"), NAMES).await,
        ["globex1", "globex2", "globex3"]
    );
    assert_eq!(
        town.seen(Some("acme"), "DELETE FROM resources RETURNING name")
            .await,
        ["y"; 3]
    );
    assert_eq!(town.seen(Some("ACME"), NAMES).await.len(), 3);
}

#[tokio::test]
async fn a_partition_that_is_read_directly_shows_a_tenants_own_rows_only() {
    let town = Town::new().await;
    for table in ["events", "old_events", "ONLY old_events"] {
        let rows = town
            .seen(Some("acme"), &format!("SELECT tenant_id FROM {table}"))
            .await;
        assert_eq!(rows, ["acme", "acme"], "{table}");
    }
}

#[tokio::test]
async fn a_policy_of_somebody_else_does_not_widen_what_a_tenant_sees() {
    let town = Town::new().await;
    town.run("CREATE POLICY everything ON resources TO $role USING (true) WITH CHECK (true)")
        .await;
    assert_eq!(town.seen(Some("acme"), NAMES).await.len(), 3);
    assert!(town.seen(None, NAMES).await.is_empty());
    assert_eq!(town.gaps().await, []);
    town.run("CREATE POLICY less ON resources AS RESTRICTIVE USING (id = 1)")
        .await;
    assert_eq!(town.seen(Some("acme"), NAMES).await, ["acme1"]);
    assert_eq!(town.gaps().await, []);
}

#[tokio::test]
async fn the_owner_is_bound_too() {
    let town = Town::new().await;
    town.run("ALTER TABLE resources OWNER TO $role").await;
    assert_eq!(town.seen(Some("acme"), NAMES).await.len(), 3);
    assert!(town.seen(None, NAMES).await.is_empty());
}

#[tokio::test]
async fn the_condition_is_evaluated_once_and_by_the_index() {
    let town = Town::new().await;
    town.run("INSERT INTO resources SELECT 'acme', i, '' FROM generate_series(10, 5000) i; ANALYZE resources").await;
    let plan = town
        .seen(
            Some("globex"),
            "EXPLAIN (COSTS OFF) SELECT name FROM resources WHERE id = 1",
        )
        .await
        .join("\n");
    assert!(plan.contains("Index Cond: ((tenant_id = NULLIF("), "{plan}");
    assert_eq!(plan.matches("current_setting").count(), 1, "{plan}");
}

#[tokio::test]
async fn names_that_need_quotes_are_quoted() {
    let town = Town::new().await;
    town.run(
        r#"CREATE SCHEMA "My ""App"; CREATE TABLE "My ""App"."it's $x" ("The Tenant" text);
        GRANT USAGE ON SCHEMA "My ""App" TO $role; GRANT SELECT ON "My ""App"."it's $x" TO $role;
        INSERT INTO "My ""App"."it's $x" VALUES ('acme'), ('globex')"#,
    )
    .await;
    let schema = schema().scoped_by(("My \"App", "it's $x"), "The Tenant");
    town.run(&rls::migration_sql(&schema)).await;
    assert!(rls::check(&town.app, &schema).await.is_ok());
    let sql = r#"SELECT "The Tenant" FROM "My ""App"."it's $x""#;
    assert_eq!(town.seen(Some("acme"), sql).await, ["acme"]);
    town.run(&rls::down_sql(&schema)).await;
    assert!(rls::check(&town.app, &schema).await.is_err());
}
