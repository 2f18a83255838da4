//! A log made at random gets exactly the decisions that direct calls to tenants get.

use std::time::Duration;

use proptest::prelude::*;
use tollgate::{
    Clock, Cost, Decision, DenialReason, Dimension, LimitConfig, ManualClock, Period, Permit,
    Status, Tenant, TenantConfig, TenantsConfig, Timestamp,
};

use crate::kit::replay;

/// What happens `after` nanoseconds later, to one of the tenants.
#[derive(Debug, Clone)]
struct Step {
    after: u64,
    tenant: usize,
    deed: Deed,
}

#[derive(Debug, Clone)]
enum Deed {
    Request {
        cost: [u64; 3],
        settle: Option<(u64, Option<u64>)>,
    },
    Swap {
        capacity: u64,
    },
    Suspend,
    Resume,
}

const TENANTS: usize = 2;

fn bytes() -> Dimension {
    "bytes".parse().unwrap()
}

/// One limit of each kind, over each kind of dimension.
fn config(tenant: usize, capacity: u64) -> TenantConfig {
    let seconds = Duration::from_secs;
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
}

/// Often whole seconds, so that a settlement and a request meet at one instant.
fn span(most_seconds: u64) -> impl Strategy<Value = u64> {
    const SECOND: u64 = 1_000_000_000;
    prop_oneof![
        (0..most_seconds).prop_map(|seconds| seconds * SECOND),
        0..most_seconds * SECOND,
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let after = prop_oneof![2 => Just(0), 4 => span(3), 1 => span(90)];
    let settle = (span(8), proptest::option::of(0..80_u64));
    let request = (
        [0..3_u64, 0..60_u64, 0..6_u64],
        proptest::option::of(settle),
    );
    let deed = prop_oneof![
        20 => request.prop_map(|(cost, settle)| Deed::Request { cost, settle }),
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
fn short(nanos: u64) -> String {
    let text = long(nanos);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl Step {
    fn line(&self, at: u64) -> String {
        let id = format!("t{}", self.tenant);
        let rest = match &self.deed {
            Deed::Request {
                cost: [requests, tokens, bytes],
                settle,
            } => {
                let settle = settle.map(|(after, tokens)| {
                    let tokens = tokens.map(|tokens| format!(", \"tokens\": {tokens}"));
                    let (after, tokens) = (long(after), tokens.unwrap_or_default());
                    format!(", \"settle\": {{\"after_ms\": {after}{tokens}}}")
                });
                let cost = format!(
                    "{{\"requests\": {requests}, \"tokens\": {tokens}, \"bytes\": {bytes}}}"
                );
                format!(
                    "\"tenant\": \"{id}\", \"cost\": {cost}{}",
                    settle.unwrap_or_default()
                )
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

/// Tenants that stand alone, called directly.
struct Direct {
    clock: ManualClock,
    start: Timestamp,
    tenants: Vec<(Tenant, TenantConfig)>,
    /// In the order in which they were admitted.
    under_way: Vec<(Timestamp, Permit<'static>, Cost)>,
}

impl Direct {
    fn new(configs: &TenantsConfig) -> Self {
        let clock = ManualClock::new();
        let tenant = |config: &TenantConfig| {
            let tenant = Tenant::new(config, Clock::manual(&clock)).unwrap();
            (tenant, config.clone())
        };
        Self {
            start: clock.now(),
            tenants: configs.tenants.iter().map(tenant).collect(),
            clock,
            under_way: Vec::new(),
        }
    }

    /// The line that the program should answer with.
    fn step(&mut self, at: u64, step: &Step) -> String {
        let now = self.start.saturating_add(Duration::from_nanos(at));
        self.under_way.sort_by_key(|(due, ..)| *due);
        let later = self.under_way.partition_point(|(due, ..)| *due <= now);
        for (due, permit, actual) in self.under_way.drain(..later) {
            self.clock.set(due);
            drop(permit.settle(&actual));
        }
        self.clock.set(now);
        let (tenant, config) = self.tenants.get_mut(step.tenant).unwrap();
        let (t_ms, id) = (short(at), tenant.id().clone());
        match &step.deed {
            Deed::Request { cost, settle } => {
                let (rest, admitted) = ask(tenant, cost);
                if let (Some(permit), Some((after, tokens))) = (admitted, settle) {
                    let actual = tokens.map_or_else(Cost::none, Cost::tokens);
                    let due = now.saturating_add(Duration::from_nanos(*after));
                    self.under_way.push((due, permit, actual));
                }
                format!("{{\"t_ms\":{t_ms},\"tenant\":\"{id}\",{rest}}}")
            }
            Deed::Swap { capacity } => {
                *config = self::config(step.tenant, *capacity);
                tenant.reconfigure(config).unwrap();
                format!("{{\"t_ms\":{t_ms},\"config\":[\"{id}\"]}}")
            }
            Deed::Suspend => {
                *config = config.clone().status(Status::Suspended);
                tenant.reconfigure(config).unwrap();
                format!("{{\"t_ms\":{t_ms},\"suspend\":\"{id}\"}}")
            }
            Deed::Resume => {
                *config = config.clone().status(Status::Active);
                tenant.reconfigure(config).unwrap();
                format!("{{\"t_ms\":{t_ms},\"resume\":\"{id}\"}}")
            }
        }
    }
}

/// What is said of a request, and its permit if it was admitted.
fn ask(tenant: &Tenant, cost: &[u64; 3]) -> (String, Option<Permit<'static>>) {
    let [requests, tokens, bytes_out] = *cost;
    let cost = Cost::requests(requests)
        .and_tokens(tokens)
        .and(bytes(), bytes_out);
    let decision = tenant.try_acquire(&cost).into_owned();
    let levels: Vec<_> = tenant
        .usage()
        .iter()
        .map(|level| format!("\"{}\":{}", level.limit.name(), level.remaining))
        .collect();
    let levels = levels.join(",");
    match decision {
        Decision::Admitted(permit) => (
            format!(
                "\"admitted\":true,\"reason\":null,\"binding\":null,\"retry_after_ms\":null,\
                 \"never\":false,\"remaining\":{{{levels}}}"
            ),
            Some(permit),
        ),
        Decision::Denied(denial) => {
            let reason = match denial.reason() {
                DenialReason::Quota => "quota",
                DenialReason::InUse => "in_use",
                DenialReason::Never => "never",
                DenialReason::Suspended => "suspended",
                other @ (DenialReason::Removed | DenialReason::Queued | _) => panic!("{other:?}"),
            };
            let binding = denial.binding_name();
            let binding = binding.map_or("null".to_owned(), |name| format!("\"{name}\""));
            let nanos = |after: Duration| short(u64::try_from(after.as_nanos()).unwrap());
            let retry = denial.retry_after().map_or("null".to_owned(), nanos);
            let never = reason == "never";
            (
                format!(
                    "\"admitted\":false,\"reason\":\"{reason}\",\"binding\":{binding},\
                     \"retry_after_ms\":{retry},\"never\":{never},\"remaining\":{{{levels}}}"
                ),
                None,
            )
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_replay_decides_exactly_as_direct_calls_do(steps in steps()) {
        let configs: TenantsConfig = (0..TENANTS).map(|tenant| config(tenant, 10)).collect();
        let mut direct = Direct::new(&configs);
        let (mut at, mut log, mut expected) = (0, String::new(), Vec::new());
        for step in &steps {
            at += step.after;
            log += &step.line(at);
            expected.push(direct.step(at, step));
        }
        let done = replay(&serde_json::to_string(&configs).unwrap(), &log);
        prop_assert_eq!(done.lines(), expected);
    }
}
