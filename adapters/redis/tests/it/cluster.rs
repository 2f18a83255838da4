//! What becomes of calls to a Redis Cluster.

use throwaway::RedisCluster;
use tollgate::cluster::SharedOrigin;
use tollgate_redis::RedisOrigin;

use crate::kit::{PATIENCE, granted, on_thread, one, until_granted, wants};

const TENANTS: u64 = 30;

fn calls(node: u64) -> Vec<tollgate::cluster::Call> {
    let tenants = (0..TENANTS).map(|number| format!("tenant-{number}"));
    tenants.map(|tenant| wants(&tenant, node, 1)).collect()
}

/// Which calls had a reply.
async fn heard(origin: &RedisOrigin, node: u64) -> Vec<bool> {
    let replies = origin.call(&calls(node)).await;
    replies.iter().map(Result::is_ok).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_are_spread_over_the_servers_and_those_of_one_that_is_down_hold_up_no_others() {
    let mut servers = on_thread(|| RedisCluster::start(3).unwrap()).await;
    // One of them is enough to find all.
    let url = servers.urls().remove(1);
    let origin = RedisOrigin::cluster([&*url]).unwrap();
    let origin = origin.timeout(PATIENCE).build();
    // Each slot begins to listen when it is first called: all at once.
    assert!(heard(&origin, 1).await.iter().all(|heard| *heard));
    for call in calls(1) {
        until_granted(&origin, &call).await;
    }
    let replies = origin.call(&calls(2)).await;
    let runs = replies.iter().map(|reply| reply.as_ref().unwrap().run);
    let runs: std::collections::BTreeSet<_> = runs.collect();
    assert!(runs.len() > 3, "each slot knows for itself: {runs:?}");
    assert!(
        replies
            .iter()
            .all(|reply| granted(reply.as_ref().unwrap()) == 1)
    );

    servers = on_thread(move || {
        servers.servers_mut()[0].kill().unwrap();
        servers
    })
    .await;
    let up = heard(&origin, 3).await;
    let down = up.iter().filter(|up| !**up).count();
    assert!(
        (1..20).contains(&down),
        "a third of them, by chance: {up:?}"
    );
    for _ in 0..20 {
        assert_eq!(heard(&origin, 3).await, up);
    }
    // It comes back, and forgot.
    servers = on_thread(move || {
        servers.servers_mut()[0].restart().unwrap();
        servers
    })
    .await;
    let first = up.iter().position(|up| !*up).unwrap();
    let call = &calls(4)[first];
    let reply = until_granted(&origin, call).await;
    assert_ne!(reply.run, replies[first].as_ref().unwrap().run);
    assert_eq!(one(&origin, &calls(5)[first]).await.nodes, 2);
    drop(servers);
}
