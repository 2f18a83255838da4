//! A flood of tenants: the series, the directory and the unknown ids stay within their bounds.

use std::future::ready;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use tollgate::{
    ChangeListener, Clock, ConfigSource, Engine, Loading, ManualClock, TenantConfig, TenantId,
    Versioned,
};
use tollgate_http::Gate;
use tollgate_metrics::{TenantMetrics, names};

use crate::kit::{Head, Kit, config, recorder};
use crate::prometheus::Page;

const FLOOD: u64 = 100_000;

/// A name that nobody could guess (splitmix64).
fn random_name(number: u64) -> String {
    let mut mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    format!("t-{:016x}", mixed ^ (mixed >> 31))
}

#[tokio::test]
async fn a_hundred_thousand_ids_that_nobody_knows_leave_one_series_and_ten_thousand_ids_behind() {
    let kit = Kit::new(|metrics| metrics);
    // What it has used keeps acme in memory.
    kit.add(config("acme").requests_per_minute(10));
    kit.serve(&Head::of("acme"), 200).await;
    let before = kit.page().len();
    for number in 0..FLOOD {
        assert!(!kit.serve(&Head::of(&random_name(number)), 200).await);
    }
    let page = kit.page();
    let not_found = [("code", "tenant_not_found")];
    assert_eq!(page.get(names::REFUSALS, &not_found), Some(100_000));
    assert_eq!(page.len(), before + 1, "that one");
    assert_eq!(Vec::from_iter(page.values("tenant")), ["acme"]);
    assert_eq!(page.get(names::LABELS_ISSUED, &[]), Some(1));
    assert_eq!(kit.engine.tenants_in_memory(), 1);
    assert!(kit.engine.unknown_ids_remembered() <= 10_000);
    assert_eq!(page.get(names::HOOK_PANICS, &[]), Some(0));
}

/// A config source that knows every id.
struct Everyone;

impl ConfigSource for Everyone {
    fn load<'s>(&'s self, id: &'s TenantId) -> Loading<'s> {
        let config = TenantConfig::new(id.clone()).requests_per_minute(10);
        let config = Arc::new(config);
        Box::pin(ready(Ok(Some(Versioned { config, version: 1 }))))
    }

    fn subscribe(&self, _: Arc<dyn ChangeListener>) {}
}

#[tokio::test]
async fn a_hundred_thousand_known_tenants_leave_a_hundred_labels_and_all_their_requests_behind() {
    let (clock, recorder) = (ManualClock::new(), recorder());
    let exporter = recorder.handle();
    let metrics = TenantMetrics::builder().recorder(recorder);
    let metrics = metrics.clock(Clock::manual(&clock)).build();
    let most = NonZeroUsize::new(20_000).unwrap();
    let engine = Engine::builder()
        .source(Everyone)
        .clock(Clock::manual(&clock))
        .most_tenants(most)
        .hooks_inline(metrics.clone())
        .build()
        .unwrap();
    let gate = Gate::builder(engine.clone()).build().unwrap();
    for number in 0..FLOOD {
        drop(gate.enter(&Head::of(&random_name(number))).await);
        // Over a hundred minutes: ten periods.
        clock.advance(Duration::from_millis(60));
        assert!(engine.tenants_in_memory() <= most.get());
    }
    metrics.observe(&engine);
    let page = Page::parse(&exporter.render());
    // Each is there once: a hundred with labels of their own, who came first, and the rest.
    assert_eq!(page.values("tenant").len(), 101);
    assert_eq!(page.get(names::LABELS_ISSUED, &[]), Some(100));
    // Who found no place in memory was refused.
    let refused = page.sum(names::REFUSALS);
    assert_eq!(page.sum(names::REQUESTS) + refused, 100_000);
    assert_eq!(page.sum(names::REQUESTS), page.sum(names::DECISIONS));
    assert!(page.len() < 101 * 25, "{}", page.len());
}

#[tokio::test]
async fn tenants_that_are_busy_by_turns_never_leave_more_labels_than_were_allowed() {
    let kit = Kit::new(|metrics| metrics.busiest(10).most_labels(30));
    for tenant in 0..200 {
        kit.add(config(&format!("tenant-{tenant}")));
    }
    for turn in 0..20 {
        // Ten others each time, who are busier than all before.
        for tenant in turn * 10..turn * 10 + 10 {
            let head = Head::of(&format!("tenant-{tenant}"));
            for _ in 0..(turn + 1) * 5 {
                kit.serve(&head, 200).await;
            }
        }
        kit.clock.advance(Duration::from_secs(600));
        let page = kit.page();
        assert!(page.values("tenant").len() <= 31);
        assert!(page.get(names::LABELS_HELD, &[]).unwrap() <= 10);
    }
    let page = kit.page();
    assert_eq!(page.get(names::LABELS_ISSUED, &[]), Some(30));
    assert!(page.get(names::LABELS_WITHHELD, &[]).unwrap() > 0);
    assert_eq!(
        page.sum(names::REQUESTS),
        (1..=20).map(|turn| turn * 50).sum::<u64>()
    );
}

#[tokio::test]
async fn limits_with_ever_new_names_share_a_label_after_the_first() {
    let kit = Kit::new(|metrics| metrics);
    for version in 0..200 {
        let name = format!("limit-{version}");
        let limit = tollgate::LimitConfig::concurrency(&name, tollgate::Dimension::Requests, 1);
        kit.add(config("acme").limit(limit));
        let first = kit.admitted(&Head::of("acme")).await;
        assert!(!kit.serve(&Head::of("acme"), 200).await);
        first.finish();
    }
    let page = kit.page();
    assert_eq!(page.values("limit").len(), names::MOST_LIMITS + 1);
    let rest = [("tenant", "acme"), ("limit", names::OTHER)];
    assert_eq!(page.get(names::DENIALS, &rest), Some(200 - 64));
    assert_eq!(page.sum(names::DENIALS), 200);
}
