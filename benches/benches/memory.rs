//! How much memory does a tenant take, at a million of them?
//!
//! `cargo bench -p benches --bench memory`. Counted is what is asked of the allocator and still held; the
//! allocator's own overhead, some 8 to 16 bytes an allocation, comes on top.
//! Ids have 17 bytes, ours have two or four limits and the peers one.
#![expect(clippy::unwrap_used, reason = "a bench that can't be set up must stop")]

mod peer;

use std::any::Any;

use benches::{Table, at_most, four_limits, id, load, name, two_limits};
use tollgate::{Cost, Engine};

use peer::Keyed;

fn main() {
    let keys = at_most(1_000_000);
    let cost = Cost::request().and_tokens(10);
    let fill = |engine: &Engine| {
        (0..keys).for_each(|key| {
            let tenant = engine.get(&id(key)).unwrap();
            assert!(tenant.try_acquire(&cost).is_admitted());
        });
    };
    let heads = ["held for each tenant", "counted B", "allocations"];
    let table = Table::new(&heads)
        .row(&line("tollgate, 2 limits, loaded", keys, || {
            Box::new(benches::engine_of(keys, two_limits(id(0))))
        }))
        .row(&line("tollgate, 2 limits, used once", keys, || {
            let engine = benches::engine_of(0, two_limits(id(0)));
            load(&engine, keys);
            fill(&engine);
            Box::new(engine)
        }))
        .row(&line("tollgate, 4 limits, used once", keys, || {
            let engine = benches::engine_of(keys, four_limits(id(0), benches::PLENTY));
            fill(&engine);
            Box::new(engine)
        }))
        .row(&line("governor keyed", keys, || {
            let limiter = peer::governor_keyed();
            (0..keys).for_each(|key| assert!(limiter.check_key(&name(key)).is_ok()));
            Box::new(limiter)
        }))
        .row(&line("leaky-bucket in a dashmap", keys, || {
            let limiters = Keyed::new(|| peer::leaky(peer::MUCH));
            (0..keys).for_each(|key| assert!(limiters.with(&name(key), |one| one.try_acquire(1))));
            Box::new(limiters)
        }))
        .row(&line("ratelimit in a dashmap", keys, || {
            let limiters = Keyed::new(|| peer::ratelimit(u64::from(u32::MAX)));
            (0..keys)
                .for_each(|key| assert!(limiters.with(&name(key), |one| one.try_wait().is_ok())));
            Box::new(limiters)
        }))
        .row(&line("throttlecrab", keys, || {
            let limiter = peer::Throttlecrab::new(1_000);
            (0..keys).for_each(|key| assert!(limiter.ask(&name(key))));
            Box::new(limiter)
        }))
        .row(&line("limitador, in memory", keys / 10, || {
            let limiter = peer::Limitador::new();
            (0..keys / 10).for_each(|key| {
                assert!(limiter.ask(&peer::Limitador::context(&name(key))));
            });
            Box::new(limiter)
        }));
    table.print();
}

fn line(title: &str, keys: u32, make: impl FnOnce() -> Box<dyn Any>) -> [String; 3] {
    let mut made = None;
    let counted = allocation_counter::measure(|| made = Some(make()));
    drop(made);
    let each = |sum: f64| sum / f64::from(keys);
    [
        title.to_owned(),
        format!("{:.0}", each(from(counted.bytes_current))),
        format!("{:.1}", each(from(counted.count_current))),
    ]
}

/// Numbers far below 2⁵².
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "exact below 2⁵³"
)]
fn from(number: i64) -> f64 {
    number as f64
}
