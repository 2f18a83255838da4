//! What listeners are told of changes that others make, and when.

use std::time::Duration;

use tokio::time::sleep;
use tollgate::{ConfigSource, Cost, Engine, Status};

use super::fake::Fake;
use super::kit::{PACE, Rig, config, id};
use crate::source::health::FeedMode;

#[tokio::test(start_paused = true)]
async fn a_change_is_told_cached_and_enforced() {
    let rig = Rig::new(Fake::with(&["acme"])).await;
    let engine = Engine::builder()
        .source(rig.source.clone())
        .build()
        .unwrap();
    let acme = engine.tenant(&id("acme")).await.unwrap();
    rig.fake.set(config("acme", 3));
    rig.settle().await;
    assert_eq!(rig.told.take(), ["acme=3@2"]);
    assert_eq!(rig.load("acme").await.unwrap(), Some(3));
    let admitted = (0..10).filter(|_| acme.try_acquire(&Cost::request()).is_admitted());
    assert_eq!(admitted.count(), 3);
    let mut suspended = config("acme", 3);
    suspended.status = Status::Suspended;
    rig.fake.set(suspended);
    rig.settle().await;
    assert!(!acme.try_acquire(&Cost::request()).is_admitted());
    rig.fake.remove("acme");
    rig.settle().await;
    assert!(engine.tenant(&id("acme")).await.unwrap_err().is_not_found());
    rig.fake.set(config("acme", 50));
    rig.settle().await;
    assert!(engine.tenant(&id("acme")).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_touch_that_changes_nothing_is_told_to_nobody() {
    let rig = Rig::new(Fake::with(&["acme"])).await;
    rig.load("acme").await.unwrap();
    for _ in 0..5 {
        rig.fake.set(config("acme", 100));
        rig.settle().await;
    }
    assert_eq!(rig.told.take(), [""; 0]);
    let found = rig.source.load(&id("acme")).await.unwrap().unwrap();
    assert_eq!(found.version, 6, "though the version moves on");
    rig.fake.set(config("acme", 101));
    rig.settle().await;
    assert_eq!(rig.told.take(), ["acme=101@7"]);
}

#[tokio::test(start_paused = true)]
async fn who_is_created_is_found_at_once_by_those_who_were_told_that_there_is_none() {
    for roster in [0, 100] {
        let rig = Rig::with(Fake::with(&["acme"]), roster).await;
        let engine = Engine::builder()
            .source(rig.source.clone())
            .build()
            .unwrap();
        assert!(
            engine
                .tenant(&id("newcomer"))
                .await
                .unwrap_err()
                .is_not_found()
        );
        rig.fake.set(config("newcomer", 8));
        rig.settle().await;
        assert_eq!(rig.told.take(), ["newcomer=8@2"]);
        assert!(engine.tenant(&id("newcomer")).await.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_that_was_read_before_it_was_told_is_told_all_the_same() {
    let rig = Rig::new(Fake::with(&["acme"])).await;
    rig.fake
        .write_unseen(&id("acme"), Some(Ok(config("acme", 4))));
    rig.fake
        .write_unseen(&id("acme"), Some(Ok(config("acme", 4))));
    assert_eq!(
        rig.load("acme").await.unwrap(),
        Some(4),
        "some engine reads it anew"
    );
    assert_eq!(rig.told.take(), [""; 0]);
    rig.fake.notices.notify_one();
    rig.settle().await;
    assert_eq!(
        rig.told.take(),
        ["acme=4@3"],
        "another engine may have the old one"
    );
}

#[tokio::test(start_paused = true)]
async fn a_read_that_a_change_overtakes_is_repeated() {
    let rig = Rig::new(Fake::with(&["acme"])).await;
    rig.fake.delay(Duration::from_millis(500));
    let source = rig.source.clone();
    let early = tokio::spawn(async move { source.load(&id("acme")).await.unwrap().unwrap() });
    sleep(Duration::from_millis(100)).await;
    rig.fake.delay(Duration::ZERO);
    rig.fake.set(config("acme", 2));
    let found = early.await.unwrap();
    assert_eq!(
        (found.version, found.config.quota.requests_per_minute),
        (2, 2)
    );
    rig.fake.delay(Duration::from_millis(500));
    let source = rig.source.clone();
    let early = tokio::spawn(async move { source.load(&id("newcomer")).await.unwrap() });
    sleep(Duration::from_millis(100)).await;
    rig.fake.delay(Duration::ZERO);
    rig.fake.set(config("newcomer", 1));
    assert!(early.await.unwrap().is_none(), "the roster knew of none");
    rig.settle().await;
    assert_eq!(rig.load("newcomer").await.unwrap(), Some(1));
}

#[tokio::test(start_paused = true)]
async fn an_absence_that_a_creation_overtakes_is_not_remembered() {
    let rig = Rig::with(Fake::new(), 0).await;
    rig.fake.delay(Duration::from_millis(500));
    let source = rig.source.clone();
    let early = tokio::spawn(async move { source.load(&id("acme")).await.unwrap() });
    sleep(Duration::from_millis(100)).await;
    rig.fake.delay(Duration::ZERO);
    rig.fake.set(config("acme", 2));
    let found = early.await.unwrap().expect("it was read again");
    assert_eq!(found.version, 1);
    assert_eq!(rig.load("acme").await.unwrap(), Some(2));
}

#[tokio::test(start_paused = true)]
async fn versions_that_come_out_of_order_never_bring_an_old_config_back() {
    let rig = Rig::new(Fake::with(&["acme"])).await;
    rig.load("acme").await.unwrap();
    let shared = rig.source.shared();
    let versioned = |requests, version| tollgate::Versioned {
        config: std::sync::Arc::new(config("acme", requests)),
        version,
    };
    shared.set(versioned(7, 7));
    shared.set(versioned(6, 6));
    shared.removed(&id("acme"), 5);
    assert_eq!(rig.told.take(), ["acme=7@7"]);
    assert_eq!(rig.load("acme").await.unwrap(), Some(7));
    shared.removed(&id("acme"), 8);
    assert_eq!(rig.told.take(), ["acme gone@8"]);
}

#[tokio::test(start_paused = true)]
async fn when_notices_are_cut_changes_are_polled_for_and_later_heard_again() {
    let rig = Rig::new(Fake::with(&["acme"])).await;
    rig.load("acme").await.unwrap();
    rig.fake.cut_notices(true);
    rig.settle().await;
    assert_eq!(rig.health().feed, FeedMode::Polling);
    rig.fake.set(config("acme", 2));
    sleep(PACE.deaf * 12 / 10).await;
    assert_eq!(rig.told.take(), ["acme=2@2"]);
    assert!(rig.health().is_ready());
    rig.fake.cut_notices(false);
    sleep(Duration::from_secs(20)).await;
    assert_eq!(rig.health().feed, FeedMode::Listening);
    rig.fake.set(config("acme", 3));
    rig.settle().await;
    assert_eq!(rig.told.take(), ["acme=3@3"]);
}

#[tokio::test(start_paused = true)]
async fn a_change_whose_notice_is_lost_is_found_at_the_next_look() {
    let rig = Rig::new(Fake::with(&["acme"])).await;
    rig.fake
        .write_unseen(&id("acme"), Some(Ok(config("acme", 2))));
    sleep(PACE.hearing * 12 / 10).await;
    assert_eq!(rig.told.take(), ["acme=2@2"]);
}

#[tokio::test(start_paused = true)]
async fn what_a_table_that_can_not_tell_of_all_changes_says_of_strangers_is_not_believed() {
    let fake = Fake::with(&["acme"]);
    fake.plain.store(true, std::sync::atomic::Ordering::SeqCst);
    let rig = Rig::new(fake).await;
    let umbrella = tollgate::TenantConfig::new(id("umbrella"));
    rig.fake.tamper(umbrella, 50);
    assert!(
        rig.load("umbrella").await.unwrap().is_some(),
        "no change was told"
    );
    rig.fake.tamper(config("late", 5), 51);
    rig.fake
        .plain
        .store(false, std::sync::atomic::Ordering::SeqCst);
    sleep(2 * PACE.hearing).await;
    let loads = rig.fake.loads();
    assert_eq!(rig.load("nobody").await.unwrap(), None);
    assert_eq!(rig.fake.loads(), loads, "the roster was read anew");
    assert_eq!(rig.health().roster, Some(3));
    assert_eq!(rig.load("late").await.unwrap(), Some(5));
}

#[tokio::test(start_paused = true)]
async fn a_touch_right_after_a_tenant_was_read_is_told_to_nobody_either() {
    let rig = Rig::new(Fake::with(&["acme"])).await;
    rig.load("acme").await.unwrap();
    rig.fake
        .write_unseen(&id("acme"), Some(Ok(config("acme", 100))));
    rig.fake
        .write_unseen(&id("acme"), Some(Ok(config("acme", 100))));
    rig.fake.notices.notify_one();
    rig.settle().await;
    assert_eq!(rig.told.take(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_change_that_can_not_be_read_is_tried_again_until_it_can() {
    use std::sync::atomic::Ordering::SeqCst;
    let rig = Rig::new(Fake::with(&["acme", "umbrella"])).await;
    rig.load("acme").await.unwrap();
    rig.fake.unreadable.store(true, SeqCst);
    rig.fake.set(config("acme", 2));
    rig.fake.remove("umbrella");
    sleep(Duration::from_secs(30)).await;
    assert_eq!(rig.health().feed, FeedMode::Lost);
    rig.fake.unreadable.store(false, SeqCst);
    sleep(2 * PACE.deaf).await;
    let told = rig.told.take();
    assert!(told.contains(&"acme=2@3".to_owned()), "{told:?}");
    assert!(told.contains(&"umbrella gone@4".to_owned()), "{told:?}");
    assert_eq!(rig.load("acme").await.unwrap(), Some(2));
}

#[tokio::test(start_paused = true)]
async fn a_burst_of_notices_is_few_questions() {
    use std::sync::atomic::Ordering::SeqCst;
    let rig = Rig::new(Fake::with(&["acme"])).await;
    let asked = rig.fake.asked_for_changes.load(SeqCst);
    for n in 0..1000 {
        rig.fake.set(config("acme", n));
        sleep(Duration::from_millis(1)).await;
    }
    let asked = rig.fake.asked_for_changes.load(SeqCst) - asked;
    assert!(asked <= 51, "{asked} in a second");
    rig.settle().await;
    assert_eq!(rig.load("acme").await.unwrap(), Some(999));
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_changes_at_once_are_read_in_batches() {
    let rig = Rig::new(Fake::new()).await;
    for n in 0..10_000 {
        let name = format!("tenant-{n}");
        rig.fake
            .write_unseen(&id(&name), Some(Ok(config(&name, 1))));
    }
    rig.fake.notices.notify_one();
    rig.settle().await;
    assert_eq!(rig.told.take().len(), 10_000);
    assert_eq!(rig.health().cached, 0, "who was asked for keeps its place");
    assert!(
        rig.fake.loads() <= 10_000 / 256 * 2,
        "{} queries",
        rig.fake.loads()
    );
}
