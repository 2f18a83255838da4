//! A grant is on the disk before it is answered, whatever a connection does by default.

use super::kit::{Database, account, need, settle};

/// The pool is at `NORMAL`, at which SQLite's commits reach the disk some time later.
#[tokio::test(flavor = "multi_thread")]
async fn sqlite_writes_through_and_gives_the_connection_back_as_it_was() {
    let database = Database::sqlite().await;
    let pool = database.sqlite_pool().await;
    let origin = tollgate_store::SqlOrigin::sqlite(pool.clone());
    assert_eq!(settle(&origin, &need(1, 30)).await, account(30, 30));
    let connections = pool.size();
    for _ in 0..connections {
        let level: i64 = sqlx::query_scalar("PRAGMA synchronous")
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(level, 1);
    }
}
