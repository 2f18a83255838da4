//! How long does a decision by id take, at 1 to a million tenants, when all ask equally often and when few ask most?
//!
//! `cargo bench -p benches --bench by_id`. Every tenant has four limits, and they ask in an order drawn once.
#![expect(clippy::unwrap_used, reason = "a bench that can't be set up must stop")]

use std::hint::black_box;

use benches::{PLENTY, at_most, criterion, engine_of, four_limits, id, measuring, uniform, zipf};
use criterion::{Criterion, criterion_group, criterion_main};
use tollgate::{Cost, TenantId};

/// A way to decide by id, with its name.
type Way<'w> = (&'w str, &'w dyn Fn(&TenantId) -> bool);

fn by_id(c: &mut Criterion) {
    let mut group = c.benchmark_group("by id");
    let cost = Cost::request().and_tokens(10);
    for tenants in [1, 1_000, 100_000, 1_000_000] {
        if tenants > 1_000 && !measuring() {
            continue;
        }
        let engine = engine_of(at_most(tenants), four_limits(id(0), PLENTY));
        for (name, order) in [("uniform", uniform(tenants, 1)), ("Zipf", zipf(tenants, 2))] {
            let ids: Vec<TenantId> = order.into_iter().map(id).collect();
            let handle = |id: &TenantId| engine.get(id).unwrap().try_acquire(&cost).is_admitted();
            let kept = |id: &TenantId| {
                let admitted = engine.with_tenant(id, |one| one.try_acquire(&cost).is_admitted());
                admitted.unwrap()
            };
            // Nobody's first decision is measured.
            assert!(ids.iter().all(handle) && ids.iter().all(kept));
            let ways: [Way<'_>; 2] = [("with_tenant", &kept), ("get", &handle)];
            for (way, ask) in ways {
                let mut stream = ids.iter().cycle();
                group.bench_function(format!("{tenants} tenants, {name}, {way}"), |b| {
                    b.iter(|| ask(black_box(stream.next().unwrap())));
                });
            }
        }
    }
    group.finish();
}

criterion_group!(name = benches; config = criterion(); targets = by_id);
criterion_main!(benches);
