use std::time::Duration;

use tollgate::{Cost, DenialReason, ManualClock};

use super::*;

fn id(name: &str) -> TenantId {
    name.parse().unwrap()
}

fn denied(name: &str, limit: &str) -> QuotaEvent {
    let mut event = QuotaEvent::denied(id(name), Cost::request().and_tokens(7));
    event.reason = Some(DenialReason::Quota);
    event.binding = Some(limit.into());
    event.retry_after = Some(Duration::from_millis(1_500));
    event
}

#[test]
fn every_denial_is_remembered_with_its_reason_and_admitted_ones_once_a_second() {
    let clock = ManualClock::new();
    let watch = Watch::with_clock(Clock::manual(&clock));
    let mut stream = watch.stream();
    for _ in 0..5 {
        watch.on_quota(&QuotaEvent::admitted(id("acme"), Cost::request()));
        watch.on_quota(&denied("acme", "burst"));
        clock.advance(Duration::from_millis(400));
    }
    let counts = watch.counts(&id("acme"));
    assert_eq!((counts.admitted, counts.denied), (5, 5));
    let [burst] = counts.denials_by_limit.as_slice() else {
        panic!("{counts:?}")
    };
    assert!(burst.is_of(&id("acme"), "burst") && burst.count == 5);
    let decisions = watch.decisions(&id("acme"), 100);
    let admitted = decisions.iter().filter(|decision| decision.is_admitted());
    assert_eq!((decisions.len(), admitted.count()), (7, 2));
    assert!(decisions.is_sorted_by(|a, b| a.at >= b.at));
    let told =
        serde_json::to_value(decisions.iter().find(|it| !it.is_admitted()).unwrap()).unwrap();
    assert_eq!(told["reason"], "quota");
    assert_eq!(told["limit"], "burst");
    assert_eq!(told["retry_after_seconds"], 2);
    assert_eq!(
        told["cost"],
        serde_json::json!({"requests": 1, "tokens": 7})
    );
    let mut streamed = 0;
    while stream.try_recv().is_ok() {
        streamed += 1;
    }
    assert_eq!(streamed, 7);
}

#[test]
fn what_is_remembered_is_bounded() {
    let watch = Watch::new();
    for tenant in 0..5_000 {
        watch.on_quota(&denied(&format!("t{tenant}"), "burst"));
    }
    assert_eq!(watch.0.tenants.lock().unwrap().len(), MOST_TENANTS.get());
    for limit in 0..1_000 {
        watch.on_quota(&denied("acme", &format!("limit-{limit}")));
    }
    assert_eq!(watch.decisions(&id("acme"), usize::MAX).len(), 64);
    assert!(watch.counts(&id("acme")).denials_by_limit.len() < 200);
    assert_eq!(watch.counts(&id("acme")).denied, 1_000);
    assert_eq!(watch.totals().denied, 6_000);
}

#[test]
fn a_policy_that_says_no_is_a_denial_and_one_that_says_yes_is_none_yet() {
    let watch = Watch::new();
    let mut event = PolicyEvent::new(id("acme"), "GET", "/");
    watch.on_policy(&event);
    assert_eq!(watch.totals().admitted, 0);
    event.allowed = false;
    event.code = Some("model");
    watch.on_policy(&event);
    let decisions = watch.decisions(&id("acme"), 1);
    assert_eq!(decisions[0].reason.as_deref(), Some("policy:model"));
    assert_eq!(watch.totals().denied, 1);
}
