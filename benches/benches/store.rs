//! How long does it take to find a tenant: in the engine's memory, in the cache of a source, in a database? And what
//! does a limit cost whose usage is kept in one?
//!
//! `cargo bench -p benches --bench store`. SQLite is a file; PostgreSQL is a server on this machine, started for this,
//! which makes nothing durable (the reads don't mind). What is measured includes handing the question to the actor that
//! asks, and waking up with the answer.
#![expect(clippy::unwrap_used, reason = "a bench that can't be set up must stop")]

use std::hint::black_box;
use std::num::NonZeroU64;
use std::time::Duration;

use benches::{at_most, criterion, id};
use criterion::{Criterion, criterion_group, criterion_main};
use throwaway::Postgres;
use tokio::runtime::{Builder, Runtime};
use tollgate::{
    ConfigSource, Cost, Dimension, Engine, InMemorySource, LimitConfig, Period, TenantConfig,
    TenantId,
};
use tollgate_store::{By, SqlOrigin, SqlSource, TenantStore};

/// Tenants in the database, and one in this many is asked for again before the cache forgets it.
const TENANTS: u32 = 2_000;

fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

fn config(id: TenantId) -> TenantConfig {
    TenantConfig::new(id)
        .requests_per_minute(100)
        .tokens_per_minute(10_000)
}

async fn filled(url: &str) -> TenantStore {
    let store = TenantStore::connect(url).await.unwrap();
    store.migrate().await.unwrap();
    let by = By::new("bench");
    for tenant in 0..at_most(TENANTS) {
        store.set(&config(id(tenant)), &by).await.unwrap();
    }
    store
}

async fn source(store: &TenantStore, cached: u64) -> SqlSource {
    let size = NonZeroU64::new(cached).unwrap();
    let source = SqlSource::builder(store.clone())
        .cache_size(size)
        .ttl(Duration::from_secs(3_600));
    source.start().await
}

fn lookups(c: &mut Criterion) {
    let runtime = runtime();
    let folder = std::env::temp_dir().join(format!("tollgate-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let postgres = Postgres::start().unwrap();
    let ids: Vec<_> = (0..at_most(TENANTS)).map(id).collect();
    let mut group = c.benchmark_group("a tenant's config");
    let urls = [
        (
            "SQLite",
            format!("sqlite:{}", folder.join("tenants.db").display()),
        ),
        ("PostgreSQL", postgres.url()),
    ];
    for (name, url) in urls {
        let store = runtime.block_on(filled(&url));
        let load = |source: &SqlSource, id: &TenantId| runtime.block_on(source.load(id)).unwrap();

        let all = runtime.block_on(source(&store, u64::from(TENANTS) * 2));
        assert!(ids.iter().all(|id| load(&all, id).is_some()));
        let mut stream = ids.iter().cycle();
        group.bench_function(format!("{name}, cached"), |b| {
            b.iter(|| load(&all, black_box(stream.next().unwrap())));
        });
        let stranger: TenantId = "nobody-at-all".parse().unwrap();
        group.bench_function(format!("{name}, nobody's id"), |b| {
            b.iter(|| load(&all, black_box(&stranger)));
        });

        // So small that whoever comes round again has been forgotten.
        let none = runtime.block_on(source(&store, 1));
        let before = none.health().queries;
        let mut stream = ids.iter().cycle();
        let mut asked = 0;
        group.bench_function(format!("{name}, cold"), |b| {
            b.iter(|| {
                asked += 1;
                load(&none, black_box(stream.next().unwrap()))
            });
        });
        let queries = none.health().queries - before;
        assert!(
            queries * 10 >= asked * 9,
            "{queries} queries for {asked} lookups: they were not cold"
        );
        runtime.block_on(async {
            all.shutdown().await;
            none.shutdown().await;
        });
    }
    let engine = runtime.block_on(async {
        let memory = InMemorySource::new();
        memory.set(config(id(0))).unwrap();
        let engine = Engine::builder().source(memory).build().unwrap();
        engine.tenant(&id(0)).await.unwrap();
        engine
    });
    let known = id(0);
    group.bench_function("in the engine's memory", |b| {
        b.iter(|| engine.get(black_box(&known)));
    });
    group.finish();
    std::fs::remove_dir_all(folder).unwrap();
}

/// A decision with a calendar limit that is kept in this process, and with one that is kept in SQLite.
fn durable(c: &mut Criterion) {
    let runtime = runtime();
    let mut group = c.benchmark_group("a decision under a calendar limit");
    for durable in [false, true] {
        let tenant = runtime.block_on(async {
            let store = TenantStore::connect("sqlite::memory:").await.unwrap();
            let origin = SqlOrigin::of(&store);
            origin.migrate().await.unwrap();
            let mut limit =
                LimitConfig::calendar("month", Dimension::Tokens, 1 << 52, Period::Month);
            limit.durable = durable;
            let memory = InMemorySource::new();
            memory.set(TenantConfig::new(id(0)).limit(limit)).unwrap();
            let engine = Engine::builder()
                .source(memory)
                .origin(origin)
                .build()
                .unwrap();
            let tenant = engine.tenant(&id(0)).await.unwrap();
            tenant.exchanged().await;
            tenant
        });
        let cost = Cost::request().and_tokens(10);
        let name = if durable {
            "kept in SQLite"
        } else {
            "kept in memory"
        };
        group.bench_function(name, |b| {
            b.iter(|| {
                let decision = tenant.try_acquire(black_box(&cost));
                assert!(decision.is_admitted());
            });
        });
    }
    group.finish();
}

criterion_group!(name = benches; config = criterion(); targets = lookups, durable);
criterion_main!(benches);
