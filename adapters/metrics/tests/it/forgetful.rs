//! An exporter that forgets series cuts no count off.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use metrics_exporter_prometheus::PrometheusBuilder;
use metrics_util::MetricKindMask;
use tollgate::{Clock, Cost, Hooks, ManualClock, QuotaEvent};
use tollgate_metrics::{TenantMetrics, TenantMetricsBuilder, names};

use crate::kit::{Head, Kit, config, id};

/// A recorder of counters that forgets all of them when it is told to, as an idle timeout does.
#[derive(Clone, Default)]
struct Forgetful(Arc<Mutex<HashMap<String, Arc<AtomicU64>>>>);

impl Forgetful {
    fn forget(&self) {
        self.0.lock().unwrap().clear();
    }

    fn get(&self, key: &str) -> Option<u64> {
        let known = self.0.lock().unwrap();
        known.get(key).map(|count| count.load(Ordering::Relaxed))
    }
}

impl Recorder for Forgetful {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let labels = key.labels().map(|label| format!(" {}", label.value()));
        let key = format!("{}{}", key.name(), labels.collect::<String>());
        let count = Arc::clone(self.0.lock().unwrap().entry(key).or_default());
        Counter::from_arc(count)
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

/// Longer than any waiting takes: what is waited for comes, or the test fails.
const PATIENCE: Duration = Duration::from_secs(30);
const TIMEOUT: Duration = Duration::from_secs(60);

fn metrics(
    set_up: impl FnOnce(TenantMetricsBuilder) -> TenantMetricsBuilder,
) -> (TenantMetrics, Forgetful, ManualClock) {
    let (recorder, clock) = (Forgetful::default(), ManualClock::new());
    let builder = TenantMetrics::builder().recorder(recorder.clone());
    let metrics = set_up(builder.clock(Clock::manual(&clock))).build();
    (metrics, recorder, clock)
}

fn request(metrics: &TenantMetrics) {
    metrics.on_quota(&QuotaEvent::admitted(id("acme"), Cost::request()));
}

const ACME: &str = "tollgate_requests_total acme";

#[test]
fn a_series_that_was_forgotten_is_counted_on_in_a_new_one() {
    let (metrics, recorder, clock) = metrics(|metrics| metrics.idle_timeout(TIMEOUT));
    request(&metrics);
    request(&metrics);
    assert_eq!(recorder.get(ACME), Some(2));
    clock.advance(TIMEOUT);
    recorder.forget();
    request(&metrics);
    assert_eq!(recorder.get(ACME), Some(1));
}

#[test]
fn a_handle_is_asked_for_anew_well_before_its_series_can_be_forgotten() {
    let (metrics, recorder, clock) = metrics(|metrics| metrics.idle_timeout(TIMEOUT));
    request(&metrics);
    // Before half of the timeout the handle is still the first: it counts where nobody looks.
    clock.advance(TIMEOUT / 4);
    recorder.forget();
    request(&metrics);
    assert_eq!(recorder.get(ACME), None);
    clock.advance(TIMEOUT / 4);
    request(&metrics);
    assert_eq!(recorder.get(ACME), Some(1));
}

#[test]
fn without_an_idle_timeout_handles_are_kept() {
    let (metrics, recorder, clock) = metrics(|metrics| metrics);
    request(&metrics);
    clock.advance(TIMEOUT * 1_000);
    recorder.forget();
    request(&metrics);
    assert_eq!(recorder.get(ACME), None);
    assert_eq!(recorder.get(names::LABELS_WITHHELD), None);
}

#[test]
fn metrics_go_to_the_recorder_that_is_in_place_unless_one_is_given() {
    let recorder = Forgetful::default();
    metrics::with_local_recorder(&recorder, || {
        let metrics = TenantMetrics::default();
        request(&metrics);
    });
    assert_eq!(recorder.get(ACME), Some(1));
}

#[tokio::test]
async fn readings_that_find_a_tenant_silent_free_its_label_for_another() {
    let kit = Kit::new(|metrics| metrics.busiest(1).most_labels(1).idle_timeout(TIMEOUT));
    for tenant in ["acme", "globex"] {
        kit.add(config(tenant));
    }
    kit.serve(&Head::of("acme"), 200).await;
    kit.page();
    kit.serve(&Head::of("globex"), 200).await;
    assert_eq!(
        Vec::from_iter(kit.page().values("tenant")),
        ["acme", names::OTHER]
    );
    kit.clock.advance(TIMEOUT * 3);
    for issued in [1, 0] {
        assert_eq!(kit.page().get(names::LABELS_ISSUED, &[]), Some(issued));
    }
    kit.serve(&Head::of("globex"), 200).await;
    assert_eq!(
        kit.page().get(names::REQUESTS, &[("tenant", "globex")]),
        Some(1)
    );
}

#[test]
fn the_real_exporter_forgets_a_silent_series_and_counts_on_in_a_new_one() {
    let timeout = Duration::from_millis(100);
    let recorder = PrometheusBuilder::new()
        .idle_timeout(MetricKindMask::ALL, Some(timeout))
        .build_recorder();
    let exporter = recorder.handle();
    let metrics = TenantMetrics::builder().recorder(recorder);
    let metrics = metrics.idle_timeout(timeout).build();
    let said = |count: u64| {
        let line = format!("tollgate_requests_total{{tenant=\"acme\"}} {count}");
        exporter.render().lines().any(|known| known == line)
    };
    request(&metrics);
    request(&metrics);
    assert!(said(2));
    let began = Instant::now();
    while said(2) {
        assert!(began.elapsed() < PATIENCE, "it never forgets");
        std::thread::yield_now();
    }
    request(&metrics);
    assert!(said(1), "{}", exporter.render());
}
