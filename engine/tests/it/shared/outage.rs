//! What becomes of requests while the store does not answer, as the builder says.

use tollgate::{BuildError, Outage};

use super::trouble::{ANSWERS, HANGS, Moody, REFUSES};
use super::*;

fn node(store: &Moody, config: TenantConfig, clock: &ManualClock, outage: Outage) -> Node {
    let source = InMemorySource::new();
    source.set(config).unwrap();
    let engine = Engine::builder()
        .source(source.clone())
        .clock(Clock::manual(clock))
        .shared(store.clone())
        .shared_outage(outage)
        .build()
        .unwrap();
    Node { engine, source }
}

/// Ten of a hundred are for outages, for two nodes.
const TENTH: Outage = Outage::LocalShare {
    percent: 10,
    nodes: 2,
};

#[tokio::test(start_paused = true)]
async fn open_to_all_it_admits_what_comes_and_tells_the_store_of_it_later() {
    for mood in [REFUSES, HANGS] {
        let clock = ManualClock::new();
        let store = Moody::new(&clock);
        let first = node(&store, acme(minute(100)), &clock, Outage::FailOpen);
        let tenant = first.acme().await;
        store.becomes(mood);
        let mut admitted = 0;
        for _ in 0..150 {
            pass(&clock, Duration::from_millis(10)).await;
            admitted += u64::from(ask(&tenant, &Cost::tokens(1)).await.is_ok());
        }
        assert!(admitted > 100, "{admitted}");
        store.becomes(ANSWERS);
        pass(&clock, Duration::from_secs(2)).await;
        assert_eq!(spend(&tenant, 1).await, 0, "it counts");
        let second = node(&store, acme(minute(100)), &clock, Outage::FailOpen);
        assert_eq!(spend(&second.acme().await, 1).await, 0, "for all");
    }
}

#[tokio::test(start_paused = true)]
async fn a_local_share_admits_a_part_of_the_reserve_on_each_node_and_never_too_much_in_all() {
    for mood in [REFUSES, HANGS] {
        let clock = ManualClock::new();
        let store = Moody::new(&clock);
        let nodes = [0, 1].map(|_| node(&store, acme(minute(100)), &clock, TENTH));
        let mut before = 0;
        for node in &nodes {
            before += spend_for_a_while(&node.acme().await, 1, &clock).await;
        }
        assert_eq!(before, 90, "the reserve is not for now");
        store.becomes(mood);
        pass(&clock, Duration::from_secs(2)).await;
        for node in &nodes {
            assert_eq!(spend_for_a_while(&node.acme().await, 1, &clock).await, 5);
        }
        store.becomes(ANSWERS);
        pass(&clock, Duration::from_secs(2)).await;
        for node in &nodes {
            assert_eq!(spend(&node.acme().await, 1).await, 0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_an_outage_allows_comes_again_with_each_window() {
    let clock = ManualClock::new();
    let store = Moody::new(&clock);
    let node = node(&store, acme(minute(100)), &clock, TENTH);
    let tenant = node.acme().await;
    assert_eq!(spend_for_a_while(&tenant, 1, &clock).await, 90);
    store.becomes(REFUSES);
    pass(&clock, Duration::from_secs(2)).await;
    assert_eq!(spend_for_a_while(&tenant, 1, &clock).await, 5);
    assert_eq!(spend_for_a_while(&tenant, 1, &clock).await, 0);
    pass(&clock, Duration::from_secs(60)).await;
    assert_eq!(spend_for_a_while(&tenant, 1, &clock).await, 5);
}

#[tokio::test]
async fn a_local_share_of_nothing_or_for_nobody_is_an_error() {
    for (percent, nodes) in [(0, 1), (100, 1), (10, 0)] {
        let outage = Outage::LocalShare { percent, nodes };
        let builder = Engine::builder().source(InMemorySource::new());
        let error = builder.shared_outage(outage).build().unwrap_err();
        assert_eq!(error, BuildError::UnsoundOutage(outage));
        let words = error.to_string();
        assert!(words.contains(&format!("percent: {percent}")), "{words}");
    }
}
