//! What does a request pay for its hooks at the pace of a service, where there is time between requests?
//!
//! `cargo bench -p benches --bench hooks`. Requests through the tower layer, each timed on its own; between them the
//! thread waits without sleeping. Whatever must wake another thread shows here, and not in a bench that never pauses.
#![expect(clippy::unwrap_used, reason = "a bench that can't be set up must stop")]

use std::hint::spin_loop;
use std::time::{Duration, Instant};

use benches::{Everyone, PLENTY, Table, asking, bare, four_limits, gate, id, load, measuring};
use hdrhistogram::Histogram;
use http::StatusCode;
use metrics::NoopRecorder;
use tollgate::{Engine, EngineBuilder, Hooks};
use tollgate_metrics::TenantMetrics;
use tower::Layer;

/// Hooks that hear everything and do nothing.
struct Deaf;

impl Hooks for Deaf {}

fn main() {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(1).enable_time().build().unwrap();
    let _runtime = runtime.enter();
    let metrics = TenantMetrics::builder().recorder(NoopRecorder).build();
    let mut contenders = [
        ("no hooks", asking_with(|engine| engine)),
        (
            "hooks that do nothing",
            asking_with(|engine| engine.hooks(Deaf)),
        ),
        ("metrics", asking_with(|engine| engine.hooks(metrics))),
    ];
    let (rounds, spell) = if measuring() {
        (10, Duration::from_millis(200))
    } else {
        (1, Duration::from_millis(1))
    };
    let mut table = Table::new(&["a request every", "ns", "p50", "p90", "p99"]);
    for pace in [1_000, 200, 50, 10].map(Duration::from_micros) {
        // Up to a minute, to three digits.
        let minute = || Histogram::new_with_bounds(1, 60_000_000_000, 3).unwrap();
        let mut times = contenders.each_ref().map(|_| minute());
        for _ in 0..rounds {
            for ((_, ask), times) in contenders.iter_mut().zip(&mut times) {
                walk(ask, pace, spell, times);
            }
        }
        for ((name, _), times) in contenders.iter().zip(&times) {
            let at = [0.5, 0.9, 0.99].map(|quantile| times.value_at_quantile(quantile).to_string());
            let [p50, p90, p99] = at;
            table = table.row(&[format!("{pace:?}"), (*name).to_owned(), p50, p90, p99]);
        }
    }
    if measuring() {
        table.print();
    }
}

fn asking_with(
    hooks: impl FnOnce(EngineBuilder) -> EngineBuilder,
) -> Box<dyn FnMut() -> StatusCode> {
    let everyone = Everyone::with(four_limits(id(0), PLENTY));
    let engine = hooks(Engine::builder().source(everyone)).build().unwrap();
    load(&engine, 1);
    Box::new(asking(gate(engine, []).layer(bare())))
}

/// One request each `pace`, for a while.
fn walk(
    ask: &mut dyn FnMut() -> StatusCode,
    pace: Duration,
    spell: Duration,
    times: &mut Histogram<u64>,
) {
    let began = Instant::now();
    let mut next = began;
    while next < began + spell {
        next += pace;
        while Instant::now() < next {
            spin_loop();
        }
        let asked = Instant::now();
        assert!(ask().is_success());
        times.saturating_record(u64::try_from(asked.elapsed().as_nanos()).unwrap());
    }
}
