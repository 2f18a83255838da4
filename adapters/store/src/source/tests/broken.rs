//! Rows that are no configs.

use super::fake::Fake;
use super::kit::{Rig, config, id};

#[tokio::test(start_paused = true)]
async fn a_broken_row_keeps_its_last_good_config_and_harms_nobody_else() {
    let rig = Rig::new(Fake::with(&["acme", "umbrella", "cold"])).await;
    rig.load("acme").await.unwrap();
    rig.fake.spoil("acme", "column allowed_models: not JSON");
    rig.fake
        .spoil("cold", "column limits: unknown field `windw`");
    rig.fake.set(config("umbrella", 3));
    rig.settle().await;
    assert_eq!(rig.told.take(), ["umbrella=3@6"]);
    assert_eq!(
        rig.load("acme").await.unwrap(),
        Some(100),
        "the last good one"
    );
    let loads = rig.fake.loads();
    for _ in 0..10 {
        let problem = rig.load("cold").await.unwrap_err().to_string();
        assert!(problem.contains("unknown field `windw`"), "{problem}");
    }
    assert_eq!(rig.fake.loads(), loads + 1, "it is not asked for each time");
    let broken = rig.health().broken;
    let named: Vec<_> = broken
        .iter()
        .map(|(id, problem)| format!("{id}: {problem}"))
        .collect();
    assert_eq!(
        named,
        [
            "acme: column allowed_models: not JSON",
            "cold: column limits: unknown field `windw`"
        ]
    );
    rig.fake.set(config("acme", 100));
    rig.fake.set(config("cold", 5));
    rig.settle().await;
    assert_eq!(rig.load("cold").await.unwrap(), Some(5));
    assert_eq!(rig.health().broken, []);
}

#[tokio::test(start_paused = true)]
async fn a_config_that_could_never_be_used_is_a_broken_row_too() {
    let rig = Rig::new(Fake::with(&["acme"])).await;
    rig.load("acme").await.unwrap();
    let mut looped = config("acme", 5);
    looped.parent = Some(id("acme"));
    rig.fake.set(looped);
    rig.settle().await;
    assert_eq!(rig.told.take(), [""; 0]);
    let broken = rig.health().broken;
    assert!(broken[0].1.contains("must be another tenant"), "{broken:?}");
}

#[tokio::test(start_paused = true)]
async fn a_removal_mends_a_broken_row() {
    let rig = Rig::new(Fake::with(&["acme"])).await;
    rig.fake.spoil("acme", "column limits: not JSON");
    rig.settle().await;
    assert_eq!(rig.health().broken.len(), 1);
    rig.fake.remove("acme");
    rig.settle().await;
    assert_eq!(rig.health().broken, []);
    assert_eq!(rig.load("acme").await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn of_thousands_of_broken_rows_some_are_named() {
    let rig = Rig::new(Fake::new()).await;
    for n in 0..3000 {
        rig.fake
            .spoil(&format!("tenant-{n}"), "column limits: not JSON");
    }
    rig.settle().await;
    assert_eq!(rig.health().broken.len(), 100);
    assert!(rig.health().is_ready(), "nobody else is concerned");
}
