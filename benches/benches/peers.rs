//! How long does a decision take beside the peers', by handle, by id, and when it is no?
//!
//! `cargo bench -p benches --bench peers`. Ours decides on requests and tokens under a minute and a day limit
//! each: four limits. Theirs decide on one dimension under one limit, the most that one call of theirs can.
#![expect(clippy::unwrap_used, reason = "a bench that can't be set up must stop")]

mod peer;

use std::hint::black_box;
use std::time::Duration;

use benches::{
    Contender, PLENTY, at_most, compare, engine_of, four_limits, id, name, tenant, uniform,
};
use tollgate::{Clock, Cost, TenantId};

use peer::{Keyed, Limitador};

const SHORT: Duration = Duration::from_millis(5);
/// Long enough to fill the caches again after the other contenders.
const LONG: Duration = Duration::from_millis(100);

fn main() {
    by_handle();
    denied();
    by_id(
        "by id, 1 k tenants, admitted",
        at_most(1_000),
        SHORT,
        Duration::from_secs(8),
    );
    by_id(
        "by id, 1 M tenants, admitted",
        at_most(1_000_000),
        LONG,
        Duration::from_secs(25),
    );
}

fn by_handle() {
    let cost = Cost::request().and_tokens(10);
    let coarse = tenant(PLENTY, Clock::coarse());
    let precise = tenant(PLENTY, Clock::precise());
    let governor = peer::governor_direct();
    let upkeep = peer::governor_direct_upkeep();
    let leaky = peer::leaky(peer::MUCH);
    let ratelimit = peer::ratelimit(u64::from(u32::MAX));
    let contenders = vec![
        Contender::each("governor direct, default clock", || {
            governor.check().is_ok()
        }),
        Contender::each("tollgate, 4 limits", || {
            coarse.try_acquire(black_box(&cost)).is_admitted()
        }),
        Contender::each("tollgate, 4 limits, precise clock", || {
            precise.try_acquire(black_box(&cost)).is_admitted()
        }),
        Contender::each("governor direct, upkeep clock", || upkeep.check().is_ok()),
        Contender::each("leaky-bucket", || leaky.try_acquire(1)),
        Contender::each("ratelimit", || ratelimit.try_wait().is_ok()),
    ];
    compare(
        "by handle, admitted",
        SHORT,
        Duration::from_secs(5),
        contenders,
    );
}

fn denied() {
    let cost = Cost::request().and_tokens(10);
    let coarse = tenant(1, Clock::coarse());
    let admitting = tenant(PLENTY, Clock::coarse());
    let governor = peer::governor_exhausted();
    let leaky = peer::leaky(1);
    let ratelimit = peer::ratelimit(1);
    let contenders = vec![
        Contender::each("governor direct, default clock", || {
            governor.check().is_err()
        }),
        Contender::each("tollgate, 4 limits", || {
            coarse.try_acquire(black_box(&cost)).is_denied()
        }),
        Contender::each("tollgate, 4 limits, an admission", || {
            admitting.try_acquire(black_box(&cost)).is_admitted()
        }),
        Contender::each("leaky-bucket", || leaky.try_acquire(1)),
        Contender::each("ratelimit", || ratelimit.try_wait().is_err()),
    ];
    compare(
        "by handle, denied",
        SHORT,
        Duration::from_secs(4),
        contenders,
    );
}

/// Calls `ask` with one key after the other, over and over; every answer must be a yes.
///
/// Everybody is asked for once before, so that nobody's first decision is measured.
fn asks<'c, K>(name: &str, keys: &'c [K], mut ask: impl FnMut(&K) -> bool + 'c) -> Contender<'c> {
    assert!(keys.iter().all(&mut ask), "a limit was reached");
    let mut stream = keys.iter().cycle();
    Contender::new(name, move |times| {
        let mut admitted = true;
        for key in stream.by_ref().take(usize::try_from(times).unwrap()) {
            admitted &= ask(black_box(key));
        }
        assert!(admitted, "a limit was reached: this is no admission");
    })
}

fn by_id(title: &str, tenants: u32, turn: Duration, total: Duration) {
    let order = uniform(tenants, 1);
    // In the order in which they are used: a request brings its id along, fresh from the wire.
    let ids: Vec<TenantId> = order.iter().map(|&number| id(number)).collect();
    let names: Vec<String> = order.iter().map(|&number| name(number)).collect();
    let cost = Cost::request().and_tokens(10);
    let engine = engine_of(tenants, four_limits(id(0), PLENTY));
    let default = peer::governor_keyed();
    let best = peer::governor_keyed_best();
    let leaky = Keyed::new(|| peer::leaky(peer::MUCH));
    let ratelimit = Keyed::new(|| peer::ratelimit(u64::from(u32::MAX)));
    let throttlecrab = peer::Throttlecrab::new(tenants);
    // Its contexts are too big to prepare for a million.
    let limitador = Limitador::new();
    let contexts: Vec<_> = if tenants <= 1_000 {
        names.iter().map(|name| Limitador::context(name)).collect()
    } else {
        Vec::new()
    };
    let mut contenders = vec![
        asks("governor keyed, default", &names, |key| {
            default.check_key(key).is_ok()
        }),
        asks("tollgate, 4 limits, with_tenant", &ids, |id| {
            engine.with_tenant(id, |tenant| tenant.try_acquire(&cost).is_admitted()) == Some(true)
        }),
        asks("tollgate, 4 limits, get", &ids, |id| {
            engine
                .get(id)
                .is_some_and(|tenant| tenant.try_acquire(&cost).is_admitted())
        }),
        asks("governor keyed, foldhash, upkeep clock", &names, |key| {
            best.check_key(key).is_ok()
        }),
        asks("leaky-bucket in a dashmap", &names, |key| {
            leaky.with(key, |limiter| limiter.try_acquire(1))
        }),
        asks("ratelimit in a dashmap", &names, |key| {
            ratelimit.with(key, |limiter| limiter.try_wait().is_ok())
        }),
        asks("throttlecrab behind a mutex", &names, |key| {
            throttlecrab.ask(key)
        }),
    ];
    if !contexts.is_empty() {
        contenders.push(asks("limitador, context prepared", &contexts, |context| {
            limitador.ask(context)
        }));
    }
    compare(title, turn, total, contenders);
}
