//! What does it cost to count a request, tenant by tenant: to the events actor, and to the request?
//!
//! `cargo bench -p benches --bench metrics`. The first table is the time of one event on the thread that hooks are
//! called on, with the real exporter behind. The second is a whole request through the tower layer: with nobody
//! listening, with hooks that do nothing, with the metrics called by the events actor on another thread (the usual
//! way), and called inline.
#![expect(clippy::unwrap_used, reason = "a bench that can't be set up must stop")]

use std::time::Duration;

use benches::{Contender, Everyone, PLENTY, asking, bare, compare, four_limits, gate, id, load};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tollgate::{
    Cost, DenialReason, Engine, EngineBuilder, FinishEvent, Hooks, QuotaEvent, ResolveEvent,
    SettleEvent,
};
use tollgate_metrics::{TenantMetrics, names};
use tower::Layer;

/// The exporter keeps durations until it is tended: every so many.
const TEND_EVERY: u32 = 4_096;

fn main() {
    events();
    requests();
}

fn metrics() -> (TenantMetrics, PrometheusHandle) {
    let duration = Matcher::Full(names::DURATION.to_owned());
    let builder = PrometheusBuilder::new();
    let builder = builder.set_buckets_for_metric(duration, &names::DURATION_BUCKETS);
    let recorder = builder.unwrap().build_recorder();
    let exporter = recorder.handle();
    (
        TenantMetrics::builder().recorder(recorder).build(),
        exporter,
    )
}

fn admitted(tenant: u32) -> QuotaEvent {
    QuotaEvent::admitted(id(tenant), Cost::request().and_tokens(500))
}

fn events() {
    let (metrics, exporter) = metrics();
    // A hundred get a label, and the sketch is full.
    for tenant in 0..10_000 {
        metrics.on_quota(&admitted(tenant));
    }
    let labelled = admitted(50);
    let known = admitted(9_999);
    let strangers: Vec<_> = (10_000..20_000).map(admitted).collect();
    let mut strangers = strangers.iter().cycle();
    let mut denied = QuotaEvent::denied(id(50), Cost::request());
    denied.reason = Some(DenialReason::Quota);
    denied.binding = Some("m-req".into());
    let settled = SettleEvent::new(id(50), Cost::tokens(500), Cost::tokens(420));
    let mut finished = FinishEvent::new(id(50), Duration::from_millis(20));
    finished.complete = true;
    let mut refused = ResolveEvent::new(Some(id(0)));
    refused.refused = Some("tenant_not_found");
    compare(
        "an event delivered",
        Duration::from_millis(5),
        Duration::from_secs(5),
        vec![
            Contender::each("admitted, a tenant with a label", || {
                metrics.on_quota(&labelled);
            }),
            Contender::each("admitted, of the rest, in the sketch", || {
                metrics.on_quota(&known);
            }),
            Contender::each("admitted, of the rest, not in the sketch", || {
                metrics.on_quota(strangers.next().unwrap());
            }),
            Contender::each("denied by a limit", || metrics.on_quota(&denied)),
            Contender::each("settled", || metrics.on_settle(&settled)),
            Contender::new("ended, with the exporter's upkeep", |times| {
                for time in 0..times {
                    metrics.on_finish(&finished);
                    if time % TEND_EVERY == 0 {
                        exporter.run_upkeep();
                    }
                }
                exporter.run_upkeep();
            }),
            Contender::each("refused, unknown", || metrics.on_resolve(&refused)),
        ],
    );
}

/// Hooks that hear everything and do nothing.
struct Deaf;

impl Hooks for Deaf {}

fn requests() {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(1).enable_time().build().unwrap();
    let _runtime = runtime.enter();
    let engine = |hooks: &dyn Fn(EngineBuilder) -> EngineBuilder| {
        let everyone = Everyone::with(four_limits(id(0), PLENTY));
        let engine = hooks(Engine::builder().source(everyone)).build().unwrap();
        load(&engine, 1);
        engine
    };
    let (queued, queued_exporter) = metrics();
    let (inline, inline_exporter) = metrics();
    let deaf = engine(&|engine| engine.hooks(Deaf));
    let counted = engine(&|engine| engine.hooks(queued.clone()));
    let through = |name, engine: &Engine, exporter: Option<PrometheusHandle>| {
        let mut ask = asking(gate(engine.clone(), []).layer(bare()));
        Contender::new(name, move |times| {
            for time in 0..times {
                assert!(ask().is_success());
                if let Some(exporter) = exporter.as_ref().filter(|_| time % TEND_EVERY == 0) {
                    exporter.run_upkeep();
                }
            }
        })
    };
    compare(
        "a request, 4 limits, no headers",
        Duration::from_millis(5),
        Duration::from_secs(6),
        vec![
            through("no hooks", &engine(&|engine| engine), None),
            through(
                "hooks that do nothing, inline",
                &engine(&|engine| engine.hooks_inline(Deaf)),
                None,
            ),
            through("hooks that do nothing, queued", &deaf, None),
            through("metrics, queued", &counted, Some(queued_exporter)),
            through(
                "metrics, inline",
                &engine(&|engine| engine.hooks_inline(inline.clone())),
                Some(inline_exporter),
            ),
        ],
    );
    for (name, engine) in [("do nothing", deaf), ("metrics", counted)] {
        let events = engine.events().unwrap();
        eprintln!(
            "{name}: {} events were dropped, {} wait",
            events.dropped(),
            events.queued()
        );
    }
}
