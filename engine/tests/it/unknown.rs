//! P10: ids that are nobody's are cheap, remembered for a while, and bounded.

use std::num::NonZeroUsize;

use tollgate::{Clock, Engine, ManualClock};

use crate::sources::{Act, Scripted, minute};
use crate::world::{id, nanos, secs};

#[tokio::test]
async fn an_unknown_id_is_asked_for_once_until_its_time_is_up() {
    let (source, clock) = (Scripted::new([]), ManualClock::new());
    let builder = Engine::builder()
        .clock(Clock::manual(&clock))
        .source(source.clone());
    let engine = builder.unknown_ttl(secs(5)).build().unwrap();
    for _ in 0..10 {
        assert!(
            engine
                .tenant(&id("nobody"))
                .await
                .is_err_and(|e| e.is_not_found())
        );
    }
    assert_eq!(source.loads(), 1);
    clock.advance(secs(5) - nanos(1));
    assert!(engine.tenant(&id("nobody")).await.is_err());
    assert_eq!(source.loads(), 1);
    clock.advance(nanos(1));
    assert!(engine.tenant(&id("nobody")).await.is_err());
    assert_eq!(source.loads(), 2);
}

#[tokio::test]
async fn a_ttl_of_zero_remembers_nothing() {
    let source = Scripted::new([]);
    let builder = Engine::builder()
        .source(source.clone())
        .unknown_ttl(secs(0));
    let engine = builder.build().unwrap();
    for _ in 0..3 {
        assert!(engine.tenant(&id("nobody")).await.is_err());
    }
    assert_eq!((source.loads(), engine.unknown_ids_remembered()), (3, 0));
}

#[tokio::test]
async fn a_flood_of_unknown_ids_fills_nothing() {
    let source = Scripted::new([]);
    source.configs().set(minute("acme", 5)).unwrap();
    let builder = Engine::builder()
        .clock(Clock::manual(&ManualClock::new()))
        .source(source.clone());
    let engine = builder
        .unknown_most(NonZeroUsize::new(100).unwrap())
        .build()
        .unwrap();
    let known = engine.tenant(&id("acme")).await.unwrap();
    for number in 0..5_000 {
        assert!(
            engine
                .tenant(&id(&format!("random-{number}")))
                .await
                .is_err()
        );
    }
    assert_eq!(
        (engine.unknown_ids_remembered(), engine.tenants_in_memory()),
        (100, 1)
    );
    // The latest are the ones that are remembered.
    let before = source.loads();
    assert!(engine.tenant(&id("random-4999")).await.is_err());
    assert_eq!(source.loads(), before);
    drop(known);
}

#[tokio::test]
async fn a_config_that_is_set_makes_an_unknown_id_known_at_once() {
    let source = Scripted::new([]);
    let engine = Engine::builder().source(source.clone()).build().unwrap();
    assert!(engine.tenant(&id("acme")).await.is_err());
    source.configs().set(minute("acme", 5)).unwrap();
    assert!(engine.tenant(&id("acme")).await.is_ok());
    assert!(source.configs().remove(&id("acme")));
    assert!(engine.get(&id("acme")).is_none());
    assert!(
        engine
            .tenant(&id("acme"))
            .await
            .is_err_and(|e| e.is_not_found())
    );
    source.configs().set(minute("acme", 6)).unwrap();
    assert!(engine.tenant(&id("acme")).await.is_ok());
}

#[tokio::test]
async fn a_miss_that_a_config_overtakes_is_not_remembered() {
    let source = Scripted::new([Act::AnswerLate]);
    let engine = Engine::builder().source(source.clone()).build().unwrap();
    let asked = tokio::spawn({
        let engine = engine.clone();
        async move { engine.tenant(&id("acme")).await }
    });
    while source.loads() == 0 {
        tokio::task::yield_now().await;
    }
    source.configs().set(minute("acme", 5)).unwrap();
    source.open(1);
    assert!(asked.await.unwrap().is_ok());
}

#[test]
fn a_program_without_a_runtime_has_the_same_promises() {
    let (source, clock) = (Scripted::new([]), ManualClock::new());
    let builder = Engine::builder()
        .clock(Clock::manual(&clock))
        .source(source.clone());
    let engine = builder.build_without_actors().unwrap();
    for _ in 0..3 {
        assert!(
            engine
                .tenant_blocking(&id("acme"))
                .is_err_and(|e| e.is_not_found())
        );
    }
    assert_eq!(source.loads(), 1);
    source.configs().set(minute("acme", 5)).unwrap();
    let tenant = engine.tenant_blocking(&id("acme")).unwrap();
    assert_eq!(source.loads(), 2);
    assert!(source.configs().suspend(&id("acme")));
    assert!(tenant.try_acquire(&tollgate::Cost::request()).is_denied());
}
