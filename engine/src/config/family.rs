//! What must hold between a tenant and its ancestors.

use std::collections::BTreeMap;

use crate::chain::MOST_ANCESTORS;
use crate::config::compile::compile;
use crate::config::error::{ConfigErrors, Problems, quoted};
use crate::config::limit::LimitConfig;
use crate::config::tenant::TenantConfig;
use crate::ledger::MOST_IN_FAMILY;
use crate::plan::{Algorithm, Limit, Plan};
use crate::tenant_id::TenantId;

/// An ancestor, as a check sees it.
pub(crate) type Ancestor<'a> = (&'a TenantId, &'a Plan);

impl TenantConfig {
    /// As [`compile`](Self::compile), for a tenant below these ancestors, the parent first; `has_room` says
    /// whether the limits that the parent had over time leave it seats for children, and is asked only if nothing
    /// else is wrong: from then on the parent is held to it.
    ///
    /// Limits of `in_force` are not held against the ancestors' again, which may have been lowered since: to
    /// refuse them would leave them in force, and undo what else has changed, such as a suspension.
    pub(crate) fn compile_below(
        &self,
        ancestors: &[Ancestor<'_>],
        has_room: impl FnOnce() -> bool,
        in_force: Option<&Plan>,
    ) -> Result<Plan, ConfigErrors> {
        let mut problems = Problems::new();
        let plan = compile(self, &mut problems);
        problems.enter_tenant(self.tenant_id.as_str());
        let parent = ancestors.first().map(|(id, _)| *id);
        let value = |id: Option<&TenantId>| id.map_or_else(String::new, |id| quoted(id.as_str()));
        if plan.parent() != parent {
            let problem = match parent {
                Some(parent) => format!("must be {parent}, which it is put below"),
                None => "must not be given for a tenant that stands alone".to_owned(),
            };
            problems.report("parent", &value(plan.parent()), problem);
        }
        let in_force = in_force.map_or(&[][..], Plan::limits);
        below(&plan, ancestors, in_force, &mut problems);
        if problems.is_empty() && !has_room() {
            let problem = format!(
                "must be loaded anew before it has children: it had more than {MOST_IN_FAMILY} limits"
            );
            problems.report("parent", &value(parent), problem);
        }
        problems.into_result(plan)
    }
}

/// Every tenant of a set, with its ancestors, who must be in the set too.
pub(super) fn all(plans: &[(TenantId, Plan)], problems: &mut Problems) {
    let known: BTreeMap<_, _> = plans.iter().map(|(id, plan)| (id, plan)).collect();
    for (id, plan) in plans {
        problems.enter_tenant(id.as_str());
        let mut ancestors: Vec<Ancestor<'_>> = Vec::new();
        let mut next = plan.parent();
        while let Some(parent) = next {
            let Some((parent, plan)) = known.get_key_value(parent) else {
                let problem = "must be a tenant of the same set";
                problems.report("parent", &quoted(parent.as_str()), problem);
                break;
            };
            ancestors.push((parent, plan));
            // One too many is told of below; a circle would go on for ever.
            next = plan.parent().filter(|_| ancestors.len() <= MOST_ANCESTORS);
        }
        below(plan, &ancestors, &[], problems);
    }
}

/// Reports what is wrong with a plan below these ancestors, the parent first, save with limits `in_force`.
fn below(plan: &Plan, ancestors: &[Ancestor<'_>], in_force: &[Limit], problems: &mut Problems) {
    let Some(&(parent, of_parent)) = ancestors.first() else {
        return;
    };
    if ancestors.len() > MOST_ANCESTORS {
        return report_line(parent, problems);
    }
    few_limits("quota", "", plan, problems);
    few_limits("parent", &quoted(parent.as_str()), of_parent, problems);
    let in_force = |limit: &Limit| in_force.iter().any(|known| known.says_the_same_as(limit));
    let judged = |limit: &&Limit| !limit.is_shadow() && !in_force(limit);
    for limit in plan.limits().iter().filter(judged) {
        problems.enter_limit(limit.name());
        for ancestor in ancestors {
            no_higher(limit, *ancestor, problems);
        }
    }
    problems.leave_limit();
}

/// What is wrong with a tenant whose parent already has as many ancestors as there may be.
pub(crate) fn too_many_ancestors(id: &TenantId, parent: &TenantId) -> ConfigErrors {
    let mut problems = Problems::new();
    problems.enter_tenant(id.as_str());
    report_line(parent, &mut problems);
    problems.into_at_least_one()
}

/// What is wrong with a config that names another parent than the tenant has that is in memory.
pub(crate) fn keeps_its_parent(config: &TenantConfig, kept: Option<&TenantId>) -> ConfigErrors {
    let mut problems = Problems::new();
    problems.enter_tenant(config.tenant_id.as_str());
    let kept = kept.map_or("must not be given".to_owned(), |id| format!("must be {id}"));
    let problem = format!("{kept} while the tenant is in memory: it keeps the parent that it has");
    let given = config.parent.as_ref().map(|id| quoted(id.as_str()));
    problems.report("parent", &given.unwrap_or_default(), problem);
    problems.into_at_least_one()
}

/// What is wrong with a config of a tenant with children that has more limits than such a tenant may have.
pub(crate) fn too_many_with_children(config: &TenantConfig) -> ConfigErrors {
    let mut problems = Problems::new();
    problems.enter_tenant(config.tenant_id.as_str());
    let problem = format!("must make at most {MOST_IN_FAMILY} limits: the tenant has children");
    problems.report("quota", "", problem);
    problems.into_at_least_one()
}

/// What is wrong with a tenant that has durable limits where there is no origin to keep them.
pub(crate) fn needs_origin(config: &TenantConfig) -> ConfigErrors {
    let mut problems = Problems::new();
    problems.enter_tenant(config.tenant_id.as_str());
    for limit in config.quota.limits.iter().filter(|limit| limit.durable) {
        problems.enter_limit(&limit.name);
        let problem = "needs an engine that has an origin (EngineBuilder::origin)";
        problems.report("durable", "true", problem);
    }
    problems.into_at_least_one()
}

/// What is wrong with a tenant that has shared limits where there is no store to share them by.
pub(crate) fn needs_store(config: &TenantConfig) -> ConfigErrors {
    let mut problems = Problems::new();
    problems.enter_tenant(config.tenant_id.as_str());
    let asked = |limit: &&LimitConfig| limit.shared == Some(true);
    for limit in config.quota.limits.iter().filter(asked) {
        problems.enter_limit(&limit.name);
        let problem = "needs an engine that has a store of shared limits (EngineBuilder::shared)";
        problems.report("shared", "true", problem);
    }
    problems.into_at_least_one()
}

fn report_line(parent: &TenantId, problems: &mut Problems) {
    let problem = format!("has ancestors of its own, more than {MOST_ANCESTORS} in all or itself");
    problems.report("parent", &quoted(parent.as_str()), problem);
}

fn few_limits(field: &str, value: &str, plan: &Plan, problems: &mut Problems) {
    let limits = plan.limits().len();
    if limits > MOST_IN_FAMILY {
        let problem = format!(
            "makes {limits} limits, must make at most {MOST_IN_FAMILY} for a tenant that has a parent or is one"
        );
        problems.report(field, value, problem);
    }
}

/// A limit that lies above an ancestor's of the same kind would never be reached.
fn no_higher(limit: &Limit, (ancestor, plan): Ancestor<'_>, problems: &mut Problems) {
    let same = |theirs: &&Limit| !theirs.is_shadow() && is_bounded_by(limit, theirs);
    for theirs in plan.limits().iter().filter(same) {
        let bounds = [
            ("capacity", limit.capacity, theirs.capacity),
            (
                "burst",
                limit.burst_or_capacity(),
                theirs.burst_or_capacity(),
            ),
        ];
        let buckets = if limit.is_bucket() { 2 } else { 1 };
        for (field, mine, most) in bounds.into_iter().take(buckets) {
            if mine > most {
                let problem = format!(
                    "must be at most {most}, which limit {} of {ancestor} allows it and others together",
                    theirs.name()
                );
                problems.report(field, &mine.to_string(), problem);
            }
        }
    }
}

/// Whether all that `limit` counts counts towards `theirs` too, over the same time.
fn is_bounded_by(limit: &Limit, theirs: &Limit) -> bool {
    let scope = theirs.matcher.is_none() || theirs.matcher == limit.matcher;
    let time = match (&limit.algorithm, &theirs.algorithm) {
        (Algorithm::Sliding { window: mine, .. }, Algorithm::Sliding { window, .. })
        | (Algorithm::Bucket { window: mine, .. }, Algorithm::Bucket { window, .. }) => {
            mine == window
        }
        (Algorithm::Calendar { period: mine }, Algorithm::Calendar { period }) => mine == period,
        (Algorithm::Concurrency, Algorithm::Concurrency) => true,
        _ => false,
    };
    scope && time && limit.dimension == theirs.dimension
}
