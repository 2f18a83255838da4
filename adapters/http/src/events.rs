//! What the gate tells the engine's hooks: one small function an event, called only if there are any.

use std::error::Error;
use std::sync::Arc;

use tollgate::{
    Cost, Denial, Event, Events, LookupError, PolicyDenial, PolicyEvent, QuotaEvent, ResolveEvent,
    SettleEvent, TenantId, Usage,
};

use crate::admission::Admission;
use crate::question::Asked;
use crate::rejection::Rejection;
use crate::resolve::{Resolved, Source};

/// A tenant was resolved and is known, or the request was refused before that.
pub(crate) fn resolved(events: &Events, tenant: Option<&Resolved>, refused: Option<&Rejection>) {
    let source = tenant
        .map(|tenant| tenant.source)
        .or(refused.and_then(source_of));
    events.emit(Event::Resolve(ResolveEvent {
        tenant: tenant.map(|tenant| tenant.id.clone()),
        source: source.map(|source| source.as_str().into()),
        refused: refused.map(Rejection::code),
    }));
}

fn source_of(rejection: &Rejection) -> Option<Source> {
    match rejection {
        Rejection::InvalidTenantId(invalid) => Some(invalid.origin()),
        Rejection::TenantMismatch { first, .. } => Some(*first),
        Rejection::TenantRequired { .. }
        | Rejection::InvalidCost(_)
        | Rejection::TenantNotFound { .. }
        | Rejection::TenantSuspended { .. }
        | Rejection::PolicyDenied { .. }
        | Rejection::QuotaExceeded(_)
        | Rejection::CostExceedsLimit(_)
        | Rejection::BackendUnavailable { .. } => None,
    }
}

/// A policy said yes or no.
pub(crate) fn policy(events: &Events, asked: &Asked<'_>, verdict: Result<(), &PolicyDenial>) {
    let deed = &asked.deed;
    events.emit(Event::Policy(PolicyEvent {
        tenant: asked.tenant.id.clone(),
        allowed: verdict.is_ok(),
        reason: verdict.err().map(ToString::to_string),
        model: deed.model.as_deref().map(str::to_owned),
        tool: deed.tool.as_deref().map(str::to_owned),
        method: deed.method.to_string(),
        path: deed.path.to_string(),
    }));
}

/// All limits were charged.
pub(crate) fn admitted(events: &Events, admission: &Admission) {
    let permit = admission.permit();
    events.emit(Event::Quota(QuotaEvent {
        allowed: true,
        remaining: remaining(&permit.usage()),
        ..nothing_said(admission.id(), permit.cost())
    }));
}

/// What the engine said no to; [`denied`] tells it once the reply is there.
pub(crate) fn denial(denial: &Denial<'_>) -> QuotaEvent {
    QuotaEvent {
        remaining: remaining(&denial.usage()),
        reason: Some(denial.reason()),
        binding: denial.binding_name(),
        retry_after: denial.retry_after(),
        ..nothing_said(denial.tenant_id(), denial.cost())
    }
}

/// The engine said no: a limit did, or the tenant is suspended or gone.
pub(crate) fn denied(events: &Events, denial: QuotaEvent, status: u16) {
    events.emit(Event::Quota(QuotaEvent {
        status: Some(status),
        ..denial
    }));
}

/// The tenant's limits could not be read.
pub(crate) fn unavailable(events: &Events, asked: &Asked<'_>, error: &LookupError, status: u16) {
    events.emit(Event::Quota(QuotaEvent {
        status: Some(status),
        error: Some(with_causes(error)),
        ..nothing_said(&asked.tenant.id, &asked.cost)
    }));
}

/// A permit was settled.
pub(crate) fn settled(events: &Events, tenant: &TenantId, reserved: &Cost, actual: Cost) {
    events.emit(Event::Settle(SettleEvent {
        tenant: tenant.clone(),
        reserved: reserved.clone(),
        actual,
    }));
}

fn nothing_said(tenant: &TenantId, cost: &Cost) -> QuotaEvent {
    QuotaEvent {
        tenant: tenant.clone(),
        allowed: false,
        cost: cost.clone(),
        remaining: Vec::new(),
        reason: None,
        binding: None,
        retry_after: None,
        status: None,
        error: None,
    }
}

fn remaining(usage: &Usage) -> Vec<(Arc<str>, u64)> {
    usage
        .iter()
        .map(|level| (level.limit.name().into(), level.remaining))
        .collect()
}

fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
