//! What an engine says of its calls of the store.

use tollgate::cluster::{Call, Calling};
use tollgate::{Denial, Scope};

use super::trouble::{ANSWERS, Forgetful, Moody, REFUSES};
use super::*;

#[tokio::test(start_paused = true)]
async fn an_engine_without_a_store_says_nothing_of_sharing() {
    let engine = Engine::builder()
        .source(InMemorySource::new())
        .build()
        .unwrap();
    assert_eq!(engine.sharing(), None);
}

#[tokio::test(start_paused = true)]
async fn what_was_granted_is_what_was_spent_and_what_came_back() {
    let clock = ManualClock::new();
    let node = Node::start(store(&clock), acme(minute(1_000)), &clock);
    assert_eq!(node.engine.sharing().unwrap().calls, 0);
    let tenant = node.acme().await;
    for _ in 0..7 {
        drop(ask(&tenant, &Cost::tokens(1)).await.unwrap());
    }
    pass(&clock, Duration::from_secs(1)).await;
    let sharing = node.engine.sharing().unwrap();
    assert!(sharing.units_held > 0, "{sharing:?}");
    assert_eq!(
        sharing.units_granted,
        7 + sharing.units_returned + sharing.units_held
    );
    node.engine.shutdown().await;
    let sharing = node.engine.sharing().unwrap();
    assert_eq!(sharing.units_granted, 7 + sharing.units_returned);
    assert_eq!(sharing.units_held, 0);
    assert_eq!(sharing.units_beyond, 0);
    assert!(
        sharing.wishes_granted > 0 && sharing.wishes_denied == 0,
        "{sharing:?}"
    );
    assert!(sharing.calls > 0 && sharing.calls_failed == 0);
    assert!(sharing.clock_uncertainty.is_some() && sharing.last_round_trip.is_some());
    assert!(!sharing.store_answers, "nobody calls it any more");
}

#[tokio::test(start_paused = true)]
async fn what_was_settled_above_the_reservation_was_spent_beyond_what_was_granted() {
    let clock = ManualClock::new();
    let node = Node::start(store(&clock), acme(minute(1_000)), &clock);
    let tenant = node.acme().await;
    let permit = ask(&tenant, &Cost::tokens(1)).await.unwrap();
    let held = node.engine.sharing().unwrap().units_granted;
    drop(permit.settle(&Cost::tokens(held + 30)));
    pass(&clock, Duration::from_secs(1)).await;
    let sharing = node.engine.sharing().unwrap();
    assert_eq!(sharing.units_beyond, 30, "{sharing:?}");
}

#[tokio::test(start_paused = true)]
async fn calls_that_fail_are_counted_and_the_store_is_said_to_be_away() {
    let clock = ManualClock::new();
    let store = Moody::new(&clock);
    let node = Node::start(store.clone(), acme(minute(1_000)), &clock);
    let tenant = node.acme().await;
    drop(ask(&tenant, &Cost::tokens(1)).await.unwrap());
    assert!(node.engine.sharing().unwrap().store_answers);
    store.becomes(REFUSES);
    pass(&clock, Duration::from_secs(2)).await;
    let sharing = node.engine.sharing().unwrap();
    assert!(
        !sharing.store_answers && sharing.calls_failed > 0,
        "{sharing:?}"
    );
    store.becomes(ANSWERS);
    pass(&clock, Duration::from_secs(2)).await;
    let after = node.engine.sharing().unwrap();
    assert!(after.store_answers, "{after:?}");
    assert_eq!(
        after.units_granted, sharing.units_granted,
        "nothing is counted twice"
    );
}

#[tokio::test(start_paused = true)]
async fn while_the_store_listens_it_is_said_to() {
    let clock = ManualClock::new();
    let node = Node::start(Forgetful::new(7, &clock), acme(minute(100)), &clock);
    let tenant = node.acme().await;
    assert!(ask(&tenant, &Cost::tokens(1)).await.is_err());
    let sharing = node.engine.sharing().unwrap();
    assert!(
        sharing.store_listens && sharing.wishes_denied > 0,
        "{sharing:?}"
    );
    let calls = sharing.calls;
    pass(&clock, Duration::from_millis(1_500)).await;
    let sharing = node.engine.sharing().unwrap();
    assert_eq!(sharing.calls, calls, "nobody has asked again");
    assert!(!sharing.store_listens);
    drop(ask(&tenant, &Cost::tokens(1)).await.unwrap());
    assert!(!node.engine.sharing().unwrap().store_listens);
}

/// A store of two parts: acme's has lost what it knew.
struct Parts(Forgetful, InMemorySharedOrigin);

impl SharedOrigin for Parts {
    fn call<'o>(&'o self, calls: &'o [Call]) -> Calling<'o> {
        let is_lost = calls.iter().all(|call| call.tenant == id("acme"));
        if is_lost {
            self.0.call(calls)
        } else {
            self.1.call(calls)
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_part_of_the_store_that_listens_is_told_of_though_another_grants() {
    let clock = ManualClock::new();
    let parts = Parts(Forgetful::new(7, &clock), store(&clock));
    let node = Node::start(parts, acme(minute(100)), &clock);
    let other = TenantConfig::new(id("other")).limit(minute(100));
    node.source.set(other).unwrap();
    assert!(ask(&node.acme().await, &Cost::tokens(1)).await.is_err());
    let other = node.engine.tenant(&id("other")).await.unwrap();
    drop(ask(&other, &Cost::tokens(1)).await.unwrap());
    let sharing = node.engine.sharing().unwrap();
    assert!(
        sharing.store_listens && sharing.wishes_granted > 0,
        "{sharing:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_tenant_whose_limits_are_no_longer_shared_holds_nothing() {
    let clock = ManualClock::new();
    let node = Node::start(store(&clock), acme(minute(1_000)), &clock);
    let tenant = node.acme().await;
    drop(ask(&tenant, &Cost::tokens(1)).await.unwrap());
    assert!(node.engine.sharing().unwrap().units_held > 0);
    node.source.set(acme(minute(1_000).shared(false))).unwrap();
    pass(&clock, Duration::from_secs(1)).await;
    assert_eq!(node.engine.sharing().unwrap().units_held, 0);
}

#[tokio::test(start_paused = true)]
async fn an_explanation_says_what_is_held_here_and_asks_for_what_is_missing() {
    let clock = ManualClock::new();
    let node = Node::start(store(&clock), acme(minute(1_000)), &clock);
    let tenant = node.acme().await;
    let cost = Cost::tokens(300);
    let mut exchanges = tenant.exchanges();
    let explained = loop {
        let explained = tenant.explain(&Scope::default(), &cost);
        let reason = explained.denial.as_ref().map(Denial::reason);
        if reason != Some(DenialReason::Ungranted) || !exchanges.next().await {
            break explained;
        }
    };
    assert!(explained.is_admitted(), "{explained:?}");
    let limit = &explained.limits[0];
    assert_eq!((limit.used, limit.remaining), (0, 1_000), "{limit:?}");
    let held = limit.leased.unwrap();
    assert!((300..=1_000).contains(&held), "{limit:?}");
    assert!(tenant.try_acquire(&cost).is_admitted(), "without asking");
    let left = tenant.explain(&Scope::default(), &cost).limits[0].leased;
    assert_eq!(left, Some(held - 300));
}
