//! Asking the gate about an `http` request, and telling the request what it said.

use http::{Method, Request};
use tollgate_http::{Admission, Entry, Gate, Outlook, Question, Reply};
use tracing::span::Entered;

use crate::context;
use crate::view::View;

/// Where the gate sends a request.
#[derive(Debug)]
#[must_use = "dropping a pass ends its request"]
pub enum Way {
    /// To its handler; the request knows its tenant and its permit.
    Through(Pass),
    /// Back to the client.
    Back(Reply),
    /// Nowhere yet: the tenant's config has to be loaded first.
    Waits(Question<'static>),
}

/// What a request that has passed the gate takes along until its response is there.
#[derive(Debug)]
#[must_use = "dropping a pass ends its request"]
pub struct Pass(pub(crate) Option<Admitted>);

/// An admission, and what is done with it once the response is there.
#[derive(Debug)]
pub(crate) struct Admitted {
    /// The gate, if it minds responses.
    pub(crate) gate: Option<Gate>,
    pub(crate) admission: Admission,
    /// The request's, by which a response may have a head only.
    pub(crate) method: Method,
}

impl Pass {
    /// Runs `call` in the request's span, as everything that the handler does is.
    #[inline]
    pub fn run<R>(&self, call: impl FnOnce() -> R) -> R {
        let _span = self.0.as_ref().and_then(Admitted::enter_span);
        call()
    }
}

impl Admitted {
    #[inline]
    pub(crate) fn enter_span(&self) -> Option<Entered<'_>> {
        self.admission.permit().enter_span()
    }
}

/// Asks `gate` about the request that `view` shows, and tells the request what the handler wants to know.
///
/// # Examples
/// ```
/// use http::Request;
/// use tollgate::{Engine, InMemorySource, Tenant, TenantConfig};
/// use tollgate_http::Gate;
/// use tollgate_http1::{Way, enter, view};
///
/// let source = InMemorySource::new();
/// source.set(TenantConfig::new("acme".parse()?))?;
/// let engine = Engine::builder().source(source).build_without_actors()?;
/// engine.tenant_blocking(&"acme".parse()?)?;
/// let gate = Gate::builder(engine).build()?;
///
/// let mut request = Request::get("/").header("X-Tenant-ID", "acme").body(())?;
/// assert!(matches!(enter(&gate, &mut request, view), Way::Through(_)));
/// assert!(request.extensions().get::<Tenant>().is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[inline]
pub fn enter<B>(
    gate: &Gate,
    request: &mut Request<B>,
    view: impl for<'r> FnOnce(&'r Request<B>) -> View<'r>,
) -> Way {
    match gate.enter_now(&view(request)) {
        Outlook::Decided(entry) => match decided(gate, request, entry) {
            Ok(pass) => Way::Through(pass),
            Err(reply) => Way::Back(reply),
        },
        Outlook::Undecided(question) => Way::Waits(question),
    }
}

/// Tells the request what was decided of it; an error is the reply to a request that may not go on.
#[inline]
pub(crate) fn decided<B>(
    gate: &Gate,
    request: &mut Request<B>,
    entry: Entry,
) -> Result<Pass, Reply> {
    match entry {
        Entry::Admitted(admission) => {
            context::admitted(request, &admission);
            Ok(Pass(Some(Admitted {
                gate: gate.minds_responses().then(|| gate.clone()),
                admission,
                method: request.method().clone(),
            })))
        }
        Entry::Open => {
            context::open(request, gate);
            Ok(Pass(None))
        }
        Entry::Rejected(reply) => Err(reply),
    }
}
