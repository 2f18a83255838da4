//! What SQLite alone has: databases in memory; and here the seed's table as it stands, without our columns.

use std::time::{Duration, Instant};

use sqlx::{Connection, Executor, SqliteConnection};
use tollgate::Engine;
use tollgate_store::{SqlSource, TenantStore};

use super::kit::{Folder, config, id, lag_of, me};

#[tokio::test(flavor = "multi_thread")]
async fn a_database_in_memory_is_looked_at_too() {
    let store = TenantStore::connect("sqlite::memory:").await.unwrap();
    store.migrate().await.unwrap();
    let source = SqlSource::builder(store.clone()).start().await;
    let engine = Engine::builder().source(source).build().unwrap();
    store.set(&config("acme", 1), &me()).await.unwrap();
    let began = Instant::now();
    while engine.tenant(&id("acme")).await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(2));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let acme = engine.tenant(&id("acme")).await.unwrap();
    for n in 2..20 {
        store.set(&config("acme", n), &me()).await.unwrap();
        lag_of(&acme, n, Duration::from_secs(2)).await;
    }
}

/// The seed's table as it stands, changed by the seed's program.
#[tokio::test(flavor = "multi_thread")]
async fn a_plain_table_is_served_and_kept_up_with_as_far_as_it_tells() {
    let folder = Folder::new();
    let store = TenantStore::connect(&folder.url()).await.unwrap();
    let mut seed = SqliteConnection::connect(&folder.url()).await.unwrap();
    seed.execute(
        "CREATE TABLE tenants (id VARCHAR(255) PRIMARY KEY, quota_requests_per_minute INT DEFAULT 0, \
         quota_tokens_per_minute INT DEFAULT 0, allowed_models TEXT, allowed_tools TEXT, metadata TEXT, \
         created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP); \
         INSERT INTO tenants (id, quota_requests_per_minute) VALUES ('acme', 3), ('silent', 3)",
    )
    .await
    .unwrap();
    let source = SqlSource::builder(store).ttl(Duration::from_secs(3));
    let source = source.start().await;
    let engine = Engine::builder().source(source.clone()).build().unwrap();
    let acme = engine.tenant(&id("acme")).await.unwrap();
    let silent = engine.tenant(&id("silent")).await.unwrap();
    seed.execute(
        "UPDATE tenants SET quota_requests_per_minute = 5, updated_at = CURRENT_TIMESTAMP \
         WHERE id = 'acme'; \
         UPDATE tenants SET quota_requests_per_minute = 5, updated_at = '2020-01-01' \
         WHERE id = 'silent'",
    )
    .await
    .unwrap();
    lag_of(&acme, 5, Duration::from_secs(2)).await;
    lag_of(&silent, 5, Duration::from_secs(6)).await;
    seed.execute("INSERT INTO tenants (id, quota_requests_per_minute) VALUES ('new', 9)")
        .await
        .unwrap();
    assert!(
        engine.tenant(&id("new")).await.is_ok(),
        "no roster denies it"
    );
    source.set(&config("acme", 8), &me()).await.unwrap();
    assert_eq!(acme.plan().limits()[0].capacity(), 8);
    seed.execute("DELETE FROM tenants WHERE id = 'acme'")
        .await
        .unwrap();
    let began = Instant::now();
    while engine.get(&id("acme")).is_some() {
        assert!(
            began.elapsed() < Duration::from_secs(6),
            "found when it is read again"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
