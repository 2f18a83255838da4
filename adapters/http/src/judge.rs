//! The gate's verdict on a tenant that was looked up: policy first, then all limits at once.

use std::sync::Arc;

use tollgate::{
    Cost, Decision, Denial, DenialReason, Events, LookupError, Permit, Plan, Scope, Status, Tenant,
};
use tracing::Span;

use crate::admission::Admission;
use crate::entry::{Entry, Outlook};
use crate::events;
use crate::gate::Gate;
use crate::headers::Closure;
use crate::permit::{OwnedScope, Terms, Told, Watch};
use crate::question::{Asked, Deed, Question, Ungranted};
use crate::rejection::Rejection;
use crate::reply::Reply;
use crate::resolve::{Resolved, Source};

impl Gate {
    /// As [`judge`](Self::judge); what the request is about is only read if someone minds.
    pub(crate) fn judge_now<'r>(
        &self,
        tenant: Tenant,
        resolved: &Resolved,
        cost: Cost,
        deed: impl FnOnce() -> Deed<'r>,
    ) -> Outlook<'static> {
        let unread = self.is_indifferent().then(|| charge_unread(&tenant, &cost));
        match unread.flatten() {
            Some(Decision::Admitted(permit)) => {
                let (source, scope) = (resolved.source, OwnedScope::default());
                let admission = self.admission(tenant, source, permit, cost, scope);
                Outlook::Decided(Entry::Admitted(admission))
            }
            Some(Decision::Denied(denial)) if denial.reason() != DenialReason::Ungranted => {
                Outlook::rejected(self.denied(denial, &Scope::default()))
            }
            Some(Decision::Denied(_)) | None => {
                let asked = Asked {
                    tenant: resolved.clone(),
                    cost,
                    deed: deed(),
                };
                match self.judge(tenant, &asked) {
                    Ok(entry) => Outlook::Decided(entry),
                    Err(ungranted) => {
                        let mut question = Question::from(Some(asked)).into_owned();
                        question.ungranted = Some(ungranted);
                        Outlook::Undecided(question)
                    }
                }
            }
        }
    }

    /// Whether it is all the same to gate and hooks what a request is about.
    fn is_indifferent(&self) -> bool {
        self.0.demands.is_none() && self.0.engine.events().is_none()
    }

    /// Policy, then all limits at once.
    ///
    /// # Errors
    /// [`Ungranted`], if all that is missing is what the origin of a durable limit may grant.
    pub(crate) fn judge(&self, tenant: Tenant, asked: &Asked<'_>) -> Result<Entry, Ungranted> {
        self.tell(|events| events::resolved(events, Some(&asked.tenant), None));
        let plan = tenant.plan();
        // A suspended tenant is told so, and not what its policy would say: the engine refuses it.
        if plan.status() == Status::Active
            && let Err(rejection) = self.check(&plan, is_conditional(&plan, &tenant), asked)
        {
            return Ok(Entry::Rejected(self.refuse(&rejection)));
        }
        self.admit(tenant, &plan, asked).map_err(|denial| {
            let tenant = denial.tenant().clone();
            Ungranted { tenant, plan }
        })
    }

    /// The rest of a judgement, once the origin has answered.
    ///
    /// Others may take what it granted first, so it is asked again, a few times; then the request is refused.
    pub(crate) async fn judge_granted(&self, ungranted: Ungranted, asked: &Asked<'_>) -> Entry {
        let Ungranted { tenant, plan } = ungranted;
        let mut exchanges = tenant.exchanges();
        loop {
            let has_answered = exchanges.next().await;
            match self.admit(tenant.clone(), &plan, asked) {
                Ok(entry) => return entry,
                Err(denial) if !has_answered => {
                    return Entry::Rejected(self.denied(*denial, &asked.deed.scope()));
                }
                Err(_) => {}
            }
        }
    }

    /// Charges all limits, or none.
    ///
    /// The plan may be replaced between the policy's word and the charge. The policy is then asked
    /// again, in its new form, and if it says no the charge is given back: no request passes on a
    /// policy that was no longer in force when it was charged.
    ///
    /// # Errors
    /// The denial, if it is for want of a grant; nobody has been told of it.
    fn admit(
        &self,
        tenant: Tenant,
        plan: &Arc<Plan>,
        asked: &Asked<'_>,
    ) -> Result<Entry, Box<Denial<'static>>> {
        let conditional = is_conditional(plan, &tenant);
        let permit = match tenant.try_acquire_owned(&asked.deed.scope(), &asked.cost) {
            Decision::Admitted(permit) => permit,
            Decision::Denied(denial) if denial.reason() == DenialReason::Ungranted => {
                return Err(Box::new(denial));
            }
            Decision::Denied(denial) => {
                return Ok(Entry::Rejected(self.denied(denial, &asked.deed.scope())));
            }
        };
        let newest = tenant.plan();
        let still_conditional = is_conditional(&newest, &tenant);
        let changed = !Arc::ptr_eq(plan, &newest) || conditional != still_conditional;
        if changed && let Err(rejection) = self.check(&newest, still_conditional, asked) {
            drop(permit.refund());
            return Ok(Entry::Rejected(self.refuse(&rejection)));
        }
        let scope = OwnedScope::of(still_conditional, &asked.deed.scope());
        let (source, cost) = (asked.tenant.source, asked.cost.clone());
        let admission = self.admission(tenant, source, permit, cost, scope);
        self.tell(|events| events::admitted(events, &admission));
        Ok(Entry::Admitted(admission))
    }

    fn admission(
        &self,
        tenant: Tenant,
        source: Source,
        permit: Permit<'static>,
        cost: Cost,
        scope: OwnedScope,
    ) -> Admission {
        let watch = self.watch(&tenant, source);
        let terms = Terms {
            tenant,
            source,
            cost,
            scope,
            on_drop: self.0.on_drop,
            watch,
        };
        Admission::new(permit.on_drop(self.0.on_drop), terms)
    }

    /// Who watches a request: hooks, if there are any, and whoever records its span.
    #[inline]
    fn watch(&self, tenant: &Tenant, source: Source) -> Option<Box<Watch>> {
        let is_recorded = tracing::span_enabled!(tracing::Level::INFO);
        let events = self.0.engine.events();
        (is_recorded || events.is_some()).then(|| {
            Box::new(Watch {
                told: events.map(Told::from_now),
                span: span(tenant, source),
            })
        })
    }

    fn check(&self, plan: &Plan, conditional: bool, asked: &Asked<'_>) -> Result<(), Rejection> {
        let allowed = plan.policy().check(&asked.deed.access(&self.0.demands));
        let verdict = allowed.and_then(|()| asked.deed.legible(conditional));
        self.tell(|events| events::policy(events, asked, verdict.as_ref().copied()));
        let tenant = || asked.tenant.id.clone();
        verdict.map_err(|denial| Rejection::PolicyDenied {
            tenant: tenant(),
            denial,
        })
    }

    fn denied(&self, denial: Denial<'_>, scope: &Scope<'_>) -> Reply {
        let event = self
            .0
            .engine
            .events()
            .map(|events| (events, events::denial(&denial)));
        let reply = self.refuse(&Rejection::of(denial, scope, self.0.exposed));
        if let Some((events, event)) = event {
            events::denied(events, event, reply.status);
        }
        reply
    }

    /// The reply to a request whose tenant could not be looked up.
    pub(crate) fn unknown(&self, asked: &Asked<'_>, error: LookupError) -> Reply {
        let tenant = asked.tenant.id.clone();
        let rejection = if error.is_not_found() {
            Rejection::TenantNotFound { tenant }
        } else {
            Rejection::BackendUnavailable { tenant, error }
        };
        let reply = self.turn_away(Some(&asked.tenant), &rejection);
        if let Rejection::BackendUnavailable { error, .. } = &rejection {
            self.tell(|events| events::unavailable(events, asked, error, reply.status));
        }
        reply
    }

    /// Refuses a request before its tenant's limits are asked.
    pub(crate) fn turn_away(&self, tenant: Option<&Resolved>, rejection: &Rejection) -> Reply {
        self.tell(|events| events::resolved(events, tenant, Some(rejection)));
        self.refuse(rejection)
    }

    pub(crate) fn tell(&self, tell: impl FnOnce(&Events)) {
        if let Some(events) = self.0.engine.events() {
            tell(events);
        }
    }

    pub(crate) fn refuse(&self, rejection: &Rejection) -> Reply {
        let mut reply = match &self.0.on_rejected {
            Some(on_rejected) => on_rejected(rejection),
            None => rejection.reply(),
        };
        if let Some(refusal) = rejection.limit_refusal()
            && self.reports()
        {
            let mut add = |name, value: &str| reply.add_header(name, value);
            self.0
                .headers
                .write(refusal.usage(), &mut Closure(&mut add));
        }
        reply
    }
}

/// The request's span, if anybody records it: one that nobody does is written down for the crate `log` else, where
/// some dependency has turned that on.
fn span(tenant: &Tenant, source: Source) -> Span {
    if tracing::span_enabled!(tracing::Level::INFO) {
        tracing::info_span!("request", tenant = %tenant.id(), source = source.as_str())
    } else {
        Span::none()
    }
}

/// Whether some limit of this plan of the tenant, or of an ancestor's, minds what a request is about.
fn is_conditional(plan: &Plan, tenant: &Tenant) -> bool {
    plan.is_conditional() || tenant.parent().is_some_and(Tenant::is_conditional)
}

/// The decision on a request that nobody has read, if the tenant's plan allows that.
///
/// A plan that minds what requests are about may come into force meanwhile: then what was charged is given back.
fn charge_unread(tenant: &Tenant, cost: &Cost) -> Option<Decision<'static>> {
    if !tenant.is_indifferent() {
        return None;
    }
    let decision = tenant.try_acquire_owned(&Scope::default(), cost);
    if tenant.is_indifferent() {
        return Some(decision);
    }
    if let Decision::Admitted(permit) = decision {
        drop(permit.refund());
    }
    None
}
