//! The watcher itself, at its own pace, below a real engine.

use std::time::Duration;

use tokio::runtime::Handle;
use tollgate::{Cost, Engine};
use tollgate_store::FileSource;

use super::kit::{Folder, requests, toml};

const FAST: Duration = Duration::from_millis(10);

/// Waits until it holds, for ten seconds at most.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..1_000 {
        if holds().await {
            return;
        }
        tokio::time::sleep(FAST).await;
    }
    panic!("{what} took more than 10 s");
}

#[tokio::test]
async fn a_change_is_enforced_by_the_engine_and_a_bad_one_is_not() {
    let folder = Folder::with(&[("t.toml", &toml(&[("acme", 5)]))]);
    let source = FileSource::builder(folder.path())
        .poll_interval(FAST)
        .open()
        .await
        .unwrap();
    let engine = Engine::builder().source(source.clone()).build().unwrap();
    let tenant = engine.tenant(&"acme".parse().unwrap()).await.unwrap();
    // Dropped, a permit keeps its charge.
    let is_admitted = || tenant.try_acquire(&Cost::request()).is_admitted();
    let admitted = || (0..1_000).filter(|_| is_admitted()).count();
    assert_eq!(admitted(), 5);

    folder.write("t.toml", toml(&[("acme", 8)]));
    until("a change", async || {
        requests(&source, "acme").await == Some(8)
    })
    .await;
    assert_eq!(admitted(), 3, "what was used is kept");

    folder.write(
        "t.toml",
        "[[tenants]]\ntenant_id = 'acme'\nqouta.requests_per_minute = 1000\n",
    );
    until("a problem", async || !source.health().problems.is_empty()).await;
    assert_eq!(admitted(), 0, "the last good config stays");

    folder.write("t.toml", toml(&[("other", 8)]));
    until("a removal", async || {
        requests(&source, "acme").await.is_none()
    })
    .await;
    assert!(
        engine
            .tenant(&"acme".parse().unwrap())
            .await
            .unwrap_err()
            .is_not_found()
    );
    engine.shutdown().await;
    source.shutdown().await;
}

#[tokio::test]
async fn the_watcher_ends_with_the_last_source_and_at_a_shutdown() {
    let tasks = || Handle::current().metrics().num_alive_tasks();
    let folder = Folder::with(&[("t.toml", &toml(&[("a", 1)]))]);
    let before = tasks();
    let source = FileSource::open(folder.path()).await.unwrap();
    let other = source.clone();
    assert_eq!(tasks(), before + 1);
    drop(source);
    tokio::task::yield_now().await;
    assert_eq!(tasks(), before + 1, "a clone has it");
    drop(other);
    until("the end of the watcher", async || tasks() == before).await;

    let source = FileSource::open(folder.path()).await.unwrap();
    source.shutdown().await;
    assert_eq!(tasks(), before);
    source.shutdown().await;
    folder.write("t.toml", toml(&[("a", 2)]));
    source.reload().await.unwrap();
    assert_eq!(
        requests(&source, "a").await,
        Some(2),
        "it can still be told to look"
    );
}
