//! From a typed config to the plan that decisions read.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::config::check::{self, REQUESTS_PER_MINUTE, TOKENS_PER_MINUTE};
use crate::config::error::{ConfigErrors, Problems};
use crate::config::family;
use crate::config::limit::{AlgorithmKind, Enforcement, LimitConfig, Window};
use crate::config::tenant::{TenantConfig, TenantsConfig};
use crate::dimension::Dimension;
use crate::memo::Memo;
use crate::outage::Beyond;
use crate::plan::{Algorithm, Limit, Nature, Plan, SubWindows};
use crate::policy::Policy;
use crate::scope::Matcher;
use crate::tenant_id::TenantId;

const DEFAULT_SUB_WINDOWS: u16 = 30;
const MINUTE: Duration = Duration::from_mins(1);

impl TenantConfig {
    /// Checks it all and gives the plan that decisions read.
    ///
    /// # Errors
    /// [`ConfigErrors`] has every problem: what is out of bounds, and what contradicts itself. Whether it goes with its parent's config is found out where both are at
    /// hand.
    pub fn compile(&self) -> Result<Plan, ConfigErrors> {
        let mut problems = Problems::new();
        let plan = compile(self, &mut problems);
        problems.into_result(plan)
    }
}

impl TenantsConfig {
    /// Checks all tenants and gives their plans, in the same order.
    ///
    /// # Errors
    /// [`ConfigErrors`] has every problem of every tenant, every id that is given twice, and every parent that is
    /// not among them or allows less than a child.
    pub fn compile(&self) -> Result<Vec<(TenantId, Plan)>, ConfigErrors> {
        let mut problems = Problems::new();
        let mut plans = Vec::new();
        let mut seen = BTreeSet::new();
        for tenant in &self.tenants {
            check::unique_id(&tenant.tenant_id, &mut seen, &mut problems);
            plans.push((tenant.tenant_id.clone(), compile(tenant, &mut problems)));
        }
        family::all(&plans, &mut problems);
        problems.into_result(plans)
    }
}

/// The plan, which is only right if no problem was reported.
pub(super) fn compile(config: &TenantConfig, problems: &mut Problems) -> Plan {
    problems.enter_tenant(config.tenant_id.as_str());
    check::parent(config.parent.as_ref(), &config.tenant_id, problems);
    check::quota(&config.quota, problems);
    for (at, limit) in config.quota.limits.iter().enumerate() {
        problems.at_limit(at);
        check::limit(limit, problems);
    }
    check::policy(&config.policy, problems);
    check::metadata(&config.metadata, problems);
    let quota = &config.quota;
    let shorthand = [
        shorthand(
            REQUESTS_PER_MINUTE,
            Dimension::Requests,
            quota.requests_per_minute,
        ),
        shorthand(
            TOKENS_PER_MINUTE,
            Dimension::Tokens,
            quota.tokens_per_minute,
        ),
    ];
    let limits: Box<[_]> = shorthand
        .into_iter()
        .flatten()
        .chain(quota.limits.iter().filter_map(limit))
        .collect();
    check::shared(&limits, problems);
    Plan {
        nature: Nature::of(&limits),
        limits,
        policy: Policy::new(&config.policy),
        status: config.status,
        parent: config.parent.clone(),
        metadata: config.metadata.clone(),
        memo: Memo::default(),
    }
}

fn shorthand(name: &str, dimension: Dimension, capacity: u64) -> Option<Limit> {
    let algorithm = Algorithm::Sliding {
        window: MINUTE,
        sub_windows: DEFAULT_SUB_WINDOWS,
    };
    (capacity > 0).then(|| Limit {
        name: name.into(),
        dimension,
        capacity,
        parts: SubWindows::of(&algorithm),
        algorithm,
        matcher: None,
        enforcement: Enforcement::Enforce,
        durable: false,
        shared: None,
        beyond: Beyond::default(),
    })
}

/// The limit; `None` if its window doesn't suit the algorithm, which has been reported.
fn limit(config: &LimitConfig) -> Option<Limit> {
    let algorithm = algorithm(config)?;
    Some(Limit {
        name: config.name.as_str().into(),
        dimension: config.dimension.clone(),
        capacity: config.capacity,
        parts: SubWindows::of(&algorithm),
        algorithm,
        matcher: config.matches.as_ref().map(Matcher::new),
        enforcement: config.enforcement,
        durable: config.durable,
        shared: config.shared,
        beyond: Beyond::default(),
    })
}

fn algorithm(config: &LimitConfig) -> Option<Algorithm> {
    let sub_windows = config.sub_windows.unwrap_or(DEFAULT_SUB_WINDOWS);
    let burst = config.burst.unwrap_or(config.capacity);
    if config.algorithm == AlgorithmKind::Concurrency {
        return Some(Algorithm::Concurrency);
    }
    match (config.algorithm, config.window?) {
        (AlgorithmKind::Sliding, Window::Duration(window)) => Some(Algorithm::Sliding {
            window,
            sub_windows,
        }),
        (AlgorithmKind::Bucket, Window::Duration(window)) => {
            Some(Algorithm::Bucket { window, burst })
        }
        (AlgorithmKind::Calendar, Window::Period(period)) => Some(Algorithm::Calendar { period }),
        (_, Window::Duration(_) | Window::Period(_)) => None,
    }
}
