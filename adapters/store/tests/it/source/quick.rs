//! How soon a change is enforced in another process, and how few queries unknown and cold tenants cost.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tollgate::{Cost, Engine};
use tollgate_store::{SqlSource, TenantStore};

#[cfg(feature = "sqlite")]
use super::kit::Folder;
use super::kit::{Process, config, id, lags, me, print};

async fn enforced_elsewhere(what: &str, url: &str, within: Duration) {
    let writer = TenantStore::connect(url).await.unwrap();
    writer.migrate().await.unwrap();
    writer.set(&config("acme", 100), &me()).await.unwrap();
    let process = Process::new(url).await;
    let lags = lags(&process, &writer, 100, within).await;
    print(what, &lags);
    writer.delete(&id("acme"), &me()).await.unwrap();
    let began = Instant::now();
    while process.engine.get(&id("acme")).is_some() {
        assert!(began.elapsed() < within, "a removal is a change too");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    process.source.shutdown().await;
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_enforced_in_another_process_within_a_second_by_notices() {
    let url = super::kit::database().await;
    enforced_elsewhere("PostgreSQL, notices", &url, Duration::from_secs(1)).await;
}

#[cfg(feature = "sqlite")]
#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_enforced_in_another_process_within_a_second_by_looking() {
    let folder = Folder::new();
    enforced_elsewhere("SQLite", &folder.url(), Duration::from_secs(1)).await;
}

/// What is written through a source is enforced when the call returns.
async fn enforced_here(url: &str) {
    let store = TenantStore::connect(url).await.unwrap();
    store.migrate().await.unwrap();
    let process = Process::new(url).await;
    let (source, engine) = (&process.source, &process.engine);
    let acme = id("acme");
    assert!(engine.tenant(&acme).await.unwrap_err().is_not_found());
    source.set(&config("acme", 1), &me()).await.unwrap();
    let tenant = engine.tenant(&acme).await.unwrap();
    assert!(tenant.try_acquire(&Cost::request()).is_admitted());
    assert!(!tenant.try_acquire(&Cost::request()).is_admitted());
    source.set(&config("acme", 100), &me()).await.unwrap();
    assert!(tenant.try_acquire(&Cost::request()).is_admitted());
    assert!(source.suspend(&acme, &me()).await.unwrap());
    assert!(!tenant.try_acquire(&Cost::request()).is_admitted());
    assert!(source.resume(&acme, &me()).await.unwrap());
    assert!(tenant.try_acquire(&Cost::request()).is_admitted());
    assert!(source.delete(&acme, &me()).await.unwrap().is_some());
    assert!(engine.tenant(&acme).await.unwrap_err().is_not_found());
    assert!(!source.suspend(&acme, &me()).await.unwrap());
    for n in 0..20 {
        source.set(&config("acme", n + 1), &me()).await.unwrap();
        let tenant = engine.tenant(&acme).await.unwrap();
        assert_eq!(tenant.plan().limits()[0].capacity(), n + 1);
        source.delete(&acme, &me()).await.unwrap();
        assert!(engine.tenant(&acme).await.is_err());
    }
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_a_write_is_enforced_when_it_returns() {
    enforced_here(&super::kit::database().await).await;
}

#[cfg(feature = "sqlite")]
#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_a_write_is_enforced_when_it_returns() {
    enforced_here(&Folder::new().url()).await;
}

/// 10,000 requests for a cold tenant, then 100,000 unknown ids with and without a roster.
async fn few_queries(what: &str, url: &str) {
    let store = TenantStore::connect(url).await.unwrap();
    store.migrate().await.unwrap();
    for n in 0..50 {
        let name = format!("tenant-{n}");
        store.set(&config(&name, 100), &me()).await.unwrap();
    }
    for roster in [1_000_000, 0] {
        let store = TenantStore::connect(url).await.unwrap();
        let source = SqlSource::builder(store).roster_most(roster).start().await;
        let engine = Engine::builder()
            .source(source.clone())
            .load_timeout(Duration::from_secs(60))
            .build()
            .unwrap();
        let before = source.health().queries;
        let began = Instant::now();
        let mut requests = JoinSet::new();
        for _ in 0..10_000 {
            let engine = engine.clone();
            requests.spawn(async move { engine.tenant(&id("tenant-7")).await.is_ok() });
        }
        assert!(requests.join_all().await.into_iter().all(|served| served));
        let cold = source.health().queries - before;
        // The feed may look for changes at the same time.
        let polls = began.elapsed().as_secs() + 1;
        assert!(
            (1..=1 + polls).contains(&cold),
            "{cold} queries for one tenant"
        );
        let (before, began) = (source.health().queries, Instant::now());
        let mut requests = JoinSet::new();
        for n in 0..100_000 {
            let engine = engine.clone();
            requests.spawn(async move {
                let found = engine.tenant(&id(&format!("nobody-{n}"))).await;
                found.is_err_and(|problem| problem.is_not_found())
            });
        }
        assert!(requests.join_all().await.into_iter().all(|unknown| unknown));
        let unknown = source.health().queries - before;
        print_queries(what, roster, cold, unknown, began.elapsed());
        let polls = began.elapsed().as_secs() + 1;
        let most = if roster == 0 { 100_000 / 16 } else { 0 } + polls;
        assert!(unknown <= most, "{unknown} queries for unknown ids");
        source.shutdown().await;
    }
}

#[expect(clippy::print_stdout, reason = "the figures are what the run is for")]
fn print_queries(what: &str, roster: usize, cold: u64, unknown: u64, took: Duration) {
    println!(
        "{what}, roster of {roster}: 10,000 requests for a cold tenant made {cold} queries, \
         100,000 unknown ids {unknown} in {took:?}"
    );
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_cold_and_unknown_tenants_cost_few_queries() {
    few_queries("PostgreSQL", &super::kit::database().await).await;
}

#[cfg(feature = "sqlite")]
#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_cold_and_unknown_tenants_cost_few_queries() {
    few_queries("SQLite", &Folder::new().url()).await;
}
