//! Who was busiest before a restart is cached after it.

use std::time::Duration;

use tollgate::{Cost, Engine};
use tollgate_store::{SqlSource, TenantStore};

#[cfg(feature = "sqlite")]
use super::kit::Folder;
use super::kit::{Process, config, id, me};

async fn warmed_up(url: &str) {
    let store = TenantStore::connect(url).await.unwrap();
    store.migrate().await.unwrap();
    for n in 0..20 {
        let name = format!("tenant-{n}");
        store.set(&config(&name, 1000), &me()).await.unwrap();
    }
    let process = Process::new(url).await;
    let keeper = process
        .source
        .keep_busiest(&process.engine, Duration::from_secs(3600));
    for (tenant, requests) in [("tenant-3", 50), ("tenant-7", 90), ("tenant-9", 10)] {
        let tenant = process.engine.tenant(&id(tenant)).await.unwrap();
        for _ in 0..requests {
            drop(tenant.try_acquire(&Cost::request()));
        }
    }
    assert_eq!(keeper.stop().await.unwrap(), 3);
    process.source.shutdown().await;
    drop(process);
    store.delete(&id("tenant-3"), &me()).await.unwrap();

    let restarted = SqlSource::builder(store.clone()).start().await;
    assert_eq!(restarted.health().cached, 2, "one is gone by now");
    let small = SqlSource::builder(store).cache_size(1.try_into().unwrap());
    let small = small.start().await;
    assert_eq!(small.health().cached, 1);
    let before = small.health().queries;
    let busiest = Engine::builder().source(small.clone()).build().unwrap();
    assert!(busiest.tenant(&id("tenant-7")).await.is_ok());
    let polls = 1;
    assert!(
        small.health().queries <= before + polls,
        "the busiest of all"
    );
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_the_busiest_are_cached_after_a_restart() {
    warmed_up(&super::kit::database().await).await;
}

#[cfg(feature = "sqlite")]
#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_the_busiest_are_cached_after_a_restart() {
    let folder = Folder::new();
    warmed_up(&folder.url()).await;
}
