//! What is cached is read again before it is too old.

use std::time::Duration;

use tokio::time::sleep;

use super::fake::{Fake, Mood};
use super::kit::{Rig, TTL, config};

#[tokio::test(start_paused = true)]
async fn cached_tenants_are_read_again_in_batches_spread_over_a_tenth_of_the_time() {
    let names: Vec<_> = (0..900).map(|n| format!("tenant-{n}")).collect();
    let rig = Rig::new(Fake::with(
        &names.iter().map(String::as_str).collect::<Vec<_>>(),
    ))
    .await;
    for name in &names {
        rig.load(name).await.unwrap();
    }
    let first = rig.fake.loads();
    sleep(TTL * 88 / 100).await;
    assert_eq!(rig.fake.loads(), first, "not earlier than 90 %");
    sleep(TTL * 12 / 100).await;
    let halfway = rig.fake.batches.lock()[first..]
        .iter()
        .map(Vec::len)
        .sum::<usize>();
    assert!((300..=600).contains(&halfway), "{halfway} of 900 at 100 %");
    sleep(TTL * 12 / 100).await;
    let batches = rig.fake.batches.lock()[first..].to_vec();
    assert_eq!(batches.iter().map(Vec::len).sum::<usize>(), 900);
    assert!(batches.len() <= 30, "{} queries", batches.len());
    assert_eq!(rig.health().stale_served, 0);
    assert_eq!(rig.told.take(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_change_that_no_feed_sees_is_found_when_the_tenant_is_read_again() {
    let rig = Rig::new(Fake::with(&["acme", "umbrella"])).await;
    rig.load("acme").await.unwrap();
    rig.load("umbrella").await.unwrap();
    rig.fake.tamper(config("acme", 9), 77);
    sleep(TTL * 12 / 10).await;
    assert_eq!(rig.told.take(), ["acme=9@77"]);
    assert_eq!(rig.load("acme").await.unwrap(), Some(9));
}

#[tokio::test(start_paused = true)]
async fn a_refresh_keeps_no_tenant_cached_that_nobody_asks_for() {
    let rig = Rig::new(Fake::with(&["acme"])).await;
    for round in 0..1200 {
        rig.fake.write_unseen(
            &super::kit::id(&format!("t{round}")),
            Some(Ok(config(&format!("t{round}"), 1))),
        );
    }
    rig.fake.notices.notify_one();
    rig.settle().await;
    rig.load("acme").await.unwrap();
    sleep(TTL * 2).await;
    for round in 0..1200 {
        rig.load(&format!("t{round}")).await.unwrap();
    }
    rig.health();
    let loads = rig.fake.loads();
    rig.load("acme").await.unwrap();
    assert_eq!(rig.fake.loads(), loads + 1, "it made place for others");
}

#[tokio::test(start_paused = true)]
async fn a_database_that_is_down_is_not_hammered_with_refreshes() {
    let names: Vec<_> = (0..900).map(|n| format!("tenant-{n}")).collect();
    let rig = Rig::new(Fake::with(
        &names.iter().map(String::as_str).collect::<Vec<_>>(),
    ))
    .await;
    for name in &names {
        rig.load(name).await.unwrap();
    }
    let loads = rig.fake.loads();
    rig.fake.feel(Mood::Refuses);
    sleep(TTL * 2 + Duration::from_secs(1)).await;
    let queries = rig.fake.loads() - loads;
    assert!(queries <= 60, "{queries} in ten minutes");
}
