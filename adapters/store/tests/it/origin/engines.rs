//! An engine over a database: what its tenants see when limits change, and when the database goes away.

use std::num::NonZeroU64;
use std::time::Duration;

use tollgate::{
    Clock, Cost, Decision, DenialReason, Dimension, Engine, InMemorySource, LimitConfig,
    ManualClock, Period, Tenant, TenantConfig,
};
use tollgate_store::SqlOrigin;

use super::kit::Database;

on_both!(
    usage_is_there_after_a_restart,
    a_limit_that_changes_from_day_to_month_keeps_its_usage,
);

const CAPACITY: u64 = 1_000;
const SLICE: u64 = 50;

fn config(period: Period) -> TenantConfig {
    let mut limit = LimitConfig::calendar("budget", Dimension::Tokens, CAPACITY, period);
    limit.durable = true;
    TenantConfig::new("acme".parse().unwrap()).limit(limit)
}

fn engine(origin: SqlOrigin, period: Period) -> (Engine, InMemorySource) {
    let source = InMemorySource::new();
    source.set(config(period)).unwrap();
    let engine = Engine::builder()
        .source(source.clone())
        .clock(Clock::manual(&ManualClock::new()))
        .origin(origin)
        .lease_parts(NonZeroU64::new(CAPACITY / SLICE).unwrap())
        .build();
    (engine.unwrap(), source)
}

async fn acme(engine: &Engine) -> Tenant {
    engine.tenant(&"acme".parse().unwrap()).await.unwrap()
}

/// Spends up to so much, one by one, waiting for the origin where it must; says how much, and why no more.
async fn spend(tenant: &Tenant, most: u64) -> (u64, Option<DenialReason>) {
    let (mut spent, mut refusals) = (0, 0);
    while spent < most {
        let reason = match tenant.try_acquire(&Cost::tokens(1)) {
            Decision::Admitted(_) => {
                (spent, refusals) = (spent + 1, 0);
                continue;
            }
            Decision::Denied(denial) => denial.reason(),
        };
        refusals += 1;
        if reason != DenialReason::Ungranted || refusals > 3 {
            return (spent, Some(reason));
        }
        tenant.exchanged().await;
    }
    (spent, None)
}

async fn usage_is_there_after_a_restart(database: Database) {
    let (first, _source) = engine(database.open().await, Period::Month);
    assert_eq!(spend(&acme(&first).await, 400).await, (400, None));
    first.shutdown().await;
    let (second, _source) = engine(database.open().await, Period::Month);
    let tenant = acme(&second).await;
    assert_eq!(
        spend(&tenant, CAPACITY).await,
        (600, Some(DenialReason::Quota))
    );
}

async fn a_limit_that_changes_from_day_to_month_keeps_its_usage(database: Database) {
    let (engine, source) = engine(database.open().await, Period::Day);
    let tenant = acme(&engine).await;
    assert_eq!(spend(&tenant, 400).await, (400, None));
    source.set(config(Period::Month)).unwrap();
    let (spent, reason) = spend(&tenant, CAPACITY).await;
    assert_eq!(reason, Some(DenialReason::Quota));
    assert!(spent <= 600, "{spent} more");
    assert!(
        spent >= 600 - SLICE,
        "what was held for the day counts as spent, and no more"
    );
}

/// What it holds is spent while the server is away, and the rest when it is back: nothing lost, nothing twice.
#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread")]
async fn an_engine_outlives_a_crash_of_its_database() {
    let start = tokio::task::spawn_blocking(|| throwaway::Postgres::start().unwrap());
    let mut server = start.await.unwrap();
    let pool = sqlx::PgPool::connect(&server.url()).await.unwrap();
    let origin = SqlOrigin::postgres(pool);
    origin.migrate().await.unwrap();
    let (engine, _source) = engine(origin, Period::Month);
    let tenant = acme(&engine).await;
    assert_eq!(spend(&tenant, 300).await, (300, None));

    server.kill().unwrap();
    let (meanwhile, reason) = spend(&tenant, CAPACITY).await;
    assert_eq!(reason, Some(DenialReason::Ungranted));
    assert!(meanwhile <= SLICE, "{meanwhile} spent of what was held");

    server.restart().unwrap();
    let begun = std::time::Instant::now();
    let (mut rest, mut reason) = (0, None);
    while reason != Some(DenialReason::Quota) {
        assert!(
            begun.elapsed().as_secs() < 60,
            "it does not recover: {reason:?}"
        );
        let more = spend(&tenant, CAPACITY).await;
        (rest, reason) = (rest + more.0, more.1);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(300 + meanwhile + rest, CAPACITY);
}
