//! What becomes of calls on a server that works.

use std::time::Instant;

use throwaway::Redis;
use tollgate::cluster::{Row, SharedOrigin};

use crate::kit::{PATIENCE, granted, one, only, origin, says, until_granted, wants};

fn new_database() -> String {
    Redis::shared().unwrap().create_database().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_may_have_forgotten_something_listens_for_a_second_and_then_grants() {
    let origin = origin(&new_database());
    let reply = one(&origin, &wants("acme", 1, 100)).await;
    assert_eq!(granted(&reply), 0);
    assert_eq!(only(&reply).not_before, reply.now + 1_000_000);
    let later = until_granted(&origin, &wants("acme", 1, 100)).await;
    assert!(later.now >= reply.now + 1_000_000);
    assert_eq!((granted(&later), only(&later).free), (100, 900));
    assert_eq!(later.run, reply.run);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_answered_call_by_call_in_its_order() {
    let origin = origin(&new_database());
    until_granted(&origin, &wants("globex", 9, 1)).await;
    let calls: Vec<_> = (1..=20)
        .map(|node| wants(["acme", "umbrella"][usize::from(node % 2 == 0)], node, node))
        .collect();
    let replies = origin.call(&calls).await;
    for (node, reply) in (1..).zip(&replies) {
        let reply = reply.as_ref().unwrap();
        assert_eq!(granted(reply), node);
        assert_eq!(reply.nodes, node.div_ceil(2));
    }
    assert_eq!(replies.len(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_lost_reply_granted_is_not_charged_twice() {
    let origin = origin(&new_database());
    until_granted(&origin, &wants("globex", 1, 1)).await;
    let start = Instant::now();
    // Until both fall into one row.
    for node in 1.. {
        let call = wants(&format!("acme-{node}"), 1, 100);
        let first = one(&origin, &call).await;
        let again = one(&origin, &call).await;
        if only(&again).epoch == only(&first).epoch {
            assert_eq!((granted(&again), only(&again).free), (100, 900));
            break;
        }
        assert!(start.elapsed() < PATIENCE, "no two calls in one row");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_reported_counts_once_however_often_it_is_said_and_what_comes_back_is_free() {
    let origin = origin(&new_database());
    let epoch = only(&until_granted(&origin, &wants("acme", 1, 1)).await).epoch;
    let row = |granted, returned| Row {
        epoch,
        granted,
        returned,
    };
    for _ in 0..3 {
        let reply = one(&origin, &says("acme", 2, vec![row(300, 0)])).await;
        assert_eq!(only(&reply).free, 699);
        assert!(only(&reply).rows.contains(&row(300, 0)));
    }
    let reply = one(&origin, &says("acme", 2, vec![row(300, 120)])).await;
    assert_eq!(only(&reply).free, 819);
    let reply = one(&origin, &says("acme", 2, vec![row(10, 0)])).await;
    assert_eq!(only(&reply).free, 819, "an old report changes nothing");
}
