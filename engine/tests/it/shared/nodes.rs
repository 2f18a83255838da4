//! Nodes that spend together.

use super::*;

/// So long that a row ends, and no window.
const ROW: Duration = Duration::from_secs(3);

#[tokio::test(start_paused = true)]
async fn nodes_that_take_turns_spend_it_all_and_no_more() {
    let clock = ManualClock::new();
    let store = store(&clock);
    let mut nodes = Vec::new();
    for _ in 0..5 {
        nodes.push(Node::start(store.clone(), acme(minute(10_000)), &clock));
    }
    let mut admitted = 0;
    for _ in 0..20 {
        let mut denied = 0;
        while denied < nodes.len() {
            denied = 0;
            for node in &nodes {
                match ask(&node.acme().await, &Cost::tokens(7)).await {
                    Ok(_) => admitted += 7,
                    Err(reason) => {
                        assert_eq!(reason, DenialReason::Quota);
                        denied += 1;
                    }
                }
            }
        }
        pass(&clock, Duration::from_millis(500)).await;
    }
    assert_eq!(admitted, 10_000 / 7 * 7);
}

#[tokio::test(start_paused = true)]
async fn a_window_later_it_is_all_there_again() {
    let clock = ManualClock::new();
    let node = Node::start(store(&clock), acme(minute(100)), &clock);
    let tenant = node.acme().await;
    assert_eq!(spend(&tenant, 10).await, 10);
    clock.advance(Duration::from_secs(30));
    assert_eq!(spend(&tenant, 10).await, 0);
    // One row more than the window, and the slack.
    clock.advance(Duration::from_secs(33));
    assert_eq!(spend(&tenant, 10).await, 10);
}

#[tokio::test(start_paused = true)]
async fn what_a_node_has_left_of_a_row_is_everybodys_again() {
    let clock = ManualClock::new();
    let store = store(&clock);
    let first = Node::start(store.clone(), acme(minute(100)), &clock);
    let second = Node::start(store, acme(minute(100)), &clock);
    drop(ask(&first.acme().await, &Cost::tokens(10)).await.unwrap());
    // It calls now and then, whoever asks.
    pass(&clock, ROW).await;
    assert_eq!(spend_for_a_while(&second.acme().await, 10, &clock).await, 9);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_shut_down_gives_back_what_it_has_not_spent() {
    let clock = ManualClock::new();
    let store = store(&clock);
    let first = Node::start(store.clone(), acme(minute(100)), &clock);
    drop(ask(&first.acme().await, &Cost::tokens(10)).await.unwrap());
    first.engine.shutdown().await;
    let second = Node::start(store, acme(minute(100)), &clock);
    assert_eq!(spend_for_a_while(&second.acme().await, 10, &clock).await, 9);
}

#[tokio::test(start_paused = true)]
async fn what_is_refunded_on_one_node_can_be_spent_on_another() {
    let clock = ManualClock::new();
    let store = store(&clock);
    let first = Node::start(store.clone(), acme(minute(100)), &clock);
    let second = Node::start(store, acme(minute(100)), &clock);
    let permit = ask(&first.acme().await, &Cost::tokens(100)).await.unwrap();
    assert_eq!(spend(&second.acme().await, 10).await, 0);
    pass(&clock, ROW).await;
    drop(permit.settle(&Cost::tokens(30)));
    assert_eq!(spend_for_a_while(&second.acme().await, 10, &clock).await, 7);
}

#[tokio::test(start_paused = true)]
async fn what_was_spent_beyond_a_reservation_is_a_debt_of_all() {
    let clock = ManualClock::new();
    let store = store(&clock);
    let first = Node::start(store.clone(), acme(minute(100)), &clock);
    let second = Node::start(store, acme(minute(100)), &clock);
    let permit = ask(&first.acme().await, &Cost::tokens(10)).await.unwrap();
    drop(permit.settle(&Cost::tokens(80)));
    pass(&clock, ROW).await;
    assert_eq!(spend_for_a_while(&second.acme().await, 10, &clock).await, 2);
}

#[tokio::test(start_paused = true)]
async fn a_parents_limit_is_shared_by_its_children_on_all_nodes() {
    let clock = ManualClock::new();
    let store = store(&clock);
    let mut admitted = 0;
    let mut nodes = Vec::new();
    for child in ["acme-dev", "acme-ops"] {
        let node = Node::start(store.clone(), acme(minute(100)), &clock);
        let below = TenantConfig::new(id(child)).parent(id("acme"));
        node.source.set(below).unwrap();
        let child = node.engine.tenant(&id(child)).await.unwrap();
        admitted += spend(&child, 10).await;
        nodes.push(node);
    }
    assert_eq!(admitted, 10);
}

#[tokio::test(start_paused = true)]
async fn an_answer_says_what_all_have_used() {
    let clock = ManualClock::new();
    let store = store(&clock);
    let first = Node::start(store.clone(), acme(minute(100)), &clock);
    let second = Node::start(store, acme(minute(100)), &clock);
    assert_eq!(spend(&first.acme().await, 60).await, 1);
    first.engine.shutdown().await;
    let tenant = second.acme().await;
    drop(ask(&tenant, &Cost::tokens(10)).await.unwrap());
    let remaining = tenant.usage().remaining(&Dimension::Tokens);
    assert_eq!(remaining, Some(30));
}

#[tokio::test(start_paused = true)]
async fn several_limits_are_charged_all_or_none() {
    let clock = ManualClock::new();
    let store = store(&clock);
    let config = || {
        let second = LimitConfig::sliding("second", Dimension::Requests, 3, Duration::from_secs(1));
        acme(minute(100)).limit(second)
    };
    let nodes = [
        Node::start(store.clone(), config(), &clock),
        Node::start(store, config(), &clock),
    ];
    let cost = Cost::request().and_tokens(10);
    let mut admitted = 0;
    for _ in 0..40 {
        for node in &nodes {
            if let Ok(permit) = ask(&node.acme().await, &cost).await {
                drop(permit);
                admitted += 1;
            }
        }
        pass(&clock, Duration::from_millis(400)).await;
    }
    assert_eq!(
        admitted, 10,
        "the minute's, for what the second denied is not charged to it"
    );
}
