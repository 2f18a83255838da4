//! Resolve, policy, admit: the one order in which every adapter decides about a request.

use std::fmt;
use std::sync::Arc;

use tollgate::{Cost, Engine, OnDrop};

use crate::admission::Admission;
use crate::body_guard::Meter;
use crate::builder::GateBuilder;
use crate::cost::{CostRule, InvalidCost};
use crate::entry::{Entry, Outlook};
use crate::events;
use crate::headers::{Closure, HeaderSet, ReportSink};
use crate::outcome::{Charge, OutcomeRule};
use crate::permit::PermitHandle;
use crate::question::{Asked, Deed, Demands, Question};
use crate::rejection::Rejection;
use crate::reply::Reply;
use crate::request::RequestView;
use crate::resolve::{ResolveError, Resolved, Resolver, Source, resolve};
use crate::response::ResponseView;
use crate::usage::{Price, UsageFormat, UsageReader};

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
/// let engine = Engine::builder().source(source).build_without_actors()?; // or build, under tokio
/// let gate = Gate::builder(engine)
///     .profiles([HeaderProfile::Ietf, HeaderProfile::Quota])
///     .tokens_from_header("X-Token-Count")
///     .build()?;
/// # let _ = gate.clone();
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Gate(pub(crate) Arc<Rules>);

/// What a gate has been told to do.
pub(crate) struct Rules {
    pub(crate) engine: Engine,
    pub(crate) resolvers: Vec<Resolver>,
    pub(crate) proof: Proof,
    pub(crate) missing: Missing,
    pub(crate) demands: Demands,
    pub(crate) cost: CostRule,
    pub(crate) on_drop: OnDrop,
    pub(crate) on_outcome: Option<OutcomeRule>,
    pub(crate) usage: Option<UsageFormat>,
    pub(crate) price: Price,
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

/// Whether a tenant has to be proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    Demanded,
    Welcome,
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
        let asked = |tenant: Resolved| {
            let cost = self.cost(request, &tenant)?;
            let deed = Deed::of(request, &self.0.demands);
            Ok(Some(Asked { tenant, cost, deed }))
        };
        match self.who(request) {
            Ok(Some(tenant)) => asked(tenant),
            Ok(None) => self.nobody().map(|()| None),
            Err(error) => Err(self.turn_away(None, &error.into())),
        }
        .map(Question::from)
    }

    /// Decides, if the tenant is loaded.
    pub fn decide_now<'r>(&self, mut question: Question<'r>) -> Outlook<'r> {
        match self.try_decide(&mut question) {
            Some(entry) => Outlook::Decided(entry),
            None => Outlook::Undecided(question),
        }
    }

    /// Decides; waits for the tenant's config if it is not loaded, and where a durable limit has too little at hand, for what
    /// its origin grants: [`EngineBuilder::origin_timeout`](tollgate::EngineBuilder::origin_timeout) at most, up to
    /// three times while others take what was granted.
    ///
    /// The future is `Send`: it holds the question and no request.
    pub async fn decide(&self, mut question: Question<'_>) -> Entry {
        if let Some(entry) = self.try_decide(&mut question) {
            return entry;
        }
        let Some(asked) = &question.asked else {
            return Entry::Open;
        };
        let ungranted = match question.ungranted {
            Some(ungranted) => ungranted,
            None => match self.0.engine.tenant(&asked.tenant.id).await {
                Ok(tenant) => match self.judge(tenant, asked) {
                    Ok(entry) => return entry,
                    Err(ungranted) => ungranted,
                },
                Err(error) => return Entry::Rejected(self.unknown(asked, error)),
            },
        };
        self.judge_granted(ungranted, asked).await
    }

    /// [Reads](Self::read) a request and [decides](Self::decide_now) if the tenant is loaded; if
    /// it is not, the question that comes back owns what it read.
    pub fn enter_now(&self, request: &dyn RequestView) -> Outlook<'static> {
        // What was resolved is looked at where it lies: moving it through every step is dearer than they are.
        match self.who(request) {
            Ok(Some(ref tenant)) => self.enter_as(tenant, request),
            Ok(None) => {
                Outlook::Decided(self.nobody().map_or_else(Entry::Rejected, |()| Entry::Open))
            }
            Err(error) => Outlook::rejected(self.turn_away(None, &error.into())),
        }
    }

    fn enter_as(&self, tenant: &Resolved, request: &dyn RequestView) -> Outlook<'static> {
        let cost = match self.cost(request, tenant) {
            Ok(cost) => cost,
            Err(reply) => return Outlook::rejected(reply),
        };
        let deed = || Deed::of(request, &self.0.demands);
        if let Some(handle) = self.0.engine.get(&tenant.id) {
            return self.judge_now(handle, tenant, cost, deed);
        }
        let asked = Asked {
            tenant: tenant.clone(),
            cost,
            deed: deed(),
        };
        Outlook::Undecided(Question::from(Some(asked)).into_owned())
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

    /// Whether the gate wants to [hear](Self::answered) of responses or has something to
    /// [tell](Self::report_to) in them; where it has not, an adapter need not keep it until there is one.
    pub fn minds_responses(&self) -> bool {
        let rules = &*self.0;
        let settles = rules.on_outcome.is_some() || rules.usage.is_some();
        self.reports() || settles || rules.engine.events().is_some()
    }

    /// Takes note of the handler's response, once its head is there and before [`report`](Self::report).
    ///
    /// The status may settle the charge ([`on_outcome`](GateBuilder::on_outcome)), or the body that follows
    /// ([`usage_from`](GateBuilder::usage_from)), which the admission's guard then
    /// [wants to see](crate::BodyGuard::wants_body).
    pub fn answered(&self, admission: &mut Admission, response: &dyn ResponseView) {
        let status = response.status();
        admission.guard_mut().answered(status);
        self.measure(admission, response);
        let Some(rule) = &self.0.on_outcome else {
            return;
        };
        let permit = admission.permit();
        // An error says that the handler has settled already, and knew better.
        let _settled = match rule.of(status) {
            Charge::Open => Ok(()),
            Charge::Keep => permit.keep(),
            Charge::Refund => permit.refund(),
        };
    }

    /// Has the body looked at, if it may tell what was used.
    fn measure(&self, admission: &mut Admission, response: &dyn ResponseView) {
        let reader = self.0.usage.and_then(|format| {
            let content_type = response.header("content-type")?;
            UsageReader::new(format, content_type, response.header("content-encoding"))
        });
        if let Some(reader) = reader {
            let price = self.0.price.clone();
            admission.guard_mut().measure(Meter { reader, price });
        }
    }

    /// Whether [`report`](Self::report) tells anything of any response: limits are
    /// [exposed](GateBuilder::expose_limits), in [some profile](GateBuilder::profiles).
    pub fn reports(&self) -> bool {
        self.0.exposed && !self.0.headers.profiles.is_empty()
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
        self.report_to(status, permit, &mut Closure(put));
    }

    /// As [`report`](Self::report), for adapters that keep their framework's form of the values that stay the
    /// same from response to response.
    pub fn report_to(&self, status: u16, permit: &PermitHandle, sink: &mut dyn ReportSink) {
        if self.reports() && tells_limits(status) {
            self.0.headers.write(&permit.usage(), sink);
        }
    }

    /// The reply to a request that names no tenant, for a handler that needs one although the gate
    /// [allows](GateBuilder::allow_missing) none.
    pub fn tenant_required(&self) -> Reply {
        self.refuse(&self.no_tenant())
    }

    fn try_decide(&self, question: &mut Question<'_>) -> Option<Entry> {
        let Some(asked) = &question.asked else {
            return Some(Entry::Open);
        };
        if question.ungranted.is_some() {
            return None;
        }
        let tenant = self.0.engine.get(&asked.tenant.id)?;
        match self.judge(tenant, asked) {
            Ok(entry) => Some(entry),
            Err(ungranted) => {
                question.ungranted = Some(ungranted);
                None
            }
        }
    }

    /// Who asks, proved if that is demanded.
    #[inline]
    fn who(&self, request: &dyn RequestView) -> Result<Option<Resolved>, ResolveError> {
        let found = resolve(&self.0.resolvers, request)?;
        // What proves a tenant is read first.
        match &found {
            Some(tenant)
                if self.0.proof == Proof::Demanded && tenant.source != Source::Principal =>
            {
                let origin = tenant.source;
                Err(ResolveError::Unproven { origin })
            }
            Some(_) | None => Ok(found),
        }
    }

    fn cost(&self, request: &dyn RequestView, tenant: &Resolved) -> Result<Cost, Reply> {
        let refuse = |error: InvalidCost| self.turn_away(Some(tenant), &error.into());
        self.0.cost.of(request).map_err(refuse)
    }

    /// What becomes of a request that names no tenant.
    fn nobody(&self) -> Result<(), Reply> {
        match self.0.missing {
            Missing::Refuse => Err(self.turn_away(None, &self.no_tenant())),
            Missing::Allow => {
                self.tell(|events| events::resolved(events, None, None));
                Ok(())
            }
        }
    }

    fn no_tenant(&self) -> Rejection {
        // A header is no way in where a proof is demanded.
        let named = self.0.proof == Proof::Welcome;
        let header = self.0.resolvers.iter().find_map(Resolver::header_name);
        Rejection::TenantRequired {
            header: header.filter(|_| named).map(Into::into),
            credential: self.0.resolvers.iter().any(Resolver::is_credential),
        }
    }
}

const fn tells_limits(status: u16) -> bool {
    !matches!(status, 100..=199 | 300..=399)
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
