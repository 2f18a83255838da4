//! P10, P5, P11 through the engine: loads happen once, and changes during a load win.

use std::time::Duration;

use tokio::task::yield_now;
use tollgate::{Change, Cost, Engine, EngineBuilder, LookupError, ManualClock, Versioned};

use crate::sources::{Act, ByHand, Instant, Scripted, minute};
use crate::world::{id, secs};

fn builder() -> EngineBuilder {
    Engine::builder().clock(tollgate::Clock::manual(&ManualClock::new()))
}

fn engine(source: &Scripted) -> Engine {
    builder().source(source.clone()).build().unwrap()
}

/// Lets every other task run until it waits.
async fn settle() {
    for _ in 0..2_000 {
        yield_now().await;
    }
}

fn capacity(tenant: &tollgate::Tenant) -> u64 {
    tenant.plan().limits()[0].capacity()
}

#[tokio::test]
async fn a_thousand_tasks_that_want_a_tenant_load_it_once() {
    let source = Scripted::new([Act::AnswerLate]);
    source.configs().set(minute("acme", 5)).unwrap();
    let engine = engine(&source);
    let ask = || {
        let engine = engine.clone();
        tokio::spawn(async move { engine.tenant(&id("acme")).await.unwrap() })
    };
    let tasks: Vec<_> = (0..1_000).map(|_| ask()).collect();
    settle().await;
    source.open(1);
    let mut admitted = 0;
    for task in tasks {
        let tenant = task.await.unwrap();
        admitted += u32::from(tenant.try_acquire(&Cost::request()).is_admitted());
    }
    assert_eq!((source.loads(), admitted), (1, 5), "one load, one state");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_tasks_load_once_from_a_source_that_answers_at_once() {
    for round in 0..20 {
        let source = Instant::default();
        source.configs().set(minute("acme", 5)).unwrap();
        let engine = builder().source(source.clone()).build().unwrap();
        let ask = || {
            let engine = engine.clone();
            tokio::spawn(async move { engine.tenant(&id("acme")).await.unwrap() })
        };
        let tasks: Vec<_> = (0..1_000).map(|_| ask()).collect();
        // The handles are held: a tenant that nobody holds or has used may be evicted at any time.
        let mut held = Vec::new();
        for task in tasks {
            held.push(task.await.unwrap());
        }
        assert_eq!(source.loads(), 1, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_tasks_ask_once_for_an_id_that_is_nobody_s() {
    for round in 0..20 {
        let source = Instant::default();
        let engine = builder().source(source.clone()).build().unwrap();
        let ask = || {
            let engine = engine.clone();
            tokio::spawn(async move { engine.tenant(&id("nobody")).await })
        };
        let tasks: Vec<_> = (0..1_000).map(|_| ask()).collect();
        for task in tasks {
            assert!(task.await.unwrap().is_err_and(|error| error.is_not_found()));
        }
        assert_eq!(source.loads(), 1, "round {round}");
    }
}

#[tokio::test]
async fn a_config_that_is_set_during_a_load_wins() {
    for set_after in [0, 1] {
        let source = Scripted::new([Act::AnswerLate, Act::AnswerLate]);
        let engine = engine(&source);
        if set_after == 1 {
            source.configs().set(minute("acme", 1)).unwrap();
        }
        let asked = tokio::spawn({
            let engine = engine.clone();
            async move { engine.tenant(&id("acme")).await }
        });
        settle().await;
        source.configs().set(minute("acme", 7)).unwrap();
        source.open(2);
        let tenant = asked.await.unwrap().unwrap();
        assert_eq!(capacity(&tenant), 7);
        assert_eq!(capacity(&engine.tenant(&id("acme")).await.unwrap()), 7);
        assert_eq!(engine.unknown_ids_remembered(), 0);
    }
}

/// Found by the audit of the first version: what a load saw before a change was served until the
/// next load had ended.
#[tokio::test]
async fn a_suspension_during_a_load_is_immediate_whatever_the_next_load_does() {
    for next in [Act::AnswerLate, Act::Fail, Act::Hang, Act::Panic] {
        let source = Scripted::new([Act::AnswerLate, next]);
        source.configs().set(minute("acme", 5)).unwrap();
        let engine = engine(&source);
        let asked = tokio::spawn({
            let engine = engine.clone();
            async move { engine.tenant(&id("acme")).await }
        });
        settle().await;
        assert_eq!(source.loads(), 1);
        assert!(source.configs().suspend(&id("acme")));
        source.open(1);
        settle().await;
        let admits = |tenant: &tollgate::Tenant| tenant.try_acquire(&Cost::request()).is_admitted();
        let found = engine.get(&id("acme"));
        assert!(
            !found.as_ref().is_some_and(admits),
            "{next:?}: admitted after the suspension"
        );
        source.open(10);
        settle().await;
        if let Some(tenant) = engine.get(&id("acme")) {
            assert!(!admits(&tenant), "{next:?}");
        }
        asked.abort();
    }
}

#[tokio::test]
async fn a_tenant_that_is_removed_during_its_load_is_not_found() {
    let source = Scripted::new([Act::AnswerLate, Act::AnswerLate]);
    source.configs().set(minute("acme", 5)).unwrap();
    let engine = engine(&source);
    let asked = tokio::spawn({
        let engine = engine.clone();
        async move { engine.tenant(&id("acme")).await }
    });
    settle().await;
    assert!(source.configs().remove(&id("acme")));
    source.open(1);
    settle().await;
    let found = engine.get(&id("acme"));
    assert!(!found.is_some_and(|tenant| tenant.try_acquire(&Cost::request()).is_admitted()));
    source.open(1);
    assert!(
        asked
            .await
            .unwrap()
            .is_err_and(|error| error.is_not_found())
    );
    assert!(engine.get(&id("acme")).is_none());
}

#[tokio::test(start_paused = true)]
async fn a_source_that_hangs_costs_its_own_tenant_the_timeout_and_others_nothing() {
    let source = Scripted::new([Act::Hang]);
    source.configs().set(minute("slow", 5)).unwrap();
    source.configs().set(minute("fast", 5)).unwrap();
    let engine = builder()
        .source(source.clone())
        .load_timeout(secs(3))
        .build()
        .unwrap();
    let began = tokio::time::Instant::now();
    let slow = tokio::spawn({
        let engine = engine.clone();
        async move { engine.tenant(&id("slow")).await }
    });
    settle().await;
    engine.tenant(&id("fast")).await.unwrap();
    assert_eq!(began.elapsed(), Duration::ZERO);
    let error = slow.await.unwrap().unwrap_err();
    assert!(
        matches!(error, LookupError::TimedOut { limit, .. } if limit == secs(3)),
        "{error}"
    );
    assert!(!error.is_not_found());
    engine.tenant(&id("slow")).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_source_that_panics_or_fails_is_a_backend_error_and_the_next_load_works() {
    for act in [Act::Fail, Act::Panic] {
        let source = Scripted::new([act, act]);
        source.configs().set(minute("acme", 5)).unwrap();
        let engine = engine(&source);
        for _ in 0..2 {
            let error = engine.tenant(&id("acme")).await.unwrap_err();
            assert!(
                matches!(error, LookupError::Source { .. }),
                "{act:?}: {error}"
            );
            assert!(!error.is_not_found());
            assert_eq!(engine.unknown_ids_remembered(), 0, "an error is no answer");
        }
        engine.tenant(&id("acme")).await.unwrap();
    }
    let source = Scripted::new([Act::PanicBefore]);
    let engine = engine(&source);
    assert!(matches!(
        engine.tenant(&id("acme")).await,
        Err(LookupError::Source { .. })
    ));
}

#[tokio::test]
async fn an_invalid_config_from_a_source_is_an_error_with_every_problem() {
    let source = Scripted::new([]);
    let mut config = minute("acme", 0);
    config.quota.limits[0].sub_windows = Some(500);
    source.put(config, 1);
    let engine = engine(&source);
    let error = engine.tenant(&id("acme")).await.unwrap_err();
    let LookupError::InvalidConfig { problems, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(problems.iter().count(), 2, "{problems}");
    assert!(engine.get(&id("acme")).is_none() && !error.is_not_found());
    source.put(minute("acme", 5), 2);
    engine.tenant(&id("acme")).await.unwrap();
}

#[tokio::test]
async fn announcements_in_the_wrong_order_end_with_the_latest() {
    let source = ByHand::default();
    let of = |requests, version| Versioned {
        config: std::sync::Arc::new(minute("acme", requests)),
        version,
    };
    source.now(Some(of(1, 10)));
    let engine = builder().source(source.clone()).build().unwrap();
    let tenant = engine.tenant(&id("acme")).await.unwrap();
    source.announce(&id("acme"), &Change::Set(of(3, 30)));
    source.announce(&id("acme"), &Change::Set(of(2, 20)));
    source.announce(&id("acme"), &Change::Removed { version: 25 });
    assert_eq!(capacity(&tenant), 3);
    assert!(tenant.try_acquire(&Cost::request()).is_admitted());
    source.announce(&id("acme"), &Change::Removed { version: 40 });
    source.announce(&id("acme"), &Change::Set(of(4, 35)));
    assert!(tenant.try_acquire(&Cost::request()).is_denied());
    assert!(engine.get(&id("acme")).is_none());
    source.announce(&id("acme"), &Change::Set(of(5, 50)));
    assert_eq!(capacity(&engine.get(&id("acme")).unwrap()), 5);
    assert_eq!(
        tenant.usage().get("l").unwrap().used,
        1,
        "known again, with its usage"
    );
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_than_the_load_timeout_however_many_loads_hang() {
    let source = Scripted::new(vec![Act::Hang; 10_000]);
    let engine = builder()
        .source(source.clone())
        .load_timeout(secs(3))
        .build()
        .unwrap();
    let began = tokio::time::Instant::now();
    let strangers: Vec<_> = (0..2_000)
        .map(|stranger| {
            let engine = engine.clone();
            tokio::spawn(async move { engine.tenant(&id(&format!("s{stranger}"))).await })
        })
        .collect();
    for stranger in strangers {
        let error = stranger.await.unwrap().unwrap_err();
        assert!(matches!(error, LookupError::TimedOut { .. }), "{error}");
    }
    assert!(began.elapsed() <= secs(3), "{:?}", began.elapsed());
    // Who has stopped waiting is not loaded for: the loader is free for others.
    assert!(source.loads() <= 128, "{}", source.loads());
}

#[tokio::test]
async fn a_source_that_mixes_tenants_up_is_a_backend_error() {
    let source = Scripted::new([]);
    source.put_as("acme", minute("globex", 5));
    let error = engine(&source).tenant(&id("acme")).await.unwrap_err();
    assert!(matches!(error, LookupError::Source { .. }), "{error}");
}
