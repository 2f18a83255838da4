//! Tenants that are asked for the first time, and ids that nobody has.

use std::num::NonZeroUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::task::JoinSet;
use tollgate::{ConfigSource, Engine, LookupError};

use super::fake::Fake;
use super::kit::{Rig, config, id};

#[tokio::test(start_paused = true)]
async fn ten_thousand_requests_for_one_cold_tenant_are_one_query() {
    let rig = Rig::new(Fake::with(&["acme"])).await;
    rig.fake.delay(Duration::from_millis(5));
    let engine = Engine::builder()
        .source(rig.source.clone())
        .build()
        .unwrap();
    let mut requests = JoinSet::new();
    for _ in 0..10_000 {
        let engine = engine.clone();
        requests.spawn(async move { engine.tenant(&id("acme")).await.is_ok() });
    }
    assert!(requests.join_all().await.into_iter().all(|served| served));
    assert_eq!(rig.fake.loads(), 1);
    assert_eq!(rig.told.take(), [""; 0], "reading is no change");
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_who_ask_the_source_itself_are_one_query_too() {
    let rig = Rig::new(Fake::with(&["acme"])).await;
    rig.fake.delay(Duration::from_millis(5));
    let mut requests = JoinSet::new();
    for _ in 0..10_000 {
        let source = rig.source.clone();
        requests.spawn(async move { source.load(&id("acme")).await.unwrap().is_some() });
    }
    assert!(requests.join_all().await.into_iter().all(|served| served));
    assert_eq!(rig.fake.loads(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_is_wanted_while_queries_are_under_way_shares_the_next() {
    let names: Vec<_> = (0..700).map(|n| format!("tenant-{n}")).collect();
    let rig = Rig::new(Fake::with(
        &names.iter().map(String::as_str).collect::<Vec<_>>(),
    ))
    .await;
    rig.fake.delay(Duration::from_millis(5));
    let mut requests = JoinSet::new();
    for name in names {
        let source = rig.source.clone();
        requests.spawn(async move { source.load(&id(&name)).await.unwrap().is_some() });
    }
    assert!(requests.join_all().await.into_iter().all(|served| served));
    let sizes: Vec<_> = rig.fake.batches.lock().iter().map(Vec::len).collect();
    assert_eq!(sizes.iter().sum::<usize>(), 700);
    assert!(sizes.len() <= 5, "{sizes:?}");
    assert!(sizes.iter().all(|&size| size <= 256), "{sizes:?}");
}

#[tokio::test(start_paused = true)]
async fn a_cached_tenant_costs_no_query() {
    let rig = Rig::new(Fake::with(&["acme"])).await;
    for _ in 0..100 {
        assert_eq!(rig.load("acme").await.unwrap(), Some(100));
    }
    assert_eq!(rig.fake.loads(), 1);
}

/// All at once, through an engine.
async fn flood(rig: &Rig, unknown: usize) {
    let engine = Engine::builder()
        .source(rig.source.clone())
        .load_timeout(Duration::from_secs(3600))
        .build()
        .unwrap();
    let mut requests = JoinSet::new();
    for n in 0..unknown {
        let engine = engine.clone();
        requests.spawn(async move {
            let found = engine.tenant(&id(&format!("nobody-{n}"))).await;
            matches!(found, Err(LookupError::NotFound(_)))
        });
    }
    assert!(requests.join_all().await.into_iter().all(|unknown| unknown));
}

#[tokio::test(start_paused = true)]
async fn a_hundred_thousand_unknown_ids_cost_no_query_while_the_roster_is_current() {
    let rig = Rig::new(Fake::with(&["acme"])).await;
    flood(&rig, 100_000).await;
    assert_eq!(rig.fake.loads(), 0);
    assert_eq!(rig.health().unknown, 0, "nor any room");
    assert_eq!(rig.load("acme").await.unwrap(), Some(100));
}

#[tokio::test(start_paused = true)]
async fn without_a_roster_unknown_ids_share_queries_and_take_bounded_room() {
    let rig = Rig::with(Fake::with(&["acme"]), 0).await;
    assert_eq!(rig.load("acme").await.unwrap(), Some(100));
    rig.fake.delay(Duration::from_millis(1));
    flood(&rig, 100_000).await;
    // The engine loads 64 at a time, in two queries that take turns.
    let queries = rig.fake.loads();
    assert!(queries <= 100_000 / 20, "{queries} queries");
    assert!(rig.health().unknown <= 10_000);
    assert_eq!(rig.health().cached, 1, "no tenant was displaced");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_id_is_asked_for_once_in_a_while() {
    let rig = Rig::with(Fake::new(), 0).await;
    for _ in 0..100 {
        assert_eq!(rig.load("nobody").await.unwrap(), None);
    }
    assert_eq!(rig.fake.loads(), 1);
    tokio::time::sleep(super::kit::UNKNOWN_TTL).await;
    assert_eq!(rig.load("nobody").await.unwrap(), None);
    assert_eq!(rig.fake.loads(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_roster_that_is_too_long_turns_itself_off() {
    let names: Vec<_> = (0..30).map(|n| format!("tenant-{n}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let rig = Rig::with(Fake::with(&names), 20).await;
    assert_eq!(rig.health().roster, None);
    assert_eq!(rig.load("tenant-29").await.unwrap(), Some(100));
    assert_eq!(rig.load("nobody").await.unwrap(), None);
    assert_eq!(rig.fake.loads(), 2);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_created_while_the_roster_is_read_is_in_it() {
    let fake = Fake::with(&["a", "m", "z"]);
    fake.delay(Duration::from_millis(50));
    let rig = Rig::unsettled(fake, 100);
    tokio::time::sleep(Duration::from_millis(75)).await;
    assert_eq!(
        rig.fake.asked_for_ids.load(Ordering::SeqCst),
        1,
        "the page is under way"
    );
    rig.fake.set(config("b", 7));
    rig.source.settled().await;
    rig.settle().await;
    rig.settle().await;
    assert_eq!(rig.health().roster, Some(4));
    assert_eq!(rig.load("b").await.unwrap(), Some(7));
}

#[tokio::test(start_paused = true)]
async fn the_cache_holds_no_more_than_it_may() {
    let names: Vec<_> = (0..3000).map(|n| format!("tenant-{n}")).collect();
    let rig = Rig::new(Fake::with(
        &names.iter().map(String::as_str).collect::<Vec<_>>(),
    ))
    .await;
    for name in &names {
        rig.load(name).await.unwrap();
    }
    assert_eq!(rig.health().cached, 1000);
    assert!(NonZeroUsize::new(rig.fake.loads()).is_some_and(|loads| loads.get() == 3000));
    rig.load("tenant-2999").await.unwrap();
    assert_eq!(rig.fake.loads(), 3000, "the last one asked for is there");
}
