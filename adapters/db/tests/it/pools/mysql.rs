//! A real MariaDB.

mod house {
    use sqlx::mysql::{MySqlPool, MySqlPoolOptions};
    use sqlx::{AssertSqlSafe, MySql};
    use throwaway::MariaDb as Server;
    use tollgate_db::TenantDb;

    use crate::pools::{TENANTS, schema};

    pub(super) type Db = MySql;

    /// The tenant's column folds case, as columns do there unless they are told otherwise.
    pub(super) async fn open() -> (MySqlPool, TenantDb<MySql>) {
        let url = Server::shared().unwrap().create_database().unwrap();
        let pool = MySqlPoolOptions::new().max_connections(2);
        let pool = pool.connect(&url).await.unwrap();
        let table = "CREATE TABLE resources (tenant_id VARCHAR(40) NOT NULL, name VARCHAR(40) NOT NULL, \
                     status BIGINT NOT NULL, PRIMARY KEY (tenant_id, name))";
        sqlx::query(table).execute(&pool).await.unwrap();
        for tenant in TENANTS {
            for n in 0..3_i64 {
                let row = sqlx::query("INSERT INTO resources VALUES (?, ?, ?)").bind(tenant);
                let row = row.bind(format!("{tenant}-{n}")).bind(n);
                row.execute(&pool).await.unwrap();
            }
        }
        let db = TenantDb::builder(pool.clone(), schema()).build().unwrap();
        (pool, db)
    }

    pub(super) fn sql(text: &str) -> AssertSqlSafe<&str> {
        AssertSqlSafe(text)
    }
}

promises!(house);
transactions!(house);

#[tokio::test]
async fn a_tenant_is_told_from_one_that_the_columns_collation_takes_for_it() {
    let (pool, db) = house::open().await;
    let other = "UPDATE resources SET tenant_id = 'ACME' WHERE tenant_id = 'globex'";
    sqlx::query(other).execute(&pool).await.unwrap();
    let folded = "SELECT COUNT(*) FROM resources WHERE tenant_id = 'acme'";
    let folded: i64 = sqlx::query_scalar(folded).fetch_one(&pool).await.unwrap();
    assert_eq!(folded, 6, "the column does not fold case");

    let acme = db.for_tenant(&tenant("acme"));
    let names = acme.query_scalar::<String>("SELECT name FROM resources ORDER BY name");
    assert_eq!(
        names.fetch_all().await.unwrap(),
        ["acme-0", "acme-1", "acme-2"]
    );
    let update = acme.query("UPDATE resources SET status = 9").execute();
    assert_eq!(update.await.unwrap().rows_affected(), 3);
    let delete = acme.query("DELETE FROM resources").execute();
    assert_eq!(delete.await.unwrap().rows_affected(), 3);
    let left = "SELECT COUNT(*) FROM resources WHERE BINARY tenant_id = 'ACME' AND status < 9";
    let left: i64 = sqlx::query_scalar(left).fetch_one(&pool).await.unwrap();
    assert_eq!(left, 3);
}

#[tokio::test]
async fn a_statement_that_failed_does_not_spoil_its_transaction() {
    let (_pool, db) = house::open().await;
    let acme = db.for_tenant(&tenant("acme"));
    let mut tx = acme.begin().await.unwrap();
    tx.query(ADD).execute().await.unwrap();
    let again = tx.query(ADD).execute().await.unwrap_err();
    assert!(again.is_unique_violation());
    tx.commit().await.unwrap();
    assert_eq!(count(&acme).await, 4);
}
