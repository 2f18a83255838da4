//! Slots that nodes share: held by what runs, wherever it runs.

use tollgate::cluster::SLOTS_KEPT;

use super::trouble::{ANSWERS, Forgetful, Moody, REFUSES};
use super::*;

fn slots(capacity: u64) -> LimitConfig {
    LimitConfig::concurrency("in-flight", Dimension::Requests, capacity)
}

/// Takes slots until there is none.
async fn take_all(tenant: &Tenant) -> Vec<Permit<'static>> {
    let mut held = Vec::new();
    while let Ok(permit) = ask(tenant, &Cost::request()).await {
        held.push(permit);
    }
    held
}

/// As [`take_all`], for two seconds: what others give back comes within that.
async fn take_for_a_while(tenant: &Tenant, clock: &ManualClock) -> Vec<Permit<'static>> {
    let mut held = Vec::new();
    for _ in 0..8 {
        held.extend(take_all(tenant).await);
        pass(clock, Duration::from_millis(250)).await;
    }
    held
}

#[tokio::test(start_paused = true)]
async fn together_nodes_hold_as_many_as_there_are_and_no_more() {
    let clock = ManualClock::new();
    let store = store(&clock);
    let nodes: Vec<_> = (0..3)
        .map(|_| Node::start(store.clone(), acme(slots(20)), &clock))
        .collect();
    let mut held = Vec::new();
    for _ in 0..6 {
        for node in &nodes {
            held.extend(take_all(&node.acme().await).await);
            assert!(held.len() <= 20, "{}", held.len());
        }
        pass(&clock, Duration::from_millis(500)).await;
    }
    assert_eq!(held.len(), 20);
    let denied = ask(&nodes[0].acme().await, &Cost::request()).await;
    assert_eq!(denied.unwrap_err(), DenialReason::InUse);
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_is_freed_on_one_node_is_taken_on_another() {
    let clock = ManualClock::new();
    let store = store(&clock);
    let here = Node::start(store.clone(), acme(slots(4)), &clock);
    let there = Node::start(store, acme(slots(4)), &clock);
    let mut held = take_all(&here.acme().await).await;
    assert_eq!(held.len(), 4);
    assert_eq!(take_for_a_while(&there.acme().await, &clock).await.len(), 0);
    held.truncate(1);
    let theirs = take_for_a_while(&there.acme().await, &clock).await;
    assert_eq!(theirs.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_slot_gets_one_that_is_freed_elsewhere() {
    let clock = ManualClock::new();
    let store = store(&clock);
    let here = Node::start(store.clone(), acme(slots(1)), &clock);
    let there = Node::start(store, acme(slots(1)), &clock);
    let held = take_all(&here.acme().await).await;
    let theirs = there.acme().await;
    let waiter = tokio::spawn(async move {
        let wait = theirs.acquire(Cost::request());
        wait.within(Duration::from_secs(30)).await.map(drop).is_ok()
    });
    pass(&clock, Duration::from_secs(3)).await;
    assert!(!waiter.is_finished());
    drop(held);
    for _ in 0..12 {
        pass(&clock, Duration::from_millis(250)).await;
    }
    assert!(waiter.is_finished() && waiter.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_node_that_dies_leaves_its_slots_to_others_when_it_was_not_heard_of_for_long() {
    let clock = ManualClock::new();
    let store = store(&clock);
    let node = Node::start(store.clone(), acme(slots(4)), &clock);
    let other = Node::start(store, acme(slots(4)), &clock);
    let held = take_all(&node.acme().await).await;
    assert_eq!(held.len(), 4);
    let theirs = other.acme().await;
    drop(node);
    pass(&clock, SLOTS_KEPT - Duration::from_millis(500)).await;
    assert_eq!(take_all(&theirs).await.len(), 0);
    pass(&clock, Duration::from_secs(1)).await;
    assert_eq!(take_for_a_while(&theirs, &clock).await.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_cannot_reach_the_store_gives_out_none_that_others_may_have() {
    let clock = ManualClock::new();
    let moody = Moody::new(&clock);
    let node = Node::start(moody.clone(), acme(slots(100)), &clock);
    let tenant = node.acme().await;
    drop(ask(&tenant, &Cost::request()).await.unwrap());
    moody.becomes(REFUSES);
    assert!(ask(&tenant, &Cost::request()).await.is_ok(), "it has some");
    pass(&clock, SLOTS_KEPT).await;
    let denied = ask(&tenant, &Cost::request()).await.unwrap_err();
    assert_eq!(denied, DenialReason::Ungranted);
    moody.becomes(ANSWERS);
    pass(&clock, Duration::from_secs(1)).await;
    assert!(ask(&tenant, &Cost::request()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn slots_in_use_outlive_a_store_that_loses_its_memory() {
    let clock = ManualClock::new();
    let store = Forgetful::new(1, &clock);
    let here = Node::start(store.clone(), acme(slots(6)), &clock);
    let there = Node::start(store.clone(), acme(slots(6)), &clock);
    pass(&clock, Duration::from_secs(2)).await;
    let tenant = here.acme().await;
    assert!(
        ask(&tenant, &Cost::request()).await.is_err(),
        "it listens first"
    );
    pass(&clock, Duration::from_secs(2)).await;
    let held = take_for_a_while(&tenant, &clock).await;
    assert_eq!(held.len(), 6);
    store.loses_everything(2);
    assert_eq!(take_for_a_while(&there.acme().await, &clock).await.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn settling_frees_no_slot_and_dropping_does() {
    let clock = ManualClock::new();
    let node = Node::start(store(&clock), acme(slots(1)), &clock);
    let tenant = node.acme().await;
    let permit = ask(&tenant, &Cost::request()).await.unwrap();
    let slot = permit.settle(&Cost::requests(0));
    assert!(ask(&tenant, &Cost::request()).await.is_err());
    drop(slot);
    assert!(ask(&tenant, &Cost::request()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn slots_that_are_held_count_when_the_limit_becomes_shared_and_when_it_ceases_to_be() {
    let clock = ManualClock::new();
    let store = store(&clock);
    let here = Node::start(store.clone(), acme(slots(4).shared(false)), &clock);
    let there = Node::start(store, acme(slots(4)), &clock);
    let mut held = take_all(&here.acme().await).await;
    assert_eq!(held.len(), 4);
    here.source.set(acme(slots(4))).unwrap();
    pass(&clock, Duration::from_secs(1)).await;
    assert!(ask(&here.acme().await, &Cost::request()).await.is_err());
    assert_eq!(take_for_a_while(&there.acme().await, &clock).await.len(), 0);
    held.truncate(2);
    assert_eq!(take_for_a_while(&there.acme().await, &clock).await.len(), 2);
    here.source.set(acme(slots(4).shared(false))).unwrap();
    assert_eq!(take_all(&here.acme().await).await.len(), 2, "two run here");
}
