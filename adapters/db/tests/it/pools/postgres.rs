//! A real PostgreSQL.

pub(super) mod house {
    use sqlx::postgres::{PgPool, PgPoolOptions};
    use sqlx::{AssertSqlSafe, Postgres};
    use throwaway::Postgres as Server;
    use tollgate_db::TenantDb;

    use crate::pools::{TENANTS, schema};

    pub(in crate::pools) type Db = Postgres;

    pub(in crate::pools) async fn open() -> (PgPool, TenantDb<Postgres>) {
        let pool = pool(&filled().await, 2).await;
        let db = TenantDb::builder(pool.clone(), schema()).build().unwrap();
        (pool, db)
    }

    pub(in crate::pools) async fn pool(url: &str, most: u32) -> PgPool {
        let pool = PgPoolOptions::new().max_connections(most);
        pool.connect(url).await.unwrap()
    }

    /// Where a new database is.
    pub(in crate::pools) async fn filled() -> String {
        let url = Server::shared().unwrap().create_database().unwrap();
        let pool = pool(&url, 1).await;
        let table = "CREATE TABLE resources (tenant_id text NOT NULL, name text NOT NULL, \
                     status bigint NOT NULL, PRIMARY KEY (tenant_id, name))";
        sqlx::query(table).execute(&pool).await.unwrap();
        for tenant in TENANTS {
            let rows =
                "INSERT INTO resources SELECT $1, $1 || '-' || n, n FROM generate_series(0, 2) n";
            sqlx::query(rows).bind(tenant).execute(&pool).await.unwrap();
        }
        url
    }

    /// `?` as `$1`, `$2`, ….
    pub(in crate::pools) fn sql(text: &str) -> AssertSqlSafe<String> {
        let mut parts = text.split('?');
        let first = parts.next().unwrap_or_default().to_owned();
        let numbered = parts.enumerate();
        AssertSqlSafe(numbered.fold(first, |sql, (n, part)| format!("{sql}${}{part}", n + 1)))
    }
}

promises!(house);
transactions!(house);

#[tokio::test]
async fn a_commit_of_what_postgresql_has_given_up_is_an_error() {
    let (_pool, db) = house::open().await;
    let acme = db.for_tenant(&tenant("acme"));
    let mut tx = acme.begin().await.unwrap();
    tx.query(ADD).execute().await.unwrap();
    assert!(
        tx.query(ADD)
            .execute()
            .await
            .unwrap_err()
            .is_unique_violation()
    );
    assert!(matches!(tx.commit().await, Err(DbError::Aborted)));
    assert_eq!(count(&acme).await, 3);
}

#[tokio::test]
async fn a_savepoint_saves_the_transaction_from_a_statement_that_failed() {
    let (_pool, db) = house::open().await;
    let acme = db.for_tenant(&tenant("acme"));
    let mut tx = acme.begin().await.unwrap();
    tx.query(ADD).execute().await.unwrap();
    let mut attempt = tx.begin().await.unwrap();
    assert!(attempt.query(ADD).execute().await.is_err());
    assert!(matches!(attempt.commit().await, Err(DbError::Aborted)));
    tx.query(ADD_ANOTHER).execute().await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(count(&acme).await, 5);
}

#[tokio::test]
async fn one_of_two_serializable_transactions_that_cross_is_to_be_tried_again() {
    let (_pool, db) = house::open().await;
    let acme = db.for_tenant(&tenant("acme"));
    let mut one = acme.begin_serializable().await.unwrap();
    let mut two = acme.begin_serializable().await.unwrap();
    let _seen: i64 = one.query_scalar(COUNT).fetch_one().await.unwrap();
    let _seen: i64 = two.query_scalar(COUNT).fetch_one().await.unwrap();
    one.query(ADD).execute().await.unwrap();
    two.query(ADD_ANOTHER).execute().await.unwrap();
    one.commit().await.unwrap();
    assert!(two.commit().await.unwrap_err().is_transient());
}
