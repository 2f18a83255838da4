//! Nothing is lost and nothing counted twice: from many threads, and while labels change hands.

use std::time::Duration;

use tollgate::{Cost, DenialReason, Event, FinishEvent, QuotaEvent, SettleEvent};
use tollgate_metrics::names;

use crate::kit::{Kit, id};

#[tokio::test]
async fn many_threads_at_once_lose_no_count_while_labels_change_hands() {
    const THREADS: u32 = 4;
    const ROUNDS: u32 = 4_000;
    let kit = Kit::new(|metrics| metrics.busiest(5).most_labels(40));
    let events = kit.engine.events().unwrap();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let clock = &kit.clock;
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    // Who is busy changes every so often.
                    let tenant = id(&format!("tenant-{}", round / 500 * 3 + round % 7));
                    let cost = Cost::request().and_tokens(10);
                    events.emit(Event::Quota(QuotaEvent::admitted(
                        tenant.clone(),
                        cost.clone(),
                    )));
                    let settled = SettleEvent::new(tenant.clone(), cost.clone(), Cost::tokens(7));
                    events.emit(Event::Settle(settled));
                    let mut denied = QuotaEvent::denied(tenant.clone(), cost);
                    denied.reason = Some(DenialReason::Quota);
                    denied.binding = Some("minute".into());
                    events.emit(Event::Quota(denied));
                    let mut finished = FinishEvent::new(tenant, Duration::from_millis(1));
                    finished.complete = true;
                    events.emit(Event::Finish(finished));
                    if thread == 0 && round % 50 == 0 {
                        clock.advance(Duration::from_secs(600));
                    }
                }
            });
        }
    });
    let page = kit.page();
    let all = u64::from(THREADS * ROUNDS);
    assert_eq!(page.sum(names::REQUESTS), 2 * all);
    assert_eq!(page.sum(names::DECISIONS), 2 * all);
    assert_eq!(page.sum(names::DENIALS), all);
    assert_eq!(page.sum(names::TOKENS_RESERVED), 10 * all);
    assert_eq!(page.sum(names::TOKENS_SETTLED), 7 * all);
    assert_eq!(page.sum(names::SETTLEMENTS), all);
    assert_eq!(page.sum(&format!("{}_count", names::DURATION)), all);
    assert_eq!(page.sum(names::HOOK_PANICS), 0);
    // They have changed hands.
    assert!(page.get(names::LABELS_ISSUED, &[]).unwrap() > 5);
    assert!(page.values("tenant").contains(names::OTHER));
}

#[tokio::test]
async fn a_tenant_by_the_name_of_the_rest_is_counted_with_them() {
    let kit = Kit::new(|metrics| metrics.busiest(1));
    let events = kit.engine.events().unwrap();
    for tenant in [names::OTHER, "acme", "globex"] {
        events.emit(Event::Quota(QuotaEvent::admitted(
            id(tenant),
            Cost::request(),
        )));
    }
    let page = kit.page();
    assert_eq!(
        page.get(names::REQUESTS, &[("tenant", names::OTHER)]),
        Some(2)
    );
    assert_eq!(page.get(names::REQUESTS, &[("tenant", "acme")]), Some(1));
}

#[tokio::test]
async fn who_may_not_exist_gets_no_label() {
    let kit = Kit::new(|metrics| metrics);
    let events = kit.engine.events().unwrap();
    let mut unavailable = QuotaEvent::denied(id("perhaps"), Cost::request());
    unavailable.error = Some("the database is down".to_owned());
    events.emit(Event::Quota(unavailable));
    let mut removed = QuotaEvent::denied(id("gone"), Cost::request());
    removed.reason = Some(DenialReason::Removed);
    events.emit(Event::Quota(removed));
    events.emit(Event::Finish(FinishEvent::new(
        id("never-seen"),
        Duration::ZERO,
    )));
    let page = kit.page();
    assert_eq!(Vec::from_iter(page.values("tenant")), [names::OTHER]);
    assert_eq!(
        page.get(names::REQUESTS, &[("tenant", names::OTHER)]),
        Some(1)
    );
}

#[tokio::test]
async fn tokens_that_a_settlement_does_not_name_stay_as_they_were_reserved() {
    let kit = Kit::new(|metrics| metrics);
    let events = kit.engine.events().unwrap();
    let reserved = Cost::request().and_tokens(40);
    for actual in [Cost::none(), Cost::requests(0), Cost::tokens(2)] {
        let settled = SettleEvent::new(id("acme"), reserved.clone(), actual);
        events.emit(Event::Settle(settled));
    }
    let nothing = SettleEvent::new(id("acme"), Cost::request(), Cost::none());
    events.emit(Event::Settle(nothing));
    let page = kit.page();
    assert_eq!(page.sum(names::TOKENS_SETTLED), 82);
    assert_eq!(page.sum(names::SETTLEMENTS), 4);
}
