//! How long does one decision by handle take, admitted and denied, beside governor's?
//!
//! `cargo bench -p benches --bench decision`. Ours decides on requests and tokens under a minute and
//! a day limit each: four limits. governor decides on one.
#![expect(clippy::unwrap_used, reason = "a bench that can't be set up must stop")]

use std::hint::black_box;
use std::num::NonZeroU32;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use tollgate::{Clock, Cost, Dimension, Engine, InMemorySource, LimitConfig, Tenant, TenantConfig};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// More than a bench can spend.
const PLENTY: u64 = 1 << 52;

fn four_limits(id: &str, capacity: u64) -> TenantConfig {
    TenantConfig::new(id.parse().unwrap())
        .limit(LimitConfig::sliding(
            "m-requests",
            Dimension::Requests,
            capacity,
            MINUTE,
        ))
        .limit(LimitConfig::sliding(
            "m-tokens",
            Dimension::Tokens,
            PLENTY,
            MINUTE,
        ))
        .limit(LimitConfig::sliding(
            "d-requests",
            Dimension::Requests,
            PLENTY,
            DAY,
        ))
        .limit(LimitConfig::sliding(
            "d-tokens",
            Dimension::Tokens,
            PLENTY,
            DAY,
        ))
}

fn tenant(capacity: u64, clock: Clock) -> Tenant {
    Tenant::new(&four_limits("acme", capacity), clock).unwrap()
}

fn by_handle(c: &mut Criterion) {
    let mut group = c.benchmark_group("by handle");
    let cost = Cost::request().and_tokens(10);
    for (name, clock) in [("coarse", Clock::coarse()), ("precise", Clock::precise())] {
        let admitting = tenant(PLENTY, clock.clone());
        group.bench_function(format!("tollgate {name}, 4 limits, admitted"), |b| {
            b.iter(|| black_box(admitting.try_acquire(black_box(&cost)).is_admitted()));
        });
        let denying = tenant(1, clock);
        group.bench_function(format!("tollgate {name}, 4 limits, denied"), |b| {
            b.iter(|| black_box(denying.try_acquire(black_box(&cost)).is_denied()));
        });
    }
    let direct = |per_second| {
        governor::RateLimiter::direct(governor::Quota::per_second(
            NonZeroU32::new(per_second).unwrap(),
        ))
    };
    let admitting = direct(u32::MAX);
    group.bench_function("governor direct, 1 limit, admitted", |b| {
        b.iter(|| black_box(admitting.check().is_ok()));
    });
    let denying = governor::RateLimiter::direct(governor::Quota::per_hour(NonZeroU32::MIN));
    group.bench_function("governor direct, 1 limit, denied", |b| {
        b.iter(|| black_box(denying.check().is_err()));
    });
    group.finish();
}

fn around(c: &mut Criterion) {
    let mut group = c.benchmark_group("around a decision");
    let cost = Cost::request().and_tokens(10);
    let source = InMemorySource::new();
    source.set(four_limits("acme", PLENTY)).unwrap();
    let engine = Engine::builder()
        .source(source)
        .build_without_actors()
        .unwrap();
    let id = "acme".parse().unwrap();
    let handle = engine.tenant_blocking(&id).unwrap();
    group.bench_function("lookup by id and decision", |b| {
        b.iter(|| {
            engine
                .get(black_box(&id))
                .is_some_and(|t| t.try_acquire(&cost).is_admitted())
        });
    });
    let actual = Cost::tokens(7);
    group.bench_function("decision and settle", |b| {
        b.iter(|| {
            handle
                .try_acquire(&cost)
                .into_result()
                .unwrap()
                .settle(black_box(&actual))
        });
    });
    group.bench_function("usage of 4 limits", |b| {
        b.iter(|| black_box(handle.usage()));
    });
    group.finish();
}

criterion_group!(benches, by_handle, around);
criterion_main!(benches);
