//! Counting an event allocates nothing, whoever it is of, but for the durations that the exporter keeps in blocks.
//!
//! A binary of its own: `allocation_counter` sets the global allocator, and counts by thread.
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::time::Duration;

use metrics::NoopRecorder;
use metrics_exporter_prometheus::PrometheusBuilder;
use tollgate::{
    Clock, Cost, DenialReason, FinishEvent, Hooks, ManualClock, QuotaEvent, ResolveEvent,
    SettleEvent, TenantId,
};
use tollgate_metrics::TenantMetrics;

fn allocations(work: impl FnOnce()) -> u64 {
    allocation_counter::measure(work).count_total
}

/// All that is told of one tenant.
struct Events {
    admitted: QuotaEvent,
    denied: QuotaEvent,
    settled: SettleEvent,
    finished: FinishEvent,
}

impl Events {
    fn of(tenant: u32) -> Self {
        let id: TenantId = format!("tenant-{tenant:010}").parse().unwrap();
        let cost = Cost::request().and_tokens(5);
        let mut denied = QuotaEvent::denied(id.clone(), cost.clone());
        denied.reason = Some(DenialReason::Quota);
        denied.binding = Some("requests_per_minute".into());
        Self {
            admitted: QuotaEvent::admitted(id.clone(), cost.clone()),
            denied,
            settled: SettleEvent::new(id.clone(), cost, Cost::tokens(3)),
            finished: FinishEvent::new(id, Duration::from_millis(1)),
        }
    }

    fn decide(&self, metrics: &TenantMetrics) {
        metrics.on_quota(&self.admitted);
        metrics.on_quota(&self.denied);
        metrics.on_settle(&self.settled);
    }
}

/// Metrics that know as many tenants as they have slots for, and have made all series that these events need.
fn full() -> TenantMetrics {
    let metrics = TenantMetrics::builder()
        .recorder(PrometheusBuilder::new().build_recorder())
        .clock(Clock::manual(&ManualClock::new()))
        .busiest(2)
        .build();
    for tenant in 0..100 {
        let events = Events::of(tenant);
        events.decide(&metrics);
        metrics.on_finish(&events.finished);
    }
    metrics
}

#[test]
fn an_event_of_a_tenant_with_a_label_allocates_nothing() {
    let (metrics, events) = (full(), Events::of(0));
    assert_eq!(allocations(|| events.decide(&metrics)), 0);
}

#[test]
fn an_event_of_one_of_the_rest_allocates_nothing_even_if_it_was_never_seen_before() {
    let metrics = full();
    let strangers: Vec<_> = (1_000..2_000).map(Events::of).collect();
    let work = || strangers.iter().for_each(|events| events.decide(&metrics));
    assert_eq!(allocations(work), 0);
}

#[test]
fn a_refusal_allocates_nothing() {
    let metrics = full();
    let mut refused = ResolveEvent::new(Some("nobody".parse().unwrap()));
    refused.refused = Some("tenant_not_found");
    metrics.on_resolve(&refused);
    assert_eq!(allocations(|| metrics.on_resolve(&refused)), 0);
}

#[test]
fn a_duration_takes_a_place_in_a_block_of_the_exporter_s() {
    let (metrics, events) = (full(), Events::of(0));
    let work = || (0..6_400).for_each(|_| metrics.on_finish(&events.finished));
    let blocks = allocations(work);
    assert!((1..=200).contains(&blocks), "{blocks} for 6,400 durations");
}

#[test]
fn a_hundred_thousand_tenants_take_the_memory_of_a_few() {
    let strangers: Vec<_> = (0..100_000).map(Events::of).collect();
    let mut kept = None;
    let taken = allocation_counter::measure(|| {
        let metrics = TenantMetrics::builder()
            .recorder(NoopRecorder)
            .clock(Clock::manual(&ManualClock::new()))
            .build();
        for events in &strangers {
            events.decide(&metrics);
        }
        kept = Some(metrics);
    });
    // 800 slots and 100 labels, without what the exporter keeps for its series.
    assert!(taken.bytes_max < 200 << 10, "{} bytes", taken.bytes_max);
    drop(kept);
}
