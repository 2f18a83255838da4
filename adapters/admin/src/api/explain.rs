//! `/tenants/{id}/explain`: what would be decided on a request, and why.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tollgate::{
    Access, Algorithm, Cost, Denial, DenialReason, Dimension, Enforcement, Explanation,
    LimitAnswer, PolicyDenial, Scope, Status, Tenant, TenantId,
};
use utoipa::ToSchema;

use super::Shared;
use super::forms::{IdParam, Refusals};
use super::id::Id;
use super::params::Params;
use crate::problem::Problem;
use crate::time::seconds_up;
use crate::watch::{reason_of, word};

/// The largest amount that is asked about: the largest whole number that any JSON reader keeps exactly.
const MOST: u64 = 9_007_199_254_740_991;

/// What would be decided on a request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Explained {
    /// `admitted` or `denied`.
    #[schema(value_type = super::forms::Outcome)]
    decision: &'static str,
    /// Why it would be denied, as in decisions; `null` if it would not.
    reason: Option<String>,
    /// The same for people.
    detail: String,
    /// The limit that says no for longest, if one does.
    binding: Option<String>,
    /// When the same would be admitted, if that is known.
    retry_after_seconds: Option<u64>,
    /// What the policy says to each thing that the request names.
    policy: Vec<PolicyAnswer>,
    /// What each limit says: the tenant's own, then its ancestors'.
    limits: Vec<LimitForm>,
}

/// What the policy says to one thing.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PolicyAnswer)]
struct PolicyAnswer {
    /// `model`, `tool`, `method`, `path` or `feature`.
    rule: &'static str,
    /// What the request names.
    value: String,
    /// Whether it is allowed.
    allowed: bool,
    /// Why not; empty if it is.
    detail: String,
}

/// What one limit says.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LimitAnswer)]
struct LimitForm {
    /// Its name.
    name: String,
    /// Whose it is.
    #[schema(value_type = String)]
    owner: TenantId,
    /// What it counts.
    dimension: String,
    /// Whether it counts such a request.
    applies: bool,
    /// What it would be charged.
    cost: u64,
    /// The most that it holds.
    capacity: u64,
    /// What is left of it.
    remaining: u64,
    /// Whether the cost has room, or it does not apply.
    fits: bool,
    /// Whether it only tells, and denies nothing.
    shadow: bool,
    /// The same for people.
    why: String,
}

/// What is asked about.
struct Asked {
    cost: Cost,
    model: Option<String>,
    tool: Option<String>,
    method: Option<String>,
    path: Option<String>,
    feature: Option<String>,
}

/// What would be decided on a request with this cost now, and why: policy first, then every limit. Nothing is charged.
///
/// Amounts in dimensions of one's own go by their names: `bytes=4096`.
#[utoipa::path(
    get, path = "/tenants/{id}/explain", tag = "usage", operation_id = "explain",
    params(
        IdParam,
        ("requests" = Option<u64>, Query, minimum = 0, maximum = 9_007_199_254_740_991_u64, description = "Requests that it costs. Default: 1."),
        ("tokens" = Option<u64>, Query, minimum = 0, maximum = 9_007_199_254_740_991_u64, description = "Tokens that it costs. Default: 0."),
        ("model" = Option<String>, Query, description = "The model that it names."),
        ("tool" = Option<String>, Query, description = "The tool that it names."),
        ("method" = Option<String>, Query, description = "Its method."),
        ("path" = Option<String>, Query, description = "Its path, without a query."),
        ("feature" = Option<String>, Query, description = "The feature that its route needs."),
    ),
    responses(
        (status = 200, description = "What would be decided.", body = Explained),
        Refusals,
    ),
)]
pub(crate) async fn explain(
    State(core): Shared,
    Id(id): Id,
    params: Params,
) -> Result<Json<Explained>, Problem> {
    let tenant = core.engine.tenant(&id).await?;
    let asked = Asked::read(params, &tenant)?;
    let (policy, refused) = asked.judge(&tenant);
    let explanation = asked.weigh(&tenant).await;
    // A suspended tenant is told so, and not what its policy would say; as at the gate.
    let refused = refused.filter(|_| tenant.plan().status() == Status::Active);
    Ok(Json(Explained::of(
        &asked.cost,
        refused.as_ref(),
        policy,
        &explanation,
    )))
}

impl Asked {
    fn read(mut params: Params, tenant: &Tenant) -> Result<Self, Problem> {
        let requests = params.whole("requests", 0, MOST).unwrap_or(1);
        let tokens = params.whole("tokens", 0, MOST).unwrap_or(0);
        let mut asked = Self {
            cost: Cost::requests(requests).and_tokens(tokens),
            model: params.text("model"),
            tool: params.text("tool"),
            method: params.text("method"),
            path: params.text("path"),
            feature: params.text("feature"),
        };
        for dimension in named_dimensions(tenant) {
            if let Some(amount) = params.whole(dimension.to_string(), 0, MOST) {
                asked.cost = asked.cost.and(dimension, amount);
            }
        }
        params.finish()?;
        Ok(asked)
    }

    fn scope(&self) -> Scope<'_> {
        Scope {
            model: self.model.as_deref(),
            tool: self.tool.as_deref(),
            route: self.path.as_deref(),
        }
    }

    /// What the policy says to each thing, and what it says first to all of them.
    fn judge(&self, tenant: &Tenant) -> (Vec<PolicyAnswer>, Option<PolicyDenial>) {
        let nothing = Access::default();
        let (model, tool) = (self.model.as_deref(), self.tool.as_deref());
        let (method, path) = (self.method.as_deref(), self.path.as_deref());
        let feature = self.feature.as_deref();
        let each = [
            ("model", model, Access { model, ..nothing }),
            ("tool", tool, Access { tool, ..nothing }),
            ("method", method, Access { method, ..nothing }),
            ("path", path, Access { path, ..nothing }),
            ("feature", feature, Access { feature, ..nothing }),
        ];
        let plan = tenant.plan();
        let answers = each.into_iter().filter_map(|(rule, value, access)| {
            let denial = plan.policy().check(&access).err();
            Some(PolicyAnswer {
                rule,
                value: value?.to_owned(),
                allowed: denial.is_none(),
                detail: denial.map(|denial| denial.to_string()).unwrap_or_default(),
            })
        });
        let all = Access {
            model,
            tool,
            method,
            path,
            feature,
            ..nothing
        };
        (answers.collect(), plan.policy().check(&all).err())
    }

    /// What the limits say; what a durable or shared one has not been granted yet is waited for, as for a request.
    async fn weigh(&self, tenant: &Tenant) -> Explanation {
        let mut exchanges = tenant.exchanges();
        loop {
            let answer = tenant.explain(&self.scope(), &self.cost);
            let reason = answer.denial.as_ref().map(Denial::reason);
            if reason != Some(DenialReason::Ungranted) || !exchanges.next().await {
                return answer;
            }
        }
    }
}

/// Dimensions of the user's own that a limit of the tenant or of an ancestor counts.
fn named_dimensions(tenant: &Tenant) -> Vec<Dimension> {
    let line = std::iter::successors(Some(tenant), |tenant| tenant.parent());
    let mut named: Vec<Dimension> = Vec::new();
    for owner in line {
        for limit in owner.plan().limits() {
            let dimension = limit.dimension();
            if matches!(dimension, Dimension::Named(_)) && !named.contains(dimension) {
                named.push(dimension.clone());
            }
        }
    }
    named
}

impl Explained {
    fn of(
        cost: &Cost,
        refused: Option<&PolicyDenial>,
        policy: Vec<PolicyAnswer>,
        explanation: &Explanation,
    ) -> Self {
        let limits = explanation.limits.iter();
        let mut explained = Self {
            decision: word(refused.is_none() && explanation.is_admitted()),
            reason: None,
            detail: "it would be admitted".to_owned(),
            binding: None,
            retry_after_seconds: None,
            policy,
            limits: limits.map(|answer| LimitForm::of(cost, answer)).collect(),
        };
        if let Some(denial) = refused {
            explained.reason = Some(format!("policy:{}", denial.code()));
            explained.detail = denial.to_string();
        } else if let Some(denial) = &explanation.denial {
            explained.reason = Some(reason_of(denial.reason()).to_owned());
            explained.detail = denial.to_string();
            explained.binding = denial.binding_name().map(|name| name.to_string());
            explained.retry_after_seconds = denial.retry_after().map(seconds_up);
        }
        explained
    }
}

impl LimitForm {
    fn of(cost: &Cost, answer: &LimitAnswer) -> Self {
        let limit = &answer.limit;
        Self {
            name: limit.name().to_owned(),
            owner: answer.tenant.id().clone(),
            dimension: limit.dimension().to_string(),
            applies: answer.applies,
            cost: answer.cost,
            capacity: limit.burst_or_capacity(),
            remaining: answer.remaining,
            fits: answer.fits,
            shadow: limit.enforcement() == Enforcement::Shadow,
            why: why(cost, answer),
        }
    }
}

/// What a limit says, in words.
fn why(cost: &Cost, answer: &LimitAnswer) -> String {
    let (limit, need, left) = (&answer.limit, answer.cost, answer.remaining);
    let (dimension, most) = (limit.dimension(), limit.burst_or_capacity());
    let verdict = if cost.get(dimension) == 0 {
        return format!("the request costs no {dimension}");
    } else if !answer.applies {
        return "it is for other models, tools or paths".to_owned();
    } else if answer.fits {
        return format!("{need} of the {left} that are left");
    } else if need > most {
        format!("{need} is more than the {most} that it ever holds")
    } else if *limit.algorithm() == Algorithm::Concurrency {
        format!("{need} of {most} slots are wanted, and {left} are free")
    } else if need <= left {
        format!("{left} are left, but not granted to this process yet")
    } else {
        format!("{need} are wanted, and {left} are left")
    };
    if limit.enforcement() == Enforcement::Shadow {
        return format!("{verdict}; it is a shadow limit and denies nothing");
    }
    verdict
}
