//! Notices that don't come: the connection is cut, or dead without a word.

use std::time::{Duration, Instant};

use sqlx::{Connection, PgConnection};
use tokio::time::sleep;
use tollgate::Tenant;
use tollgate_store::{FeedMode, TenantStore};

use super::kit::{Process, config, database, id, lag_of, lags, me, print};
use super::proxy::{Proxy, Wire};

/// A database with a tenant, a process that reaches it through a wire, and a writer that reaches it without.
struct Wired {
    proxy: Proxy,
    process: Process,
    acme: Tenant,
    writer: TenantStore,
}

impl Wired {
    async fn new() -> Self {
        let url = database().await;
        let proxy = Proxy::to(throwaway::Postgres::shared().unwrap().port()).await;
        let writer = TenantStore::connect(&url).await.unwrap();
        writer.migrate().await.unwrap();
        for tenant in ["acme", "umbrella"] {
            writer.set(&config(tenant, 100), &me()).await.unwrap();
        }
        let process = Process::new(&proxy.url(&url)).await;
        let listening = |health: &tollgate_store::Health| health.feed == FeedMode::Listening;
        process
            .await_health(listening, Duration::from_secs(10))
            .await;
        let acme = process.engine.tenant(&id("acme")).await.unwrap();
        Self {
            proxy,
            process,
            acme,
            writer,
        }
    }

    async fn await_mode(&self, mode: FeedMode) {
        let within = Duration::from_secs(20);
        let there = |health: &tollgate_store::Health| health.feed == mode;
        self.process.await_health(there, within).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_notices_cut_a_change_is_enforced_within_the_polling_interval() {
    let wired = Wired::new().await;
    wired.proxy.turn(Wire::CutListeners);
    wired.await_mode(FeedMode::Polling).await;
    // 1 s, a tenth, and the time of the question.
    let lags = lags(&wired.process, &wired.writer, 20, Duration::from_secs(3)).await;
    print("PostgreSQL, notices cut", &lags);
    assert!(wired.process.source.health().is_ready());
    wired.proxy.turn(Wire::Whole);
    wired.await_mode(FeedMode::Listening).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_for_notices_that_is_dead_without_a_word_is_found_out() {
    let wired = Wired::new().await;
    wired.proxy.turn(Wire::DeadListeners);
    wired.writer.set(&config("acme", 7), &me()).await.unwrap();
    let lag = lag_of(&wired.acme, 7, Duration::from_secs(15)).await;
    print("PostgreSQL, the listening connection dead", &[lag]);
    wired.await_mode(FeedMode::Polling).await;
    wired.writer.set(&config("acme", 8), &me()).await.unwrap();
    lag_of(&wired.acme, 8, Duration::from_secs(3)).await;
    wired.proxy.turn(Wire::Whole);
    wired.await_mode(FeedMode::Listening).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_dead_without_a_word_makes_nobody_wait_longer_than_stated() {
    let wired = Wired::new().await;
    wired.proxy.turn(Wire::Dead);
    let stated = 2 * TenantStore::DEFAULT_TIMEOUT;
    for _ in 0..3 {
        let began = Instant::now();
        let found = wired.process.engine.tenant(&id("umbrella")).await;
        let took = began.elapsed();
        assert!(!found.unwrap_err().is_not_found(), "it can't be told");
        assert!(took < stated + Duration::from_secs(1), "{took:?}");
        assert!(wired.process.engine.tenant(&id("acme")).await.is_ok());
    }
    let unready = |health: &tollgate_store::Health| !health.is_ready() && health.down.is_some();
    wired
        .process
        .await_health(unready, Duration::from_secs(20))
        .await;
    wired.writer.set(&config("acme", 9), &me()).await.unwrap();
    wired.proxy.turn(Wire::Whole);
    let lag = lag_of(&wired.acme, 9, Duration::from_secs(20)).await;
    print("PostgreSQL, back from the dead", &[lag]);
    wired.await_mode(FeedMode::Listening).await;
    sleep(Duration::from_millis(100)).await;
    assert!(wired.process.engine.tenant(&id("umbrella")).await.is_ok());
    assert!(wired.process.source.health().is_ready());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_is_gone_leaves_no_connection_behind() {
    let url = database().await;
    let mut other = PgConnection::connect(&url).await.unwrap();
    let writer = TenantStore::connect(&url).await.unwrap();
    writer.migrate().await.unwrap();
    drop(writer);
    let process = Process::new(&url).await;
    let listening = |health: &tollgate_store::Health| health.feed == FeedMode::Listening;
    process
        .await_health(listening, Duration::from_secs(10))
        .await;
    drop(process);
    let began = Instant::now();
    loop {
        let count = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()";
        let count: i64 = sqlx::query_scalar(count)
            .fetch_one(&mut other)
            .await
            .unwrap();
        if count == 1 {
            return;
        }
        assert!(
            began.elapsed() < Duration::from_secs(10),
            "{count} connections"
        );
        sleep(Duration::from_millis(10)).await;
    }
}
