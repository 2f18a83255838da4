//! Resolve, policy, admit: the one order in which every adapter decides about a request.

use std::fmt;
use std::sync::Arc;

use tollgate::{Decision, Engine, LookupError, OnDrop, Plan, Status, Tenant};

use crate::admission::{Admission, PermitHandle};
use crate::builder::GateBuilder;
use crate::cost::CostRule;
use crate::headers::{HeaderSet, Put};
use crate::question::{Asked, Deed, Demands, Question};
use crate::rejection::Rejection;
use crate::reply::Reply;
use crate::request::RequestView;
use crate::resolve::{Resolver, resolve};

/// What an HTTP adapter runs before a handler: who asks, may they, and can they afford it?
///
/// Cheap to clone. An adapter asks in two steps, so that no request is held across an `await`:
/// [`enter_now`](Self::enter_now) decides at once if the tenant is loaded, which it nearly always
/// is; if not, it hands back a [`Question`] for [`decide`](Self::decide) to wait with.
///
/// # Concurrency
/// `Send` and `Sync`; a decision about a loaded tenant waits for nothing.
///
/// # Examples
/// ```
/// use tollgate::{Engine, InMemorySource, TenantConfig};
/// use tollgate_http::{Gate, HeaderProfile};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let source = InMemorySource::new();
/// source.set(TenantConfig::new("acme".parse()?).requests_per_minute(100))?;
/// let engine = Engine::builder().source(source).build()?;
/// let gate = Gate::builder(engine)
///     .profiles([HeaderProfile::Ietf, HeaderProfile::Quota])
///     .tokens_from_header("X-Token-Count")
///     .build()?;
/// # let _ = gate.clone();
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Gate(Arc<Rules>);

/// What a gate has been told to do.
pub(crate) struct Rules {
    pub(crate) engine: Engine,
    pub(crate) resolvers: Vec<Resolver>,
    pub(crate) missing: Missing,
    pub(crate) demands: Demands,
    pub(crate) cost: CostRule,
    pub(crate) on_drop: OnDrop,
    pub(crate) headers: HeaderSet,
    pub(crate) exposed: bool,
    pub(crate) on_rejected: Option<Arc<OnRejected>>,
}

pub(crate) type OnRejected = dyn Fn(&Rejection) -> Reply + Send + Sync;

/// What to do with a request that names no tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    Refuse,
    Allow,
}

/// Where a request may go.
#[derive(Debug)]
#[must_use = "dropping an admission ends its request"]
pub enum Entry {
    /// To its handler, with no tenant and no quota
    /// ([`allow_missing`](GateBuilder::allow_missing)).
    Open,
    /// To its handler, charged.
    Admitted(Admission),
    /// Back to the client, with this reply.
    Rejected(Reply),
}

/// What a gate can say without waiting.
#[derive(Debug)]
#[must_use = "an undecided question wants to be decided"]
pub enum Outlook<'r> {
    /// The tenant is loaded, or none is needed: this is the decision.
    Decided(Entry),
    /// The tenant is not loaded: [`decide`](Gate::decide) loads it, then decides.
    Undecided(Question<'r>),
}

impl Gate {
    /// A gate before this engine; the builder's defaults ask for a tenant in the principal or in
    /// the header `X-Tenant-ID`, charge one request, and answer in the `RateLimit` fields.
    pub fn builder(engine: Engine) -> GateBuilder {
        GateBuilder::new(engine)
    }

    pub(crate) fn new(rules: Rules) -> Self {
        Self(Arc::new(rules))
    }

    /// Takes out of a request what the decision needs, and nothing of it is awaited.
    ///
    /// # Errors
    /// The reply to a request that no tenant's limits could allow: none or two tenants named, a
    /// malformed id, a malformed cost.
    pub fn read<'r>(&self, request: &'r dyn RequestView) -> Result<Question<'r>, Reply> {
        self.question(request).map_err(|rejection| self.refuse(&rejection))
    }

    /// Decides, if the tenant is loaded.
    pub fn decide_now<'r>(&self, question: Question<'r>) -> Outlook<'r> {
        let Some(asked) = &question.asked else { return Outlook::Decided(Entry::Open) };
        match self.0.engine.get(&asked.tenant.id) {
            Some(tenant) => Outlook::Decided(self.judge(tenant, asked)),
            None => Outlook::Undecided(question),
        }
    }

    /// Decides; waits for the tenant's config if it is not loaded.
    ///
    /// The future is `Send`: it holds the question and no request.
    pub async fn decide(&self, question: Question<'_>) -> Entry {
        let question = match self.decide_now(question) {
            Outlook::Decided(entry) => return entry,
            Outlook::Undecided(question) => question,
        };
        let Some(asked) = &question.asked else { return Entry::Open };
        match self.0.engine.tenant(&asked.tenant.id).await {
            Ok(tenant) => self.judge(tenant, asked),
            Err(error) => Entry::Rejected(self.refuse(&lookup_failed(asked, error))),
        }
    }

    /// [Reads](Self::read) a request and [decides](Self::decide_now) if the tenant is loaded; if
    /// it is not, the question that comes back owns what it read.
    pub fn enter_now(&self, request: &dyn RequestView) -> Outlook<'static> {
        let outlook = match self.read(request) {
            Ok(question) => self.decide_now(question),
            Err(reply) => return Outlook::Decided(Entry::Rejected(reply)),
        };
        match outlook {
            Outlook::Decided(entry) => Outlook::Decided(entry),
            Outlook::Undecided(question) => Outlook::Undecided(question.into_owned()),
        }
    }

    /// Reads a request and decides, all in one.
    ///
    /// The request is read, and a loaded tenant charged, when this is called; the future that comes
    /// back borrows nothing of the request and is `Send`.
    pub fn enter<'g>(
        &'g self,
        request: &dyn RequestView,
    ) -> impl Future<Output = Entry> + Send + use<'g> {
        let outlook = self.enter_now(request);
        async move {
            match outlook {
                Outlook::Decided(entry) => entry,
                Outlook::Undecided(question) => self.decide(question).await,
            }
        }
    }

    /// Gives `put` each header that tells how full the limits are, for a response of this status.
    ///
    /// Called when the response is ready, so that what the handler settled counts already. Names
    /// are in lower case. Redirects and other 1xx and 3xx responses tell nothing, for caches and
    /// clients treat their headers in ways of their own.
    pub fn report(
        &self,
        status: u16,
        permit: &PermitHandle,
        put: &mut dyn FnMut(&'static str, &str),
    ) {
        if !(self.tells() && tells_limits(status)) {
            return;
        }
        self.0.headers.write(&permit.usage(), put);
    }

    /// The reply to a request that names no tenant, for a handler that needs one although the gate
    /// [allows](GateBuilder::allow_missing) none.
    pub fn tenant_required(&self) -> Reply {
        self.refuse(&self.no_tenant())
    }

    fn question<'r>(&self, request: &'r dyn RequestView) -> Result<Question<'r>, Rejection> {
        let rules = &*self.0;
        match (resolve(&rules.resolvers, request)?, rules.missing) {
            (None, Missing::Allow) => Ok(Question { asked: None }),
            (None, Missing::Refuse) => Err(self.no_tenant()),
            (Some(tenant), _) => {
                let cost = rules.cost.of(request)?;
                let deed = Deed::of(request, &rules.demands);
                Ok(Question { asked: Some(Asked { tenant, cost, deed }) })
            }
        }
    }

    fn judge(&self, tenant: Tenant, asked: &Asked<'_>) -> Entry {
        match self.admit(tenant, asked) {
            Ok(admission) => Entry::Admitted(admission),
            Err(rejection) => Entry::Rejected(self.refuse(&rejection)),
        }
    }

    /// Policy, then all limits at once.
    ///
    /// The plan may be replaced between the two. The policy is then asked again, in its new form,
    /// and if it says no the charge is given back: no request passes on a policy that was no longer
    /// in force when it was charged.
    fn admit(&self, tenant: Tenant, asked: &Asked<'_>) -> Result<Admission, Rejection> {
        let plan = tenant.plan();
        self.check(&plan, asked)?;
        let permit = match tenant.try_acquire(&asked.cost) {
            Decision::Admitted(permit) => permit.on_drop(self.0.on_drop).into_owned(),
            Decision::Denied(denial) => return Err(Rejection::of(denial, self.0.exposed)),
        };
        let newest = tenant.plan();
        if !Arc::ptr_eq(&plan, &newest)
            && let Err(rejection) = self.check(&newest, asked)
        {
            drop(permit.refund());
            return Err(rejection);
        }
        Ok(Admission::new(tenant, permit, asked.cost.clone(), asked.tenant.source))
    }

    fn check(&self, plan: &Plan, asked: &Asked<'_>) -> Result<(), Rejection> {
        let tenant = || asked.tenant.id.clone();
        if plan.status() == Status::Suspended {
            return Err(Rejection::TenantSuspended { tenant: tenant() });
        }
        plan.policy()
            .check(&asked.deed.access(&self.0.demands))
            .map_err(|denial| Rejection::PolicyDenied { tenant: tenant(), denial })
    }

    fn no_tenant(&self) -> Rejection {
        let header = self.0.resolvers.iter().find_map(Resolver::header_name);
        Rejection::TenantRequired { header: header.map(Into::into) }
    }

    fn refuse(&self, rejection: &Rejection) -> Reply {
        let mut reply = match &self.0.on_rejected {
            Some(on_rejected) => on_rejected(rejection),
            None => rejection.reply(),
        };
        if let Some(refusal) = rejection.limit_refusal()
            && self.tells()
        {
            let put: &mut Put<'_> = &mut |name, value| reply.add_header(name, value);
            self.0.headers.write(refusal.usage(), put);
        }
        reply
    }

    fn tells(&self) -> bool {
        self.0.exposed && !self.0.headers.profiles.is_empty()
    }
}

const fn tells_limits(status: u16) -> bool {
    !matches!(status, 100..=199 | 300..=399)
}

fn lookup_failed(asked: &Asked<'_>, error: LookupError) -> Rejection {
    let tenant = asked.tenant.id.clone();
    if error.is_not_found() {
        Rejection::TenantNotFound { tenant }
    } else {
        Rejection::BackendUnavailable { tenant, error }
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules = &*self.0;
        f.debug_struct("Gate")
            .field("resolvers", &rules.resolvers)
            .field("missing", &rules.missing)
            .field("demands", &rules.demands)
            .field("cost", &rules.cost)
            .field("headers", &rules.headers)
            .finish_non_exhaustive()
    }
}
