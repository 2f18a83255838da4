//! An engine on a clock that tests move, and requests made of strings.

use serde_json::Value;
use tollgate::{
    ChangeListener, Clock, ConfigSource, Engine, InMemorySource, Loading, ManualClock, SourceError,
    TenantConfig, TenantId,
};
use tollgate_http::{Admission, Entry, Facts, Gate, GateBuilder, Reply, RequestView, ResponseView};

/// An engine with the tenant `acme`, and a gate before it.
pub(crate) struct Kit {
    pub(crate) clock: ManualClock,
    pub(crate) source: InMemorySource,
    pub(crate) engine: Engine,
    pub(crate) gate: Gate,
}

impl Kit {
    pub(crate) fn new(config: TenantConfig) -> Self {
        Self::with(config, |gate| gate)
    }

    pub(crate) fn with(
        config: TenantConfig,
        set_up: impl FnOnce(GateBuilder) -> GateBuilder,
    ) -> Self {
        let (clock, source) = (ManualClock::new(), InMemorySource::new());
        source.set(config).unwrap();
        let engine = Engine::builder()
            .source(source.clone())
            .clock(Clock::manual(&clock));
        let engine = engine.build().unwrap();
        let gate = set_up(Gate::builder(engine.clone())).build().unwrap();
        Self {
            clock,
            source,
            engine,
            gate,
        }
    }

    pub(crate) async fn enter(&self, head: &Head) -> Entry {
        self.gate.enter(head).await
    }

    pub(crate) async fn admitted(&self, head: &Head) -> Admission {
        let Entry::Admitted(admission) = self.enter(head).await else {
            panic!("refused: {head:?}")
        };
        admission
    }

    pub(crate) async fn refused(&self, head: &Head) -> Reply {
        let Entry::Rejected(reply) = self.enter(head).await else {
            panic!("passed: {head:?}")
        };
        reply
    }

    /// The headers that a response of this status would get.
    pub(crate) fn report(&self, status: u16, admission: &Admission) -> Vec<(String, String)> {
        let mut headers = Vec::new();
        self.gate
            .report(status, admission.permit(), &mut |name, value| {
                headers.push((name.to_owned(), value.to_owned()));
            });
        headers
    }
}

pub(crate) fn acme() -> TenantConfig {
    TenantConfig::new("acme".parse().unwrap())
}

pub(crate) fn id(tenant: &str) -> TenantId {
    tenant.parse().unwrap()
}

pub(crate) fn json(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap()
}

/// A request for `acme`, unless told otherwise.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    method: &'static str,
    path: String,
    headers: Vec<(String, Vec<u8>)>,
    facts: Option<Facts>,
}

impl Head {
    pub(crate) fn anonymous(path: &str) -> Self {
        Self {
            method: "GET",
            path: path.to_owned(),
            headers: Vec::new(),
            facts: None,
        }
    }

    pub(crate) fn get(path: &str) -> Self {
        Self::of("acme", path)
    }

    pub(crate) fn of(tenant: &str, path: &str) -> Self {
        Self::anonymous(path).with("x-tenant-id", tenant)
    }

    pub(crate) fn with(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers
            .push((name.to_owned(), value.as_ref().to_owned()));
        self
    }

    /// As a layer before the gate leaves it, that has read the body.
    pub(crate) fn with_facts(mut self, facts: Facts) -> Self {
        self.facts = Some(facts);
        self
    }
}

/// The head of a response: a status and, for some, headers.
pub(crate) struct Answer(
    pub(crate) u16,
    pub(crate) &'static [(&'static str, &'static str)],
);

impl ResponseView for Answer {
    fn status(&self) -> u16 {
        self.0
    }

    fn header(&self, name: &str) -> Option<&[u8]> {
        let mut headers = self.1.iter();
        headers
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.as_bytes())
    }
}

impl RequestView for Head {
    fn method(&self) -> &str {
        self.method
    }

    fn path(&self) -> &str {
        &self.path
    }

    fn query(&self) -> Option<&str> {
        None
    }

    fn host(&self) -> Option<&str> {
        None
    }

    fn principal(&self) -> Option<&str> {
        None
    }

    fn facts(&self) -> Option<&Facts> {
        self.facts.as_ref()
    }

    fn headers<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        for (known, value) in &self.headers {
            if known.eq_ignore_ascii_case(name) {
                visit(value);
            }
        }
    }
}

/// A config source that is down.
pub(crate) struct Down;

impl ConfigSource for Down {
    fn load<'s>(&'s self, _: &'s TenantId) -> Loading<'s> {
        Box::pin(async { Err(SourceError::new("connection refused by db-7.internal")) })
    }

    fn subscribe(&self, _: std::sync::Arc<dyn ChangeListener>) {}
}
