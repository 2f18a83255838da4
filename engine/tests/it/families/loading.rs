//! Parents are loaded before their children: once, without a deadlock, and trouble with them is told.

use std::sync::Arc;

use tokio::task::yield_now;
use tollgate::{
    Clock, Cost, Engine, EngineBuilder, InMemorySource, LookupError, ManualClock, Tenant,
};

use super::{config, minute};
use crate::sources::{Act, Instant, Scripted};
use crate::world::{id, secs};

fn builder() -> EngineBuilder {
    Engine::builder().clock(Clock::manual(&ManualClock::new()))
}

async fn settle() {
    for _ in 0..2_000 {
        yield_now().await;
    }
}

/// What went wrong in the end, below the parents that could not be looked up.
fn root_cause(error: &LookupError) -> &LookupError {
    match error {
        LookupError::Parent { cause, .. } => root_cause(cause),
        other => other,
    }
}

fn spawn_all(engine: &Engine, children: usize) -> Vec<tokio::task::JoinHandle<Tenant>> {
    let ask = |number: usize| {
        let engine = engine.clone();
        let child = id(&format!("child-{number}"));
        tokio::spawn(async move { engine.tenant(&child).await.unwrap() })
    };
    (0..children).map(ask).collect()
}

fn family(configs: &InMemorySource, children: usize) {
    configs.set(config("root", [minute("m", 500)])).unwrap();
    configs
        .set(config("middle", []).parent(id("root")))
        .unwrap();
    for number in 0..children {
        let child = config(&format!("child-{number}"), []);
        configs.set(child.parent(id("middle"))).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_many_children_load_at_once_their_parents_load_once() {
    for round in 0..5 {
        let source = Instant::default();
        family(source.configs(), 1_000);
        let engine = builder().source(source.clone()).build().unwrap();
        let mut children = Vec::new();
        for task in spawn_all(&engine, 1_000) {
            children.push(task.await.unwrap());
        }
        assert_eq!(source.loads(), 1_002, "round {round}");
        let asked = children
            .iter()
            .map(|child| child.try_acquire(&Cost::request()));
        assert_eq!(
            asked.filter(tollgate::Decision::is_admitted).count(),
            500,
            "one parent"
        );
    }
}

/// 64 loads run at a time; children that wait for their parent must not keep it out.
#[tokio::test]
async fn children_that_fill_every_place_do_not_keep_their_parents_out() {
    let source = Scripted::new(vec![Act::AnswerLate; 202]);
    family(source.configs(), 200);
    let engine = builder().source(source.clone()).build().unwrap();
    let tasks = spawn_all(&engine, 200);
    settle().await;
    assert_eq!(source.loads(), 64);
    source.open(64);
    settle().await;
    assert_eq!(source.loads(), 65, "the parent is asked for beyond the 64");
    source.open(200);
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(source.loads(), 202);
}

fn circle(configs: &InMemorySource, length: usize) {
    for number in 0..length {
        let parent = id(&format!("t{}", (number + 1) % length));
        configs
            .set(config(&format!("t{number}"), []).parent(parent))
            .unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_circle_is_told_of_at_once() {
    for length in 2..=6 {
        let source = InMemorySource::new();
        circle(&source, length);
        let engine = builder().source(source).build().unwrap();
        let began = tokio::time::Instant::now();
        let ask = |number: usize| {
            let engine = engine.clone();
            tokio::spawn(async move { engine.tenant(&id(&format!("t{number}"))).await })
        };
        let tasks: Vec<_> = (0..length).map(ask).collect();
        for task in tasks {
            let error = task.await.unwrap().unwrap_err();
            let cause = root_cause(&error);
            assert!(
                matches!(cause, LookupError::Circle { .. }),
                "{length}: {error}"
            );
            assert!(!error.is_not_found());
        }
        assert_eq!(began.elapsed(), secs(0), "nobody waits for the timeout");
        assert_eq!(engine.tenants_in_memory(), 0);
    }
}

#[test]
fn a_circle_is_told_of_without_actors_too() {
    for length in 2..=6 {
        let source = InMemorySource::new();
        circle(&source, length);
        let engine = builder().source(source).build_without_actors().unwrap();
        let error = engine.tenant_blocking(&id("t0")).unwrap_err();
        let cause = root_cause(&error);
        let told = match cause {
            LookupError::Circle { .. } => length <= 4,
            LookupError::InvalidConfig { .. } => length > 4,
            _ => false,
        };
        assert!(told, "{length}: {cause}");
    }
}

#[tokio::test(start_paused = true)]
async fn trouble_with_a_parent_is_the_child_s_trouble_and_passes() {
    let source = Scripted::new([
        Act::Answer,
        Act::Fail,
        Act::Answer,
        Act::Panic,
        Act::Answer,
        Act::Hang,
    ]);
    let configs = source.configs();
    configs.set(config("acme", []).parent(id("root"))).unwrap();
    configs.set(config("root", [])).unwrap();
    let engine = builder()
        .source(source.clone())
        .load_timeout(secs(3))
        .build()
        .unwrap();
    for trouble in ["fails", "panics", "hangs"] {
        let error = engine.tenant(&id("acme")).await.unwrap_err();
        assert!(!error.is_not_found(), "{trouble}: {error}");
        assert_eq!(engine.tenants_in_memory(), 0, "{trouble}");
        assert_eq!(engine.unknown_ids_remembered(), 0, "{trouble}");
    }
    // The last load ends at the instant at which its asker gave up; who asks at it may still join it.
    settle().await;
    let acme = engine.tenant(&id("acme")).await.unwrap();
    assert_eq!(acme.parent().unwrap().id().as_str(), "root");
}

#[tokio::test]
async fn a_parent_that_is_nobody_s_is_trouble_and_no_404() {
    let source = InMemorySource::new();
    source.set(config("acme", []).parent(id("root"))).unwrap();
    let engine = builder().source(source.clone()).build().unwrap();
    for error in [
        engine.tenant(&id("acme")).await.unwrap_err(),
        engine.tenant_blocking(&id("acme")).unwrap_err(),
    ] {
        assert!(
            root_cause(&error).is_not_found() && !error.is_not_found(),
            "{error}"
        );
        assert!(error.to_string().contains("parent root"), "{error}");
    }
    source.set(config("root", [])).unwrap();
    assert!(
        engine.tenant(&id("acme")).await.is_ok(),
        "known from now on, not after a while"
    );
    source.remove(&id("root"));
    source.set(config("late", []).parent(id("root"))).unwrap();
    let error = engine.tenant(&id("late")).await.unwrap_err();
    assert!(root_cause(&error).is_not_found(), "{error}");
}

#[tokio::test]
async fn a_child_above_its_parent_is_refused_when_it_is_loaded() {
    let source = InMemorySource::new();
    source.set(config("root", [minute("m", 10)])).unwrap();
    source
        .set(config("acme", [minute("m", 11)]).parent(id("root")))
        .unwrap();
    let engine = builder().source(source.clone()).build().unwrap();
    let error = engine.tenant(&id("acme")).await.unwrap_err();
    let LookupError::InvalidConfig { problems, .. } = &error else {
        panic!("{error}")
    };
    assert!(
        problems.to_string().contains("must be at most 10"),
        "{problems}"
    );
    source
        .set(config("acme", [minute("m", 10)]).parent(id("root")))
        .unwrap();
    assert!(engine.tenant(&id("acme")).await.is_ok());
}

/// A change of the parent while its children load is for all of them.
#[tokio::test]
async fn a_parent_that_changes_while_it_is_loaded_is_loaded_as_it_is() {
    let source = Scripted::new([Act::Answer, Act::AnswerLate]);
    source
        .configs()
        .set(config("acme", []).parent(id("root")))
        .unwrap();
    source
        .configs()
        .set(config("root", [minute("m", 9)]))
        .unwrap();
    let engine = builder().source(source.clone()).build().unwrap();
    let asked = tokio::spawn({
        let engine = engine.clone();
        async move { engine.tenant(&id("acme")).await }
    });
    settle().await;
    assert!(source.configs().suspend(&id("root")));
    source.open(1);
    let acme = asked.await.unwrap().unwrap();
    assert!(acme.try_acquire(&Cost::request()).is_denied());
}

#[test]
fn threads_that_load_children_at_once_share_one_parent() {
    for _ in 0..50 {
        let source = InMemorySource::new();
        family(&source, 8);
        let engine = Arc::new(builder().source(source).build_without_actors().unwrap());
        let admitted: usize = std::thread::scope(|scope| {
            let load = |number: usize| {
                let engine = Arc::clone(&engine);
                scope.spawn(move || {
                    let child = engine
                        .tenant_blocking(&id(&format!("child-{number}")))
                        .unwrap();
                    (0..100)
                        .filter(|_| child.try_acquire(&Cost::request()).is_admitted())
                        .count()
                })
            };
            let threads: Vec<_> = (0..8).map(load).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .sum()
        });
        assert_eq!(admitted, 500);
    }
}
