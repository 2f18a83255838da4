//! PostgreSQL is killed under load, and comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sqlx::{Connection, PgConnection};
use throwaway::Postgres;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tollgate::{Cost, Engine};
use tollgate_store::{FeedMode, TenantStore};

use super::kit::{Process, config, id, lag_of, me, print};

/// Requests of known tenants, as fast as they can be decided on.
struct Load {
    stop: Arc<AtomicBool>,
    served: Arc<AtomicU64>,
    tasks: JoinSet<u64>,
}

impl Load {
    fn new(engine: &Engine) -> Self {
        let mut load = Self {
            stop: Arc::default(),
            served: Arc::default(),
            tasks: JoinSet::new(),
        };
        for task in 0..4 {
            let (stop, served) = (Arc::clone(&load.stop), Arc::clone(&load.served));
            let engine = engine.clone();
            load.tasks.spawn(async move {
                let (mut failed, mut n) = (0, task);
                while !stop.load(Ordering::Relaxed) {
                    n = (n + 7) % 50;
                    match engine.tenant(&id(&format!("known-{n}"))).await {
                        Ok(tenant) => drop(tenant.try_acquire(&Cost::request())),
                        Err(_) => failed += 1,
                    }
                    served.fetch_add(1, Ordering::Relaxed);
                    tokio::task::yield_now().await;
                }
                failed
            });
        }
        load
    }

    fn served(&self) -> u64 {
        self.served.load(Ordering::Relaxed)
    }

    /// How many requests failed.
    async fn end(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.tasks.join_all().await.into_iter().sum()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn known_tenants_are_served_while_postgres_is_gone_and_all_recovers_by_itself() {
    let mut server = blocking(|| Postgres::start().unwrap()).await;
    let url = server.url();
    let store = TenantStore::connect(&url).await.unwrap();
    store.migrate().await.unwrap();
    for n in 0..50 {
        for name in [format!("known-{n}"), format!("cold-{n}")] {
            store.set(&config(&name, 1_000_000), &me()).await.unwrap();
        }
    }
    let process = Process::new(&url).await;
    for n in 0..50 {
        process
            .engine
            .tenant(&id(&format!("known-{n}")))
            .await
            .unwrap();
    }
    let changed = process.engine.tenant(&id("known-1")).await.unwrap();
    let load = Load::new(&process.engine);
    let before = load.served();
    server = blocking(move || {
        server.kill().unwrap();
        server
    })
    .await;
    let waits = cold_ones_fail(&process).await;
    print("unknown tenants without PostgreSQL fail after", &waits);
    let unready = |health: &tollgate_store::Health| !health.is_ready() && health.down.is_some();
    process.await_health(unready, Duration::from_secs(10)).await;
    let during = load.served();
    assert!(during > before, "known tenants are served");

    sleep(Duration::from_secs(3)).await;
    let server = blocking(move || {
        server.restart().unwrap();
        server
    })
    .await;
    // Somebody else is quicker than the source.
    let mut other = PgConnection::connect(&url).await.unwrap();
    let change = "UPDATE tenants SET quota_requests_per_minute = 5 WHERE id = 'known-1'";
    sqlx::query(change).execute(&mut other).await.unwrap();
    assert_ne!(process.source.health().feed, FeedMode::Listening);
    let lag = lag_of(&changed, 5, Duration::from_secs(20)).await;
    print(
        "a change made before the source was back is enforced after",
        &[lag],
    );
    let listening = |health: &tollgate_store::Health| {
        health.is_ready() && health.feed == FeedMode::Listening && health.roster.is_some()
    };
    process
        .await_health(listening, Duration::from_secs(20))
        .await;
    for n in 0..50 {
        process
            .engine
            .tenant(&id(&format!("cold-{n}")))
            .await
            .unwrap();
    }
    assert_eq!(load.end().await, 0, "requests of known tenants that failed");
    process.source.shutdown().await;
    drop(server);
}

/// Asks for tenants that nobody has asked for yet; gives how long each took to fail, sorted.
async fn cold_ones_fail(process: &Process) -> Vec<Duration> {
    let mut waits = Vec::new();
    for n in 0..50 {
        let began = Instant::now();
        let found = process.engine.tenant(&id(&format!("cold-{n}"))).await;
        assert!(!found.unwrap_err().is_not_found(), "it can't be told");
        waits.push(began.elapsed());
    }
    waits.sort_unstable();
    let stated = 2 * TenantStore::DEFAULT_TIMEOUT;
    assert!(waits[49] < stated + Duration::from_secs(1), "{waits:?}");
    assert!(
        waits[40] < Duration::from_millis(100),
        "most fail at once: {waits:?}"
    );
    waits
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

/// Ends so many transactions that have numbers and wrote nothing.
const BURN: &str = "DO $$ BEGIN FOR i IN 1..30000 LOOP \
    PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$";

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_not_missed_when_a_crash_gives_numbers_of_transactions_once_more() {
    let mut server = blocking(|| Postgres::start().unwrap()).await;
    let url = server.url();
    let store = TenantStore::connect(&url).await.unwrap();
    store.migrate().await.unwrap();
    store.set(&config("acme", 100), &me()).await.unwrap();
    let process = Process::new(&url).await;
    let acme = process.engine.tenant(&id("acme")).await.unwrap();
    // The source's cursor is among numbers that the server has given and not written down.
    let mut burner = PgConnection::connect(&url).await.unwrap();
    let burning = tokio::spawn(async move {
        loop {
            sqlx::raw_sql(BURN).execute(&mut burner).await?;
        }
    });
    sleep(Duration::from_millis(500)).await;
    let just_asked = |health: &tollgate_store::Health| {
        let recently = |age| age < Duration::from_millis(20);
        health.behind.is_some_and(recently)
    };
    process
        .await_health(just_asked, Duration::from_secs(10))
        .await;
    server = blocking(move || {
        server.kill().unwrap();
        server.restart().unwrap();
        server
    })
    .await;
    let gone: Result<(), sqlx::Error> = burning.await.unwrap();
    gone.unwrap_err();
    let mut other = PgConnection::connect(&url).await.unwrap();
    let change = "UPDATE tenants SET quota_requests_per_minute = 5 WHERE id = 'acme'";
    sqlx::query(change).execute(&mut other).await.unwrap();
    sqlx::raw_sql(BURN).execute(&mut other).await.unwrap();
    lag_of(&acme, 5, Duration::from_secs(20)).await;
    drop(server);
}
