//! What the gate tells the engine's hooks: one small function an event, called only if there are any.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use tollgate::{
    Cost, Denial, Event, Events, FinishEvent, LookupError, PolicyDenial, PolicyEvent, QuotaEvent,
    ResolveEvent, SettleEvent, Usage,
};

use crate::admission::Admission;
use crate::permit::{Ending, Terms};
use crate::question::Asked;
use crate::rejection::Rejection;
use crate::resolve::{Resolved, Source};
use crate::text::told;

/// A tenant was resolved and is known, or the request was refused before that.
pub(crate) fn resolved(events: &Events, tenant: Option<&Resolved>, refused: Option<&Rejection>) {
    let source = tenant
        .map(|tenant| tenant.source)
        .or(refused.and_then(source_of));
    let mut event = ResolveEvent::new(tenant.map(|tenant| tenant.id.clone()));
    event.source = source.map(|source| source.as_str().into());
    event.refused = refused.map(Rejection::code);
    events.emit(Event::Resolve(event));
}

fn source_of(rejection: &Rejection) -> Option<Source> {
    match rejection {
        Rejection::InvalidTenantId(invalid) => Some(invalid.origin()),
        Rejection::InvalidCredential(_) => Some(Source::Principal),
        Rejection::TenantUnproven { origin } => Some(*origin),
        Rejection::TenantMismatch { first, .. } => Some(*first),
        Rejection::TenantRequired { .. }
        | Rejection::InvalidCost(_)
        | Rejection::TenantNotFound { .. }
        | Rejection::TenantSuspended { .. }
        | Rejection::PolicyDenied { .. }
        | Rejection::QuotaExceeded(_)
        | Rejection::CostExceedsLimit(_)
        | Rejection::BackendUnavailable { .. }
        | Rejection::OriginUnavailable { .. } => None,
    }
}

/// A policy said yes or no.
pub(crate) fn policy(events: &Events, asked: &Asked<'_>, verdict: Result<(), &PolicyDenial>) {
    let deed = &asked.deed;
    let (method, path) = (told(&deed.method), told(&deed.path));
    let mut event = PolicyEvent::new(asked.tenant.id.clone(), method, path);
    event.allowed = verdict.is_ok();
    event.reason = verdict.err().map(ToString::to_string);
    event.code = verdict.err().map(PolicyDenial::code);
    event.model = deed.model.as_deref().map(str::to_owned);
    event.tool = deed.tool.as_deref().map(str::to_owned);
    events.emit(Event::Policy(event));
}

/// All limits were charged.
pub(crate) fn admitted(events: &Events, admission: &Admission) {
    let permit = admission.permit();
    let mut event = QuotaEvent::admitted(admission.id().clone(), permit.cost().clone());
    event.remaining = remaining(&permit.usage());
    events.emit(Event::Quota(event));
}

/// What the engine said no to; [`denied`] tells it once the reply is there.
pub(crate) fn denial(denial: &Denial<'_>) -> QuotaEvent {
    let mut event = QuotaEvent::denied(denial.tenant_id().clone(), denial.cost().clone());
    event.remaining = remaining(&denial.usage());
    event.reason = Some(denial.reason());
    event.binding = denial.binding_name();
    event.binding_tenant = denial.limit_tenant().map(|owner| owner.id().clone());
    event.retry_after = denial.retry_after();
    event
}

/// The engine said no: a limit did, or the tenant is suspended or gone.
pub(crate) fn denied(events: &Events, mut denial: QuotaEvent, status: u16) {
    denial.status = Some(status);
    events.emit(Event::Quota(denial));
}

/// The tenant's limits could not be read.
pub(crate) fn unavailable(events: &Events, asked: &Asked<'_>, error: &LookupError, status: u16) {
    let mut event = QuotaEvent::denied(asked.tenant.id.clone(), asked.cost.clone());
    event.status = Some(status);
    event.error = Some(with_causes(error));
    events.emit(Event::Quota(event));
}

/// A permit was settled.
pub(crate) fn settled(events: &Events, terms: &Terms, actual: Cost, by_default: bool) {
    let tenant = terms.tenant.id().clone();
    let mut event = SettleEvent::new(tenant, terms.cost.clone(), actual);
    event.by_default = by_default;
    events.emit(Event::Settle(event));
}

/// A request has ended.
pub(crate) fn finished(events: &Events, terms: &Terms, ending: Ending, duration: Duration) {
    let mut event = FinishEvent::new(terms.tenant.id().clone(), duration);
    event.status = ending.status;
    event.complete = ending.complete;
    events.emit(Event::Finish(event));
}

fn remaining(usage: &Usage) -> Vec<(Arc<str>, u64)> {
    usage
        .iter()
        .map(|level| (level.shared_name(), level.remaining))
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
