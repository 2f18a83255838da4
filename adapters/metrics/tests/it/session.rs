//! A session whose every request is known, and what the page says of it: just that.

use tollgate::{Dimension, EngineBuilder, LimitConfig};
use tollgate_http::Entry;
use tollgate_metrics::names::{self, Kind};

use crate::kit::{Head, Kit, config, tokens};

/// acme and globex, with one request of every kind.
async fn session() -> Kit {
    let kit = Kit::with(
        |metrics| metrics,
        EngineBuilder::hooks_inline,
        |gate| gate.allow_missing(true),
    );
    kit.add(
        config("acme")
            .requests_per_minute(3)
            .tokens_per_minute(1_000)
            .allow_models(["gpt-4"]),
    );
    let one_at_a_time = LimitConfig::concurrency("in-flight", Dimension::Requests, 1);
    kit.add(
        config("globex")
            .requests_per_minute(10)
            .limit(one_at_a_time),
    );

    // acme: settled by the handler; not settled; broken off without an answer; denied; too costly; not allowed.
    let admission = kit
        .admitted(&Head::of("acme").with("x-token-count", "500"))
        .await;
    admission.permit().settle(&tokens(120)).unwrap();
    kit.answer(admission, 200);
    kit.serve(&Head::of("acme").with("x-token-count", "30"), 503)
        .await;
    kit.admitted(&Head::of("acme")).await.finish();
    for _ in 0..2 {
        assert!(!kit.serve(&Head::of("acme"), 200).await);
    }
    assert!(
        !kit.serve(&Head::of("acme").with("x-token-count", "1001"), 200)
            .await
    );
    assert!(
        !kit.serve(&Head::of("acme").with("x-model", "gpt-5"), 200)
            .await
    );

    // globex: a second request beside the first.
    let admission = kit.admitted(&Head::of("globex")).await;
    assert!(!kit.serve(&Head::of("globex"), 200).await);
    kit.answer(admission, 204);

    // Nobody's: no tenant, an unknown one twice, a malformed one, a malformed cost.
    assert!(matches!(
        kit.gate.enter(&Head::default()).await,
        Entry::Open
    ));
    for head in [
        Head::of("nobody"),
        Head::of("nobody"),
        Head::of("a b"),
        Head::of("acme").with("x-token-count", "-1"),
    ] {
        assert!(!kit.serve(&head, 200).await);
    }
    kit
}

#[tokio::test]
async fn the_page_says_what_happened_to_the_number() {
    let kit = session().await;
    let page = kit.page();
    for (name, labels, value) in [
        (names::REQUESTS, &[("tenant", "acme")][..], 7),
        (names::REQUESTS, &[("tenant", "globex")], 2),
        (
            names::DECISIONS,
            &[("tenant", "acme"), ("outcome", "admitted")],
            3,
        ),
        (
            names::DECISIONS,
            &[("tenant", "acme"), ("outcome", "quota")],
            2,
        ),
        (
            names::DECISIONS,
            &[("tenant", "acme"), ("outcome", "too_costly")],
            1,
        ),
        (
            names::DECISIONS,
            &[("tenant", "acme"), ("outcome", "policy")],
            1,
        ),
        (
            names::DECISIONS,
            &[("tenant", "globex"), ("outcome", "admitted")],
            1,
        ),
        (
            names::DECISIONS,
            &[("tenant", "globex"), ("outcome", "in_use")],
            1,
        ),
        (
            names::DENIALS,
            &[("tenant", "acme"), ("limit", "requests_per_minute")],
            2,
        ),
        (
            names::DENIALS,
            &[("tenant", "acme"), ("limit", "tokens_per_minute")],
            1,
        ),
        (
            names::DENIALS,
            &[("tenant", "globex"), ("limit", "in-flight")],
            1,
        ),
        (names::POLICY_DENIALS, &[("tenant", "acme")], 1),
        (names::TOKENS_RESERVED, &[("tenant", "acme")], 530),
        (names::TOKENS_SETTLED, &[("tenant", "acme")], 150),
        (names::BROKEN_OFF, &[("tenant", "acme")], 1),
        (names::SETTLEMENTS, &[("by", "caller")], 1),
        (names::SETTLEMENTS, &[("by", "default")], 3),
        (names::REFUSALS, &[("code", "tenant_not_found")], 2),
        (names::REFUSALS, &[("code", "tenant_invalid_id")], 1),
        (names::REFUSALS, &[("code", "cost_invalid")], 1),
        (names::ANONYMOUS, &[], 1),
        (names::TENANTS_IN_MEMORY, &[], 2),
        (names::UNKNOWN_IDS, &[], 1),
        (names::EVENTS_QUEUED, &[], 0),
        (names::EVENTS_DROPPED, &[], 0),
        (names::HOOK_PANICS, &[], 0),
        (names::LABELS_HELD, &[], 2),
        (names::LABELS_ISSUED, &[], 2),
        (names::LABELS_WITHHELD, &[], 0),
    ] {
        assert_eq!(
            page.get(name, labels),
            Some(value),
            "{name} {labels:?}\n{}",
            kit.text()
        );
    }
    let duration = |part: &str, tenant, status| {
        page.get(
            &format!("{}_{part}", names::DURATION),
            &[("tenant", tenant), ("status", status)],
        )
    };
    assert_eq!(duration("count", "acme", "2xx"), Some(1));
    assert_eq!(duration("count", "acme", "5xx"), Some(1));
    assert_eq!(duration("count", "acme", "none"), Some(1));
    assert_eq!(duration("count", "globex", "2xx"), Some(1));
    let sum = [("tenant", "acme"), ("status", "2xx")];
    let sum = page.written("tollgate_request_duration_seconds_sum", &sum);
    assert!(sum.unwrap().parse::<f64>().unwrap() > 0.0);
    // 29 samples above, 3 decisions' worth of histograms at 14 buckets, +Inf, sum and count: and no other sample.
    assert_eq!(page.len(), 29 + 4 * 17, "{}", kit.text());
}

#[tokio::test]
async fn every_metric_on_the_page_is_described_and_of_its_kind() {
    let page = session().await.page();
    for (name, kind) in &page.kinds {
        let described = names::ALL.iter().find(|metric| metric.name == *name);
        let described = described.unwrap_or_else(|| panic!("{name} is not in names"));
        let expected = match described.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
            _ => panic!("a kind that this test does not know"),
        };
        assert_eq!(kind, expected, "{name}");
        assert_eq!(
            page.helps.get(name).map(String::as_str),
            Some(described.help)
        );
        let is_total = name.ends_with("_total");
        assert_eq!(is_total, described.kind == Kind::Counter, "{name}");
    }
    // The queue's capacity is told of an engine that has a queue, and shared limits of one with a store.
    let of_store = |metric: &&names::Description| metric.name.starts_with("tollgate_shared_");
    let of_store = names::ALL.iter().filter(of_store).count();
    assert_eq!(
        page.kinds.len(),
        names::ALL.len() - 1 - of_store,
        "{:?}",
        page.kinds.keys()
    );
}

#[tokio::test]
async fn the_engine_s_queue_is_on_the_page() {
    let kit = Kit::with(|m| m, EngineBuilder::hooks, |gate| gate);
    kit.add(config("acme"));
    kit.serve(&Head::of("acme"), 200).await;
    // On this thread alone, nothing was delivered yet: resolved, allowed, charged, settled, ended.
    let page = kit.page();
    assert_eq!(page.get(names::EVENTS_QUEUED, &[]), Some(5));
    assert_eq!(page.get(names::EVENTS_CAPACITY, &[]), Some(8192));
    kit.engine.shutdown().await;
    let page = kit.page();
    assert_eq!(page.get(names::EVENTS_QUEUED, &[]), Some(0));
    assert_eq!(page.get(names::REQUESTS, &[("tenant", "acme")]), Some(1));
}

#[tokio::test]
async fn a_request_without_a_gate_is_timed_by_who_serves_it() {
    let kit = Kit::new(|metrics| metrics);
    kit.add(config("acme"));
    let acme = kit.engine.tenant(&crate::kit::id("acme")).await.unwrap();
    let took = std::time::Duration::from_millis(30);
    kit.metrics.record_request(&acme, Some(200), took);
    kit.metrics.record_request(&acme, None, took);
    let page = kit.page();
    let bucket = |le| {
        page.get(
            "tollgate_request_duration_seconds_bucket",
            &[("tenant", "acme"), ("status", "2xx"), ("le", le)],
        )
    };
    assert_eq!((bucket("0.025"), bucket("0.05")), (Some(0), Some(1)));
}
