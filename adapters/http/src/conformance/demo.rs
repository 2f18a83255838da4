//! What the handlers of a server under test do: whatever the case that asks has told them.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use tollgate::Tenant;

use crate::conformance::answer::{Answer, Failure};
use crate::facts::Facts;
use crate::permit::PermitHandle;
use crate::request::Principal;

/// The one handler of the suite: a request's header `x-act` says which part it plays.
///
/// An adapter's handler reads the request's body to its end, then gives what the gate has told it to
/// [`answer`](Self::answer), and turns what comes back into a response of its framework. A layer before the gate asks
/// [`before`](Self::before) what to put in the request's extensions.
#[derive(Clone, Default)]
pub struct Demo(Arc<Shared>);

#[derive(Default)]
struct Shared {
    acts: Mutex<HashMap<String, Act>>,
    visits: AtomicUsize,
}

#[derive(Clone)]
struct Act {
    before: Before,
    script: Arc<Script>,
}

type Script = dyn Fn(Visit) -> Playing + Send + Sync;
type Playing = Pin<Box<dyn Future<Output = Result<Answer, Failure>> + Send>>;

/// What a layer before the gate puts in a request's extensions.
#[derive(Debug, Clone, Default)]
pub struct Before {
    /// The tenant that an authentication layer vouches for.
    pub principal: Option<Principal>,
    /// What a layer has read in the body.
    pub facts: Option<Facts>,
    /// By this the suite sees when the request is gone.
    pub mark: Option<Mark>,
}

/// Something in a request's extensions, dropped when the request is.
#[derive(Debug, Clone, Default)]
pub struct Mark(Arc<()>);

impl Mark {
    /// Whether there is but this one and that of the part that left it: no request has one any more.
    pub(super) fn is_alone(&self) -> bool {
        Arc::strong_count(&self.0) == 2
    }
}

/// What a handler knows of its request.
#[derive(Debug)]
pub struct Visit {
    /// The tenant that the gate left for the handler.
    pub tenant: Option<Tenant>,
    /// The permit that the gate left for the handler.
    pub permit: Option<PermitHandle>,
    /// The request's body.
    pub body: Vec<u8>,
}

impl Visit {
    pub(super) fn permit(&self) -> &PermitHandle {
        let permit = self.permit.as_ref();
        permit.expect("the gate left a permit in the framework's own place")
    }

    /// Who asks, as the handler sees it: `acme by header`.
    pub(super) fn introduced(&self) -> Answer {
        Answer::text(match (&self.tenant, &self.permit) {
            (Some(tenant), Some(permit)) => format!("{} by {}", tenant.id(), permit.source()),
            (None, None) => "nobody".to_owned(),
            (tenant, permit) => panic!("half a visit: {tenant:?}, {permit:?}"),
        })
    }
}

impl Demo {
    /// The header that names the part.
    pub const HEADER: &'static str = "x-act";

    /// What a layer before the gate puts in the request's extensions; `act` is the header's value.
    pub fn before(&self, act: Option<&[u8]>) -> Before {
        let act = self.find(act);
        act.map(|act| act.before).unwrap_or_default()
    }

    /// Plays the part that the header `act` names; a request without one is told who it is.
    ///
    /// # Errors
    /// [`Failure`] if that is the part.
    pub fn answer(
        &self,
        act: Option<&[u8]>,
        visit: Visit,
    ) -> impl Future<Output = Result<Answer, Failure>> + Send + 'static {
        self.0.visits.fetch_add(1, Ordering::SeqCst);
        match self.find(act) {
            Some(act) => (act.script)(visit),
            None => Box::pin(async move { Ok(visit.introduced()) }),
        }
    }

    /// How many requests have reached the handler.
    pub(super) fn visits(&self) -> usize {
        self.0.visits.load(Ordering::SeqCst)
    }

    /// A new part; says what to send in the header.
    pub(super) fn add<P>(
        &self,
        before: Before,
        script: impl Fn(Visit) -> P + Send + Sync + 'static,
    ) -> String
    where
        P: Future<Output = Result<Answer, Failure>> + Send + 'static,
    {
        let script = Arc::new(move |visit| -> Playing { Box::pin(script(visit)) });
        let mut acts = self.0.acts.lock();
        let name = format!("act-{}", acts.len());
        acts.insert(name.clone(), Act { before, script });
        name
    }

    fn find(&self, act: Option<&[u8]>) -> Option<Act> {
        let name = std::str::from_utf8(act?).expect("the suite's own header is text");
        let acts = self.0.acts.lock();
        Some(acts.get(name).expect("the suite knows its parts").clone())
    }
}

impl fmt::Debug for Demo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Demo")
    }
}
