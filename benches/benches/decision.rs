//! How long does one decision by handle take, admitted and denied, and what does a clock change?
//!
//! `cargo bench -p benches --bench decision`. Four limits: requests and tokens, a minute and a day on each.

use std::hint::black_box;

use benches::{PLENTY, criterion, tenant};
use criterion::{Criterion, criterion_group, criterion_main};
use tollgate::{Clock, Cost, ManualClock};

fn by_handle(c: &mut Criterion) {
    let mut group = c.benchmark_group("by handle");
    let cost = Cost::request().and_tokens(10);
    let clocks = [
        ("coarse", Clock::coarse()),
        ("precise", Clock::precise()),
        ("manual", Clock::manual(&ManualClock::new())),
    ];
    for (name, clock) in clocks {
        let admitting = tenant(PLENTY, clock.clone());
        group.bench_function(format!("{name} clock, admitted"), |b| {
            b.iter(|| admitting.try_acquire(black_box(&cost)).is_admitted());
        });
        let denying = tenant(1, clock);
        group.bench_function(format!("{name} clock, denied"), |b| {
            b.iter(|| denying.try_acquire(black_box(&cost)).is_denied());
        });
    }
    let handle = tenant(PLENTY, Clock::coarse());
    group.bench_function("usage of four limits", |b| b.iter(|| handle.usage()));
    group.finish();
}

criterion_group!(name = benches; config = criterion(); targets = by_handle);
criterion_main!(benches);
