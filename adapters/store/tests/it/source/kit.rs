//! An engine over a database, somebody else who writes to that, and how long a change takes from there to here.

use std::time::{Duration, Instant};

use tokio::time::sleep;
use tollgate::{Engine, Tenant, TenantConfig, TenantId};
#[cfg(feature = "postgres")]
use tollgate_store::Health;
use tollgate_store::{By, SqlSource, TenantStore};

pub(super) fn id(text: &str) -> TenantId {
    text.parse().unwrap()
}

pub(super) fn config(tenant: &str, requests: u64) -> TenantConfig {
    TenantConfig::new(id(tenant)).requests_per_minute(requests)
}

pub(super) fn me() -> By {
    By::new("test")
}

/// A folder with a database in it, which goes with it.
#[cfg(feature = "sqlite")]
pub(super) struct Folder(std::path::PathBuf);

#[cfg(feature = "sqlite")]
impl Folder {
    pub(super) fn new() -> Self {
        use std::sync::atomic::{AtomicU64, Ordering};

        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("tollgate-source-{}-{count}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    pub(super) fn url(&self) -> String {
        format!("sqlite:{}/tollgate.db", self.0.display())
    }
}

#[cfg(feature = "sqlite")]
impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

/// A process that serves: a source and an engine of its own.
pub(super) struct Process {
    pub(super) source: SqlSource,
    pub(super) engine: Engine,
}

impl Process {
    pub(super) async fn new(url: &str) -> Self {
        let store = TenantStore::connect(url).await.unwrap();
        let source = SqlSource::builder(store).start().await;
        let engine = Engine::builder().source(source.clone()).build().unwrap();
        Self { source, engine }
    }

    #[cfg(feature = "postgres")]
    pub(super) async fn await_health(&self, what: impl Fn(&Health) -> bool, within: Duration) {
        let began = Instant::now();
        while !what(&self.source.health()) {
            let health = self.source.health();
            assert!(began.elapsed() < within, "after {within:?}: {health:?}");
            sleep(Duration::from_millis(10)).await;
        }
    }
}

/// How long it takes until a tenant that is held in memory is allowed so many requests a minute.
pub(super) async fn lag_of(tenant: &Tenant, requests: u64, within: Duration) -> Duration {
    let began = Instant::now();
    let enforced = || {
        tenant
            .plan()
            .limits()
            .first()
            .map(tollgate::Limit::capacity)
    };
    while enforced() != Some(requests) {
        assert!(
            began.elapsed() < within,
            "after {within:?} {:?} is enforced in place of {requests}",
            enforced()
        );
        sleep(Duration::from_micros(500)).await;
    }
    began.elapsed()
}

/// Changes a tenant `times` times through `writer` and says how long each took to be enforced in `process`.
pub(super) async fn lags(
    process: &Process,
    writer: &TenantStore,
    times: u64,
    within: Duration,
) -> Vec<Duration> {
    let acme = id("acme");
    let tenant = process.engine.tenant(&acme).await.unwrap();
    let mut lags = Vec::new();
    for n in 0..times {
        let requests = 1_000 + n;
        writer.set(&config("acme", requests), &me()).await.unwrap();
        lags.push(lag_of(&tenant, requests, within).await);
        // Changes that fall anywhere between two looks.
        sleep(Duration::from_millis(37 * (n % 7))).await;
    }
    lags.sort_unstable();
    lags
}

#[expect(clippy::print_stdout, reason = "the figures are what the run is for")]
pub(super) fn print(what: &str, lags: &[Duration]) {
    let at = |percent: usize| lags[(lags.len() - 1) * percent / 100];
    println!(
        "{what}: {} changes, p50 {:?}, p99 {:?}, max {:?}",
        lags.len(),
        at(50),
        at(99),
        at(100)
    );
}

/// An empty database on the server that these tests share.
#[cfg(feature = "postgres")]
pub(super) async fn database() -> String {
    let create = || throwaway::Postgres::shared()?.create_database();
    tokio::task::spawn_blocking(create).await.unwrap().unwrap()
}
