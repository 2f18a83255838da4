//! SQLite, in memory and in a file.

mod house {
    use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
    use sqlx::{AssertSqlSafe, Sqlite};
    use tollgate_db::TenantDb;

    use crate::pools::{TENANTS, schema};

    pub(super) type Db = Sqlite;

    /// In memory: its one connection must outlive whatever is dropped. sqlx's pool itself closes one if it is dropped
    /// while it asks, before it lends it, whether it is alive.
    pub(super) async fn open() -> (SqlitePool, TenantDb<Sqlite>) {
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .test_before_acquire(false);
        filled(pool, "sqlite::memory:").await
    }

    pub(super) async fn filled(
        pool: SqlitePoolOptions,
        url: &str,
    ) -> (SqlitePool, TenantDb<Sqlite>) {
        let options: SqliteConnectOptions = url.parse().unwrap();
        let pool = pool
            .connect_with(options.create_if_missing(true))
            .await
            .unwrap();
        let table = "CREATE TABLE resources (tenant_id TEXT NOT NULL, name TEXT NOT NULL, \
                     status INTEGER NOT NULL, PRIMARY KEY (tenant_id, name))";
        sqlx::query(table).execute(&pool).await.unwrap();
        for tenant in TENANTS {
            for n in 0..3 {
                let row = "INSERT INTO resources VALUES (?1, ?1 || '-' || ?2, ?2)";
                sqlx::query(row)
                    .bind(tenant)
                    .bind(n)
                    .execute(&pool)
                    .await
                    .unwrap();
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

/// A type that takes two places, or none.
struct Crooked(usize);

impl sqlx::Type<sqlx::Sqlite> for Crooked {
    fn type_info() -> sqlx::sqlite::SqliteTypeInfo {
        <i64 as sqlx::Type<sqlx::Sqlite>>::type_info()
    }
}

impl sqlx::Encode<'_, sqlx::Sqlite> for Crooked {
    fn encode_by_ref(
        &self,
        buffer: &mut sqlx::sqlite::SqliteArgumentsBuffer,
    ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
        for _ in 0..self.0 {
            let _one = sqlx::Encode::<sqlx::Sqlite>::encode("globex", buffer)?;
        }
        Ok(sqlx::encode::IsNull::No)
    }
}

#[tokio::test]
async fn a_value_that_takes_two_places_or_none_can_not_take_the_tenants() {
    let (_pool, db) = house::open().await;
    let acme = db.for_tenant(&tenant("acme"));
    for places in [0, 2] {
        let query = acme.query("SELECT name FROM resources WHERE name <> ?");
        let error = query.bind(Crooked(places)).fetch_all().await.unwrap_err();
        assert!(
            matches!(error, DbError::Value { number: 1, .. }),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_statement_that_failed_does_not_spoil_its_transaction() {
    let (_pool, db) = house::open().await;
    let acme = db.for_tenant(&tenant("acme"));
    let mut tx = acme.begin_immediate().await.unwrap();
    tx.query(ADD).execute().await.unwrap();
    assert!(
        tx.query(ADD)
            .execute()
            .await
            .unwrap_err()
            .is_unique_violation()
    );
    tx.commit().await.unwrap();
    assert_eq!(count(&acme).await, 4);
}

#[tokio::test]
async fn a_database_in_memory_survives_whatever_is_dropped_and_is_left_without_a_transaction() {
    let (pool, db) = house::open().await;
    let acme = db.for_tenant(&tenant("acme"));
    for times in 0..400 {
        let work = async {
            let mut tx = acme.begin_immediate().await?;
            tx.query(ADD).execute().await?;
            let mut part = tx.begin().await?;
            part.query(ADD_ANOTHER).execute().await?;
            part.commit().await?;
            let _all = tx.query("SELECT name FROM resources").fetch_all().await?;
            tx.rollback().await
        };
        let _cut = crate::pools::drop_after(times, work).await;
        // A plain BEGIN fails inside a transaction.
        let mut link = pool.acquire().await.unwrap();
        sqlx::query("BEGIN").execute(&mut *link).await.unwrap();
        sqlx::query("ROLLBACK").execute(&mut *link).await.unwrap();
        drop(link);
        assert_eq!(count(&acme).await, 3, "after {times}");
    }
}
