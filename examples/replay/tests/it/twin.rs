//! A log made at random gets exactly the decisions that direct calls to tenants get.

use std::time::Duration;

use proptest::prelude::*;
use tollgate::{
    Clock, Cost, Decision, DenialReason, ManualClock, Permit, Scope, Status, Tenant, TenantConfig,
    TenantsConfig, Timestamp,
};

use crate::kit::replay;
use crate::workload::{Deed, Step, TENANTS, bytes, config, short, steps};

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
        let (tenant, known) = self.tenants.get_mut(step.tenant).unwrap();
        let (t_ms, id) = (short(at), tenant.id().clone());
        match &step.deed {
            Deed::Request {
                model,
                cost,
                settle,
            } => {
                let (rest, admitted) = ask(tenant, *model, cost);
                if let (Some(permit), Some((after, tokens))) = (admitted, settle) {
                    let actual = tokens.map_or_else(Cost::none, Cost::tokens);
                    let due = now.saturating_add(Duration::from_nanos(*after));
                    self.under_way.push((due, permit, actual));
                }
                format!("{{\"t_ms\":{t_ms},\"tenant\":\"{id}\",{rest}}}")
            }
            Deed::Swap { capacity } => {
                *known = config(step.tenant, *capacity);
                tenant.reconfigure(known).unwrap();
                format!("{{\"t_ms\":{t_ms},\"config\":[\"{id}\"]}}")
            }
            Deed::Suspend => {
                *known = known.clone().status(Status::Suspended);
                tenant.reconfigure(known).unwrap();
                format!("{{\"t_ms\":{t_ms},\"suspend\":\"{id}\"}}")
            }
            Deed::Resume => {
                *known = known.clone().status(Status::Active);
                tenant.reconfigure(known).unwrap();
                format!("{{\"t_ms\":{t_ms},\"resume\":\"{id}\"}}")
            }
        }
    }
}

/// What is said of a request, and its permit if it was admitted.
fn ask(tenant: &Tenant, model: Option<&str>, cost: &[u64; 3]) -> (String, Option<Permit<'static>>) {
    let [requests, tokens, bytes_out] = *cost;
    let mut cost = Cost::requests(requests).and_tokens(tokens);
    if bytes_out > 0 {
        cost = cost.and(bytes(), bytes_out);
    }
    let scope = Scope {
        model,
        ..Scope::default()
    };
    let decision = tenant.try_acquire_in(&scope, &cost).into_owned();
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
