//! The process that is killed: this test binary itself, told by variables to serve load until it dies.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tollgate::{
    Clock, Cost, Decision, DenialReason, Dimension, Engine, InMemorySource, LimitConfig,
    ManualClock, Period, Tenant, TenantConfig,
};

use super::super::kit;

/// Where the database is.
pub(super) const DATABASE: &str = "TOLLGATE_TEST_DATABASE";
/// The file that admissions are appended to.
pub(super) const LOG: &str = "TOLLGATE_TEST_LOG";
/// What a request costs at most.
pub(super) const MOST: &str = "TOLLGATE_TEST_MOST";

pub(super) const CAPACITY: u64 = 2_000_000;
/// What a process holds ahead.
pub(super) const SLICE: u64 = 100;
/// How many requests are under way at a time.
pub(super) const TASKS: u64 = 4;
/// What a request costs at most while processes are killed.
pub(super) const COST: u64 = 20;

pub(super) fn config() -> TenantConfig {
    let mut limit = LimitConfig::calendar("month", Dimension::Tokens, CAPACITY, Period::Month);
    limit.durable = true;
    TenantConfig::new("acme".parse().unwrap()).limit(limit)
}

/// Never comes back if this process is one that serves load.
pub(super) fn live_if_asked() {
    if let Ok(url) = std::env::var(DATABASE) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(live(&url));
        std::process::exit(0);
    }
}

/// Serves until there is nothing left, or standard input ends; then stops in peace.
async fn live(url: &str) {
    let (source, clock) = (InMemorySource::new(), ManualClock::new());
    source.set(config()).unwrap();
    let engine = Engine::builder()
        .source(source)
        .clock(Clock::manual(&clock))
        .origin(kit::open(url).await)
        .origin_timeout(Duration::from_secs(5))
        .lease_parts(NonZeroU64::new(CAPACITY / SLICE).unwrap())
        .build()
        .unwrap();
    // The month must not end in the middle of a test: it begins with each life.
    let ticks = tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(1)).await;
            clock.advance(Duration::from_millis(1));
        }
    });
    let tenant = engine.tenant(&"acme".parse().unwrap()).await.unwrap();
    let log = File::options()
        .append(true)
        .open(std::env::var(LOG).unwrap());
    let log = Arc::new(log.unwrap());
    let most: u64 = std::env::var(MOST).unwrap().parse().unwrap();
    let stopped = stop_at_the_end_of_input();
    let mut tasks = tokio::task::JoinSet::new();
    for seed in 1..=TASKS {
        let (tenant, log, stopped) = (tenant.clone(), Arc::clone(&log), Arc::clone(&stopped));
        tasks.spawn(serve(tenant, log, stopped, (most, seed)));
    }
    tasks.join_all().await;
    engine.shutdown().await;
    ticks.abort();
}

fn stop_at_the_end_of_input() -> Arc<AtomicBool> {
    let stopped = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stopped);
    std::thread::spawn(move || {
        let _bytes = std::io::stdin().read_to_end(&mut Vec::new());
        told.store(true, Ordering::SeqCst);
    });
    stopped
}

/// Asks for up to `most` at a time, for ever less when that is denied, until 1 is.
///
/// An admission is logged after it: killed in between, it is charged and not in the log, so that the log says no more
/// than was admitted, and less by the requests under way.
async fn serve(
    tenant: Tenant,
    log: Arc<File>,
    stopped: Arc<AtomicBool>,
    (mut most, mut seed): (u64, u64),
) {
    while !stopped.load(Ordering::SeqCst) {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let amount = 1 + (seed >> 33) % most;
        let denied = match tenant.try_acquire(&Cost::tokens(amount)) {
            Decision::Admitted(_charged) => {
                let record = u32::try_from(amount).unwrap().to_le_bytes();
                assert_eq!((&*log).write(&record).unwrap(), 4, "in one piece");
                None
            }
            Decision::Denied(denial) => Some(denial.reason()),
        };
        match denied {
            None if seed >> 62 > 0 => tokio::task::yield_now().await,
            None => tokio::time::sleep(Duration::from_millis(1)).await,
            Some(DenialReason::Ungranted) => tenant.exchanged().await,
            Some(DenialReason::Quota) if amount == 1 => return,
            Some(DenialReason::Quota) => most = amount / 2,
            Some(reason) => unreachable!("{reason:?}"),
        }
    }
}
