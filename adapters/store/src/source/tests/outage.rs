//! What a source does while its database does not answer.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use tollgate::ConfigSource;

use super::fake::{Fake, Mood};
use super::kit::{Rig, STALE_FOR, TTL, WITHIN, config, id};
use crate::source::health::FeedMode;

#[tokio::test(start_paused = true)]
async fn a_cached_tenant_is_served_past_its_time_up_to_a_maximum_age() {
    let rig = Rig::new(Fake::with(&["acme"])).await;
    assert_eq!(rig.load("acme").await.unwrap(), Some(100));
    rig.fake.feel(Mood::Refuses);
    let read_at = Instant::now();
    while read_at.elapsed() + Duration::from_secs(60) < TTL + STALE_FOR {
        assert_eq!(rig.load("acme").await.unwrap(), Some(100));
        sleep(Duration::from_secs(60)).await;
    }
    let health = rig.health();
    assert!(health.stale_served >= 50, "{health:?}");
    assert_eq!(health.feed, FeedMode::Lost);
    assert!(!health.is_ready());
    let down = health.down.unwrap();
    assert!(
        down.lasting > STALE_FOR && down.cause.contains("a test"),
        "{down:?}"
    );
    sleep(Duration::from_secs(120)).await;
    rig.load("acme").await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn an_unknown_tenant_fails_within_the_limit_and_then_at_once() {
    let rig = Rig::new(Fake::with(&["acme", "umbrella"])).await;
    assert_eq!(rig.load("acme").await.unwrap(), Some(100));
    rig.fake.feel(Mood::Hangs);
    let began = Instant::now();
    rig.load("umbrella").await.unwrap_err();
    assert!(began.elapsed() <= 2 * WITHIN, "{:?}", began.elapsed());
    let (began, loads) = (Instant::now(), rig.fake.loads());
    let mut at_once = 0;
    for _ in 0..100 {
        let began = Instant::now();
        let problem = rig.load("umbrella").await.unwrap_err();
        if began.elapsed().is_zero() {
            at_once += 1;
            assert!(problem.to_string().contains("asked again in"), "{problem}");
        }
        assert_eq!(rig.load("acme").await.unwrap(), Some(100));
    }
    assert!(at_once >= 98, "{at_once}");
    let probes = rig.fake.loads() - loads;
    assert!(probes <= 2, "{probes} in {:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn all_who_wait_fail_together_when_the_database_hangs() {
    let rig = Rig::new(Fake::with(&["acme"])).await;
    let known: Vec<_> = (0..2000).map(|n| format!("tenant-{n}")).collect();
    for name in &known {
        rig.fake.set(config(name, 1));
    }
    rig.settle().await;
    rig.fake.feel(Mood::Hangs);
    let began = Instant::now();
    let mut requests = tokio::task::JoinSet::new();
    for name in known {
        let source = rig.source.clone();
        requests.spawn(async move { source.load(&id(&name)).await.is_err() });
    }
    assert!(requests.join_all().await.into_iter().all(|failed| failed));
    assert!(began.elapsed() <= 2 * WITHIN, "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn everything_recovers_by_itself_and_a_change_made_meanwhile_is_seen() {
    let rig = Rig::new(Fake::with(&["acme", "umbrella"])).await;
    assert_eq!(rig.load("acme").await.unwrap(), Some(100));
    rig.fake.feel(Mood::Refuses);
    sleep(Duration::from_secs(600)).await;
    rig.load("umbrella").await.unwrap_err();
    assert_eq!(rig.load("acme").await.unwrap(), Some(100));
    rig.fake.set(config("acme", 5));
    rig.fake.set(config("initech", 6));
    rig.fake.feel(Mood::Well);
    sleep(2 * super::kit::PACE.deaf).await;
    assert_eq!(rig.told.take(), ["acme=5@3", "initech=6@4"]);
    assert_eq!(rig.load("acme").await.unwrap(), Some(5));
    assert_eq!(rig.load("initech").await.unwrap(), Some(6));
    assert_eq!(rig.load("umbrella").await.unwrap(), Some(100));
    sleep(2 * super::kit::PACE.hearing).await;
    let health = rig.health();
    assert!(
        health.is_ready() && health.feed == FeedMode::Listening,
        "{health:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn while_the_database_is_down_nobody_is_said_not_to_exist() {
    let rig = Rig::new(Fake::with(&["acme"])).await;
    assert_eq!(rig.load("nobody").await.unwrap(), None);
    rig.fake.feel(Mood::Refuses);
    sleep(Duration::from_secs(60)).await;
    rig.load("nobody").await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_source_that_starts_without_its_database_is_ready_once_there_is_one() {
    let fake = Fake::with(&["acme"]);
    fake.feel(Mood::Refuses);
    let rig = Rig::unsettled(fake, 100);
    sleep(Duration::from_secs(30)).await;
    rig.load("acme").await.unwrap_err();
    assert!(!rig.health().is_ready());
    rig.fake.feel(Mood::Well);
    sleep(Duration::from_secs(15)).await;
    assert_eq!(rig.load("acme").await.unwrap(), Some(100));
    assert_eq!(rig.health().roster, Some(1));
    assert!(rig.health().is_ready());
}

#[tokio::test(start_paused = true)]
async fn an_actor_that_panics_comes_back_and_nobody_waits_for_ever() {
    let rig = Rig::new(Fake::with(&["acme"])).await;
    rig.fake.feel(Mood::Panics);
    rig.load("acme").await.unwrap_err();
    rig.fake.feel(Mood::Well);
    sleep(Duration::from_secs(60)).await;
    assert_eq!(rig.load("acme").await.unwrap(), Some(100));
    rig.fake.set(config("acme", 3));
    rig.settle().await;
    assert_eq!(rig.load("acme").await.unwrap(), Some(3));
}

#[tokio::test(start_paused = true)]
async fn the_actors_end_with_the_last_handle() {
    let rig = Rig::new(Fake::with(&["acme"])).await;
    let tasks = || {
        tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
    };
    assert!(tasks() >= 4);
    drop(rig);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(tasks(), 0);
}

#[tokio::test(start_paused = true)]
async fn after_a_shutdown_what_is_cached_is_served_and_the_rest_fails_at_once() {
    let rig = Rig::new(Fake::with(&["acme", "umbrella"])).await;
    assert_eq!(rig.load("acme").await.unwrap(), Some(100));
    rig.source.shutdown().await;
    rig.source.shutdown().await;
    assert_eq!(rig.load("acme").await.unwrap(), Some(100));
    rig.load("umbrella").await.unwrap_err();
}
