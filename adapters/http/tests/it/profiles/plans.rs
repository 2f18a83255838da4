//! Any plan, and anything that may have happened to it.

use std::time::Duration;

use proptest::prelude::*;
use tollgate::{Cost, Dimension, LimitConfig, Period, TenantConfig};

use crate::kit::acme;

/// What happens to a tenant.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    /// A request that costs so much.
    Request(Cost),
    /// So much time passes.
    Wait(Duration),
}

pub(crate) fn dimension(name: &str) -> Dimension {
    name.parse().unwrap()
}

fn dimensions() -> impl Strategy<Value = Dimension> {
    let names = [
        "requests",
        "tokens",
        "input_tokens",
        "output_tokens",
        "bytes",
    ];
    prop::sample::select(names.to_vec()).prop_map(dimension)
}

/// Often so small that a few requests use it up, and at times as large as can be.
fn capacities() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => 1_u64..6,
        3 => 1_u64..5_000,
        1 => 1_u64..10_000_000,
        1 => (1_u64 << 52)..(1 << 53),
    ]
}

fn windows() -> impl Strategy<Value = Duration> {
    prop_oneof![
        (1_u64..5_000).prop_map(Duration::from_millis),
        (1_u64..200_000).prop_map(Duration::from_secs),
    ]
}

fn limits() -> impl Strategy<Value = LimitConfig> {
    let periods = [Period::Minute, Period::Hour, Period::Day, Period::Month];
    let periods = prop::sample::select(periods.to_vec());
    let sliding = (dimensions(), capacities(), windows());
    let bucket = (dimensions(), capacities(), windows(), capacities());
    let calendar = (dimensions(), capacities(), periods);
    prop_oneof![
        sliding.prop_map(|(dimension, capacity, window)| {
            LimitConfig::sliding("", dimension, capacity, window)
        }),
        bucket.prop_map(|(dimension, capacity, window, burst)| {
            LimitConfig::bucket("", dimension, capacity, window, burst)
        }),
        calendar.prop_map(|(dimension, capacity, period)| {
            LimitConfig::calendar("", dimension, capacity, period)
        }),
        (1_u64..3).prop_map(|slots| LimitConfig::concurrency("", Dimension::Requests, slots)),
    ]
}

/// Up to 20 limits, more than a field lists, with names of everything that a name may have in it.
pub(crate) fn plans() -> impl Strategy<Value = TenantConfig> {
    let name = "[ !#-\\[\\]-~]{1,12}";
    let limit = (name, limits());
    let few = prop::collection::vec(limit, 0..5);
    let many = prop::collection::vec((name, limits()), 15..20);
    prop_oneof![9 => few, 1 => many].prop_map(|limits| {
        let numbered = limits.into_iter().enumerate();
        numbered.fold(acme(), |config, (place, (name, mut limit))| {
            limit.name = format!("{name}{place}");
            config.limit(limit)
        })
    })
}

fn costs() -> impl Strategy<Value = Cost> {
    let amounts = || prop_oneof![Just(0_u64), 0_u64..4, 0_u64..3_000];
    (0_u64..3, amounts(), amounts(), amounts()).prop_map(|(requests, tokens, input, output)| {
        Cost::requests(requests)
            .and_tokens(tokens)
            .and(dimension("input_tokens"), input)
            .and(dimension("output_tokens"), output)
    })
}

pub(crate) fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        3 => costs().prop_map(Event::Request),
        1 => (0_u64..90_000_000_000).prop_map(|nanos| Event::Wait(Duration::from_nanos(nanos))),
    ];
    prop::collection::vec(event, 1..8)
}
