//! A pgbouncer in transaction mode: consecutive transactions of one connection belong to whoever comes next.

use throwaway::{PgBouncer, Postgres};
use tollgate_db::{ScopedDb, TenantDb};

use super::postgres::house;
use super::{drop_after, schema, tenant};

/// Two tenants' tasks take turns on one connection to the server; some of what they do is cut off.
async fn take_turns(db: TenantDb<sqlx::Postgres>) {
    let tasks: Vec<_> = (0..6)
        .map(|n: usize| {
            let name = super::TENANTS[n % 2];
            tokio::spawn(turns(db.for_tenant(&tenant(name)), name, n))
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

async fn turns(scope: ScopedDb<sqlx::Postgres>, name: &'static str, n: usize) {
    let own: Vec<String> = (0..3).map(|n| format!("{name}-{n}")).collect();
    for turn in 0..40 {
        let sql = house::sql("SELECT name FROM resources WHERE status >= ? ORDER BY name");
        let names = scope.query_scalar::<String>(sql).bind(0_i64).fetch_all();
        assert_eq!(names.await.unwrap(), own);

        let mut stream = scope
            .query_scalar::<String>("SELECT name FROM resources ORDER BY name")
            .fetch();
        assert_eq!(stream.next().await.unwrap().unwrap(), own[0]);
        if turn % 4 != 0 {
            assert_eq!(stream.next().await.unwrap().unwrap(), own[1]);
            assert_eq!(stream.next().await.unwrap().unwrap(), own[2]);
            assert!(stream.next().await.is_none());
        }
        drop(stream);

        let mut tx = scope.begin().await.unwrap();
        let update = tx
            .query("UPDATE resources SET status = status + 1")
            .execute();
        let done = drop_after((turn + n) % 6, update).await;
        if let Some(done) = done {
            assert_eq!(done.unwrap().rows_affected(), 3);
            tx.commit().await.unwrap();
        }
    }
}

/// A database, and the way to it by a pgbouncer with one connection to the server.
async fn behind_one() -> (PgBouncer, sqlx::PgPool) {
    let url = house::filled().await;
    let database = url.rsplit('/').next().unwrap();
    let server = Postgres::shared().unwrap();
    let bouncer = PgBouncer::before(server, &["postgres"], &["default_pool_size=1"]).unwrap();
    let pool = house::pool(&bouncer.url_of("postgres", database), 4).await;
    (bouncer, pool)
}

#[tokio::test]
async fn through_a_transaction_pooler_tenants_take_turns_on_one_connection() {
    let (_bouncer, pool) = behind_one().await;
    let db = TenantDb::builder(pool, schema()).transaction_pooling();
    take_turns(db.build().unwrap()).await;
}
