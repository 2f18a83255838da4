//! A gate whose hooks are the metrics, requests made of strings, and an exporter to read.

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tollgate::{
    Clock, Cost, Engine, EngineBuilder, InMemorySource, ManualClock, TenantConfig, TenantId,
};
use tollgate_http::{Admission, Entry, Gate, GateBuilder, RequestView, ResponseView};
use tollgate_metrics::{TenantMetrics, TenantMetricsBuilder, names};

use crate::prometheus::Page;

pub(crate) struct Kit {
    pub(crate) clock: ManualClock,
    pub(crate) source: InMemorySource,
    pub(crate) engine: Engine,
    pub(crate) gate: Gate,
    pub(crate) metrics: TenantMetrics,
    exporter: PrometheusHandle,
}

impl Kit {
    pub(crate) fn new(set_up: impl FnOnce(TenantMetricsBuilder) -> TenantMetricsBuilder) -> Self {
        Self::with(set_up, EngineBuilder::hooks_inline, |gate| gate)
    }

    pub(crate) fn with(
        set_up: impl FnOnce(TenantMetricsBuilder) -> TenantMetricsBuilder,
        hooks: impl FnOnce(EngineBuilder, TenantMetrics) -> EngineBuilder,
        gate: impl FnOnce(GateBuilder) -> GateBuilder,
    ) -> Self {
        let (clock, source) = (ManualClock::new(), InMemorySource::new());
        let recorder = recorder();
        let exporter = recorder.handle();
        let metrics = TenantMetrics::builder().recorder(recorder);
        let metrics = set_up(metrics).clock(Clock::manual(&clock)).build();
        let engine = Engine::builder()
            .source(source.clone())
            .clock(Clock::manual(&clock));
        let engine = hooks(engine, metrics.clone()).build().unwrap();
        let gate = gate(Gate::builder(engine.clone()).tokens_from_header("X-Token-Count"));
        Self {
            clock,
            source,
            engine,
            gate: gate.build().unwrap(),
            metrics,
            exporter,
        }
    }

    pub(crate) fn add(&self, config: TenantConfig) {
        self.source.set(config).unwrap();
    }

    /// A request and its answer, to the end; whether it was admitted.
    pub(crate) async fn serve(&self, head: &Head, status: u16) -> bool {
        match self.gate.enter(head).await {
            Entry::Admitted(admission) => {
                self.answer(admission, status);
                true
            }
            Entry::Open | Entry::Rejected(_) => false,
        }
    }

    pub(crate) async fn admitted(&self, head: &Head) -> Admission {
        let Entry::Admitted(admission) = self.gate.enter(head).await else {
            panic!("refused: {head:?}")
        };
        admission
    }

    pub(crate) fn answer(&self, mut admission: Admission, status: u16) {
        self.gate.answered(&mut admission, &Answer(status));
        admission.into_guard().end();
    }

    /// What a scrape would read now.
    pub(crate) fn page(&self) -> Page {
        Page::parse(&self.text())
    }

    pub(crate) fn text(&self) -> String {
        self.metrics.observe(&self.engine);
        self.exporter.render()
    }
}

pub(crate) fn recorder() -> metrics_exporter_prometheus::PrometheusRecorder {
    let duration = Matcher::Full(names::DURATION.into());
    let builder = PrometheusBuilder::new();
    let builder = builder.set_buckets_for_metric(duration, &names::DURATION_BUCKETS);
    builder.unwrap().build_recorder()
}

pub(crate) fn id(tenant: &str) -> TenantId {
    tenant.parse().unwrap()
}

pub(crate) fn config(tenant: &str) -> TenantConfig {
    TenantConfig::new(id(tenant))
}

pub(crate) fn tokens(amount: u64) -> Cost {
    Cost::tokens(amount)
}

/// The head of a GET request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Head {
    headers: Vec<(&'static str, String)>,
}

impl Head {
    pub(crate) fn of(tenant: &str) -> Self {
        Self::default().with("x-tenant-id", tenant)
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl RequestView for Head {
    fn method(&self) -> &'static str {
        "GET"
    }

    fn path(&self) -> &'static str {
        "/api/data"
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

    fn headers<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        for (known, value) in &self.headers {
            if known.eq_ignore_ascii_case(name) {
                visit(value.as_bytes());
            }
        }
    }
}

/// A response with this status and no headers.
struct Answer(u16);

impl ResponseView for Answer {
    fn status(&self) -> u16 {
        self.0
    }

    fn header(&self, _name: &str) -> Option<&[u8]> {
        None
    }
}
