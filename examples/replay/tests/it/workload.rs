//! Logs made at random, of tenants that have a limit of each kind.

use std::time::Duration;

use proptest::prelude::*;
use tollgate::{Dimension, LimitConfig, MatchConfig, Period, TenantConfig};

/// What happens `after` nanoseconds later, to one of the tenants.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) after: u64,
    pub(crate) tenant: usize,
    pub(crate) deed: Deed,
}

#[derive(Debug, Clone)]
pub(crate) enum Deed {
    Request {
        model: Option<&'static str>,
        cost: [u64; 3],
        settle: Option<(u64, Option<u64>)>,
    },
    Swap {
        capacity: u64,
    },
    Suspend,
    Resume,
}

pub(crate) const TENANTS: usize = 2;

pub(crate) fn bytes() -> Dimension {
    "bytes".parse().unwrap()
}

/// One limit of each kind, over each kind of dimension; one for some requests, and one that denies nothing.
pub(crate) fn config(tenant: usize, capacity: u64) -> TenantConfig {
    let seconds = Duration::from_secs;
    let mut gpt4 = MatchConfig::default();
    gpt4.models.push("gpt-4*".to_owned());
    TenantConfig::new(format!("t{tenant}").parse().unwrap())
        .requests_per_minute(capacity)
        .limit(LimitConfig::bucket(
            "pace",
            Dimension::Tokens,
            capacity * 20,
            seconds(7),
            capacity * 5,
        ))
        .limit(LimitConfig::calendar(
            "hour",
            Dimension::Tokens,
            capacity * 100,
            Period::Hour,
        ))
        .limit(LimitConfig::sliding(
            "egress",
            bytes(),
            capacity * 3,
            seconds(11),
        ))
        .limit(LimitConfig::concurrency(
            "in-flight",
            Dimension::Requests,
            capacity / 4 + 1,
        ))
        .limit(
            LimitConfig::sliding("gpt4", Dimension::Requests, capacity, seconds(90)).only_for(gpt4),
        )
        .limit(
            LimitConfig::sliding("stricter", Dimension::Tokens, capacity * 9, seconds(60)).shadow(),
        )
}

/// Often whole seconds, so that a settlement and a request meet at one instant.
fn span(most_seconds: u64) -> impl Strategy<Value = u64> {
    const SECOND: u64 = 1_000_000_000;
    prop_oneof![
        (0..most_seconds).prop_map(|seconds| seconds * SECOND),
        0..most_seconds * SECOND,
    ]
}

pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let after = prop_oneof![2 => Just(0), 4 => span(3), 1 => span(90)];
    let settle = (span(8), proptest::option::of(0..80_u64));
    let model = prop_oneof![3 => Just(None), 1 => Just(Some("gpt-4o")), 1 => Just(Some("o1"))];
    let cost = [0..3_u64, 0..60_u64, 0..6_u64];
    let request = (model, cost, proptest::option::of(settle));
    let deed = prop_oneof![
        20 => request.prop_map(|(model, cost, settle)| Deed::Request { model, cost, settle }),
        1 => (1..30_u64).prop_map(|capacity| Deed::Swap { capacity }),
        1 => Just(Deed::Suspend),
        1 => Just(Deed::Resume),
    ];
    let step = (after, 0..TENANTS, deed);
    let step = step.prop_map(|(after, tenant, deed)| Step {
        after,
        tenant,
        deed,
    });
    proptest::collection::vec(step, 1..150)
}

/// Milliseconds with all of their six decimals, as a log may have them.
fn long(nanos: u64) -> String {
    format!("{}.{:06}", nanos / 1_000_000, nanos % 1_000_000)
}

/// The same as short as it can be.
pub(crate) fn short(nanos: u64) -> String {
    let text = long(nanos);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl Step {
    pub(crate) fn line(&self, at: u64) -> String {
        let id = format!("t{}", self.tenant);
        let rest = match &self.deed {
            Deed::Request {
                model,
                cost: [requests, tokens, bytes],
                settle,
            } => {
                let settle = settle.map(|(after, tokens)| {
                    let tokens = tokens.map(|tokens| format!(", \"tokens\": {tokens}"));
                    let (after, tokens) = (long(after), tokens.unwrap_or_default());
                    format!(", \"settle\": {{\"after_ms\": {after}{tokens}}}")
                });
                let model = model.map(|model| format!(", \"model\": \"{model}\""));
                // Without bytes, the decision may be the lease word's.
                let bytes = if *bytes > 0 {
                    format!(", \"bytes\": {bytes}")
                } else {
                    String::new()
                };
                let cost = format!("{{\"requests\": {requests}, \"tokens\": {tokens}{bytes}}}");
                let rest = model.into_iter().chain(settle).collect::<String>();
                format!("\"tenant\": \"{id}\", \"cost\": {cost}{rest}")
            }
            Deed::Swap { capacity } => {
                let config = serde_json::to_string(&config(self.tenant, *capacity)).unwrap();
                format!("\"config\": {config}")
            }
            Deed::Suspend => format!("\"suspend\": \"{id}\""),
            Deed::Resume => format!("\"resume\": \"{id}\""),
        };
        format!("{{\"t_ms\": {}, {rest}}}\n", long(at))
    }
}
