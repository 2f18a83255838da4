//! What does a cached value cost: in this process, and in Redis?
//!
//! `cargo bench -p benches --bench cache`. Redis is a server on this machine, started for this, reached over loopback.
//! Values are small structs; reading one includes decoding its JSON.
#![expect(clippy::unwrap_used, reason = "a bench that can't be set up must stop")]

use std::hint::black_box;
use std::time::Duration;

use benches::{criterion, id};
use criterion::{Criterion, criterion_group, criterion_main};
use serde::{Deserialize, Serialize};
use throwaway::Redis;
use tokio::runtime::Builder;
use tollgate_cache::TenantCache;

const HOUR: Duration = Duration::from_secs(3600);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Profile {
    name: String,
    mail: String,
    logins: u32,
}

fn calls(c: &mut Criterion) {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let redis = Redis::start().unwrap();
    let profile = Profile {
        name: "Ada Lovelace".to_owned(),
        mail: "ada@example.org".to_owned(),
        logins: 1815,
    };
    let mut group = c.benchmark_group("a tenant's cache");
    let caches = [
        ("embedded", TenantCache::embedded().build()),
        (
            "Redis",
            TenantCache::redis(&redis.url())
                .unwrap()
                .timeout(Duration::from_secs(60))
                .build(),
        ),
    ];
    for (name, cache) in caches {
        let tenant = cache.for_tenant(&id(0));
        runtime
            .block_on(tenant.set("user-profile", &profile, HOUR))
            .unwrap();
        group.bench_function(format!("{name}, get, hit"), |b| {
            b.iter(|| {
                let found = runtime.block_on(tenant.get::<Profile>(black_box("user-profile")));
                assert!(found.unwrap().is_some());
            });
        });
        group.bench_function(format!("{name}, get, miss"), |b| {
            b.iter(|| {
                let found = runtime.block_on(tenant.get::<Profile>(black_box("nothing")));
                assert!(found.unwrap().is_none());
            });
        });
        group.bench_function(format!("{name}, get_or_insert_with, hit"), |b| {
            b.iter(|| {
                let load = || async { Ok::<_, std::io::Error>(profile.clone()) };
                let found = tenant.get_or_insert_with(black_box("user-profile"), HOUR, load);
                runtime.block_on(found).unwrap()
            });
        });
        group.bench_function(format!("{name}, set"), |b| {
            b.iter(|| {
                let set = tenant.set(black_box("written"), &profile, HOUR);
                runtime.block_on(set).unwrap();
            });
        });
        group.bench_function(format!("{name}, incr"), |b| {
            b.iter(|| {
                let sum = tenant.incr(black_box("number"), 1, HOUR);
                runtime.block_on(sum).unwrap()
            });
        });
    }
    group.finish();
}

criterion_group!(name = benches; config = criterion(); targets = calls);
criterion_main!(benches);
