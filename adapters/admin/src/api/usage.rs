//! `/tenants/{id}/usage`: how full the limits are that a tenant's requests meet, its ancestors' included.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tollgate::{Algorithm, Cost, Enforcement, LimitAnswer, LimitUsage, Scope, Tenant, TenantId};
use utoipa::ToSchema;

use super::Shared;
use super::forms::{EnforcementForm, IdParam, Rates, Refusals};
use super::id::Id;
use super::params::Params;
use crate::admin::Core;
use crate::problem::Problem;
use crate::time::{rfc3339, seconds_up};
use crate::watch::{Counts, STEP_SECONDS};

/// How full a tenant's limits are, and how its requests were decided on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Usage {
    /// The tenant.
    #[schema(value_type = String)]
    tenant_id: TenantId,
    /// When this was so, as RFC 3339 in UTC.
    at: String,
    /// Every limit that its requests meet: its own, then its ancestors'.
    limits: Vec<LimitLevel>,
    /// Requests that were admitted since the tenant is watched by this process.
    admitted: u64,
    /// Requests that were denied since.
    denied: u64,
    /// Both over the last five minutes.
    history: Rates,
}

/// How full a limit is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LimitLevel {
    /// Its name.
    name: String,
    /// What it counts.
    dimension: String,
    /// How it counts.
    algorithm: AlgorithmName,
    /// The most that it holds.
    capacity: u64,
    /// What is used of it, by this process's knowledge; settled debt can make it more than the capacity.
    used: u64,
    /// What this process holds of a shared or durable limit, and has not spent; `null` for other limits.
    leased: Option<u64>,
    /// What can still be spent.
    remaining: u64,
    /// In how long all of it can be spent again; `null` if nobody can know.
    resets_in_seconds: Option<u64>,
    /// Whether a request above it is denied.
    #[schema(value_type = EnforcementForm)]
    enforcement: Enforcement,
    /// Whether nodes share it.
    shared: bool,
    /// Whether its usage outlives the process.
    durable: bool,
    /// Requests of the tenant that it denied since the tenant is watched by this process.
    denials: u64,
    /// Whose limit it is: the tenant's, or an ancestor's.
    #[schema(value_type = String)]
    owner: TenantId,
    /// What was used of it, from the first look at the owner's usage on.
    history: Levels,
}

/// What was used of a limit over the last five minutes, the oldest first; shorter if nobody looked then.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Levels {
    /// How long a step is.
    step_seconds: u64,
    /// What was used in the end of each.
    used: Vec<u64>,
}

/// How a limit counts.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AlgorithmName {
    /// Every interval as long as the window holds at most the capacity.
    SlidingWindow,
    /// A level that refills steadily.
    TokenBucket,
    /// Every period of the UTC calendar starts anew.
    Calendar,
    /// So much is in use at once.
    Concurrency,
}

impl AlgorithmName {
    fn of(algorithm: &Algorithm) -> Self {
        match algorithm {
            Algorithm::Sliding { .. } => Self::SlidingWindow,
            Algorithm::Bucket { .. } => Self::TokenBucket,
            Algorithm::Calendar { .. } => Self::Calendar,
            Algorithm::Concurrency => Self::Concurrency,
        }
    }
}

/// How full the tenant's limits are. A tenant that is not in memory is loaded for it.
#[utoipa::path(
    get, path = "/tenants/{id}/usage", tag = "usage", operation_id = "readUsage",
    params(
        IdParam,
    ),
    responses(
        (status = 200, description = "Its limits.", body = Usage),
        Refusals,
    ),
)]
pub(crate) async fn usage(
    State(core): Shared,
    Id(id): Id,
    params: Params,
) -> Result<Json<Usage>, Problem> {
    params.finish()?;
    let tenant = core.engine.tenant(&id).await?;
    let counts = core.watch.counts(&id);
    let held = tenant.explain(&Scope::default(), &Cost::none()).limits;
    let line = std::iter::successors(Some(&tenant), |tenant| tenant.parent());
    let limits = line.flat_map(|owner| core.levels(owner, &counts, &held));
    let (admitted, denied) = counts.steps.clone().read(core.watch.now());
    Ok(Json(Usage {
        limits: limits.collect(),
        at: rfc3339(core.engine.clock().now()),
        admitted: counts.admitted,
        denied: counts.denied,
        history: Rates {
            step_seconds: STEP_SECONDS,
            admitted,
            denied,
        },
        tenant_id: id,
    }))
}

impl Core {
    /// The limits of one tenant of a line.
    fn levels(&self, owner: &Tenant, counts: &Counts, held: &[LimitAnswer]) -> Vec<LimitLevel> {
        self.samples.look(&self.engine, owner.id());
        let usage = owner.usage();
        let level = |level: LimitUsage<'_>| {
            let limit = level.limit;
            let denials = counts.denials_by_limit.iter();
            let denials = denials.filter(|known| known.is_of(owner.id(), limit.name()));
            let same = |known: &&LimitAnswer| {
                known.tenant.id() == owner.id() && known.limit.name() == limit.name()
            };
            LimitLevel {
                name: limit.name().to_owned(),
                dimension: limit.dimension().to_string(),
                algorithm: AlgorithmName::of(limit.algorithm()),
                capacity: limit.burst_or_capacity(),
                used: level.used,
                leased: held.iter().find(same).and_then(|known| known.leased),
                remaining: level.remaining,
                resets_in_seconds: level.full_in.map(seconds_up),
                enforcement: limit.enforcement(),
                shared: limit.is_shared(),
                durable: limit.is_durable(),
                denials: denials.map(|known| known.count).sum(),
                owner: owner.id().clone(),
                history: Levels {
                    step_seconds: STEP_SECONDS,
                    used: self.samples.of(owner.id(), limit.name()),
                },
            }
        };
        usage.iter().map(level).collect()
    }
}
