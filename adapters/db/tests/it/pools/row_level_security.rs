//! PostgreSQL's own policies behind the rewritten statements: what they are told, and for how long.

use sqlx::{Executor, PgPool};
use tollgate_db::{Schema, TenantDb, TenantDbBuilder};

use super::postgres::house;
use super::tenant;

/// A role that the policies hold, and a pool as that role. `secrets` is declared as everybody's by mistake: only the
/// policy keeps its rows apart.
async fn walled() -> (PgPool, Schema) {
    let url = house::filled().await;
    let admin = house::pool(&url, 1).await;
    let role = format!("app_{}", url.rsplit('/').next().unwrap());
    let table = "CREATE TABLE secrets AS SELECT * FROM resources";
    admin.execute(table).await.unwrap();
    for table in ["resources", "secrets"] {
        let policy = format!(
            "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; \
             ALTER TABLE {table} FORCE ROW LEVEL SECURITY; \
             CREATE POLICY tenant ON {table} \
             USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));"
        );
        admin
            .execute(sqlx::raw_sql(sqlx::AssertSqlSafe(policy)))
            .await
            .unwrap();
    }
    let grant = format!(
        "CREATE ROLE {role} LOGIN; GRANT SELECT, INSERT, UPDATE, DELETE ON resources, secrets TO {role};"
    );
    admin
        .execute(sqlx::raw_sql(sqlx::AssertSqlSafe(grant)))
        .await
        .unwrap();
    let pool = house::pool(&url.replace("postgres@", &format!("{role}@")), 1).await;
    (pool, Schema::new().scoped("resources").shared("secrets"))
}

async fn secrets(scope: &tollgate_db::ScopedDb<sqlx::Postgres>) -> Vec<String> {
    let names = scope.query_scalar("SELECT name FROM secrets ORDER BY name");
    names.fetch_all().await.unwrap()
}

#[tokio::test]
async fn the_policies_know_the_tenant_of_every_statement_transaction_and_stream() {
    let (pool, schema) = walled().await;
    let db = TenantDb::builder(pool, schema)
        .row_level_security()
        .build()
        .unwrap();
    for name in super::TENANTS {
        let own: Vec<String> = (0..3).map(|n| format!("{name}-{n}")).collect();
        let scope = db.for_tenant(&tenant(name));
        assert_eq!(secrets(&scope).await, own);

        let mut tx = scope.begin().await.unwrap();
        let mut part = tx.begin().await.unwrap();
        let names = part.query_scalar::<String>("SELECT name FROM secrets ORDER BY name");
        assert_eq!(names.fetch_all().await.unwrap(), own);
        part.rollback().await.unwrap();
        let names = tx.query_scalar::<String>("SELECT name FROM secrets ORDER BY name");
        assert_eq!(names.fetch_all().await.unwrap(), own);
        tx.commit().await.unwrap();

        let mut stream = scope
            .query_scalar::<String>("SELECT name FROM secrets ORDER BY name")
            .fetch();
        for expected in own {
            assert_eq!(stream.next().await.unwrap().unwrap(), expected);
        }
        assert!(stream.next().await.is_none());

        let add = "INSERT INTO resources (name, status) VALUES ('new', 1)";
        scope.query(add).execute().await.unwrap();
        let count = scope
            .query_scalar::<i64>("SELECT COUNT(*) FROM resources")
            .fetch_one();
        assert_eq!(count.await.unwrap(), 4);
    }
}

#[tokio::test]
async fn without_the_setting_the_policies_show_nothing() {
    let (pool, schema) = walled().await;
    for build in [
        |db: TenantDbBuilder<_>| db,
        TenantDbBuilder::transaction_pooling,
    ] {
        let db = build(TenantDb::builder(pool.clone(), schema.clone()))
            .build()
            .unwrap();
        assert!(secrets(&db.for_tenant(&tenant("acme"))).await.is_empty());
    }
}

#[tokio::test]
async fn what_a_statement_set_is_gone_when_it_is_done_even_if_it_failed() {
    let (pool, schema) = walled().await;
    let db = TenantDb::builder(pool.clone(), schema)
        .row_level_security()
        .build()
        .unwrap();
    let acme = db.for_tenant(&tenant("acme"));
    for sql in [
        "SELECT name FROM resources",
        "INSERT INTO resources (name, status) VALUES ('acme-0', 1)",
    ] {
        let _fine_or_not = acme.query(sql).fetch_all().await;
        let sql = "SELECT coalesce(current_setting('app.tenant_id', true), '')";
        let left: String = sqlx::query_scalar(sql).fetch_one(&pool).await.unwrap();
        assert_eq!(left, "");
    }
}

#[tokio::test]
async fn through_a_transaction_pooler_no_statement_is_kept_prepared() {
    let (pool, schema) = walled().await;
    let db = TenantDb::builder(pool.clone(), schema.clone());
    let db = db
        .row_level_security()
        .transaction_pooling()
        .build()
        .unwrap();
    let kept = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%secrets%'";
    let _names = secrets(&db.for_tenant(&tenant("acme"))).await;
    let count: i64 = sqlx::query_scalar(kept)
        .persistent(false)
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(count, 0);

    let db = TenantDb::builder(pool.clone(), schema).build().unwrap();
    let _names = secrets(&db.for_tenant(&tenant("acme"))).await;
    let count: i64 = sqlx::query_scalar(kept)
        .persistent(false)
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(count, 1);
}
