//! A store that is gone, slow, forgetful or broken.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tollgate::OriginError;
use tollgate::cluster::{Book, Call, Calling};

use super::*;

/// What the store does to calls.
pub(super) const ANSWERS: u64 = 0;
pub(super) const REFUSES: u64 = 1;
pub(super) const HANGS: u64 = 2;
const PANICS: u64 = 3;
/// It does what is asked, and its replies get lost.
const IS_NOT_HEARD: u64 = 4;
const SAYS_TOO_LITTLE: u64 = 5;

/// A store with moods.
#[derive(Clone)]
pub(super) struct Moody {
    store: InMemorySharedOrigin,
    mood: Arc<AtomicU64>,
    calls: Arc<AtomicU64>,
}

impl Moody {
    pub(super) fn new(clock: &ManualClock) -> Self {
        Self {
            store: store(clock),
            mood: Arc::default(),
            calls: Arc::default(),
        }
    }

    pub(super) fn becomes(&self, mood: u64) {
        self.mood.store(mood, Ordering::SeqCst);
    }
}

impl SharedOrigin for Moody {
    fn call<'o>(&'o self, calls: &'o [Call]) -> Calling<'o> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let failed = || {
            let error = OriginError::new("the store is in a mood");
            Box::pin(std::future::ready(
                calls.iter().map(|_| Err(error.clone())).collect(),
            ))
        };
        match self.mood.load(Ordering::SeqCst) {
            ANSWERS => self.store.call(calls),
            REFUSES => failed(),
            HANGS => Box::pin(std::future::pending()),
            IS_NOT_HEARD => Box::pin(async move {
                let _lost = self.store.call(calls).await;
                failed().await
            }),
            SAYS_TOO_LITTLE => Box::pin(std::future::ready(Vec::new())),
            mood => panic!("mood {mood}"),
        }
    }
}

/// So long that a failed call was made again.
async fn a_moment() {
    tokio::time::sleep(Duration::from_secs(3)).await;
}

#[tokio::test(start_paused = true)]
async fn without_its_store_a_node_spends_what_it_was_granted_and_then_says_that_it_cannot_know() {
    for mood in [REFUSES, HANGS, SAYS_TOO_LITTLE] {
        let clock = ManualClock::new();
        let store = Moody::new(&clock);
        let node = Node::start(store.clone(), acme(minute(1_000)), &clock);
        let tenant = node.acme().await;
        drop(ask(&tenant, &Cost::tokens(1)).await.unwrap());
        store.becomes(mood);
        let mut admitted = 1;
        let reason = loop {
            match ask(&tenant, &Cost::tokens(1)).await {
                Ok(_) => admitted += 1,
                Err(reason) => break reason,
            }
        };
        assert_eq!(reason, DenialReason::Ungranted);
        assert!((1..1_000).contains(&admitted), "{admitted}");
        store.becomes(ANSWERS);
        admitted += spend_for_a_while(&tenant, 1, &clock).await;
        assert_eq!(admitted, 1_000);
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_than_a_call_may_take() {
    let clock = ManualClock::new();
    let store = Moody::new(&clock);
    store.becomes(HANGS);
    let node = Node::start(store, acme(minute(1_000)), &clock);
    let tenant = node.acme().await;
    let began = tokio::time::Instant::now();
    assert!(ask(&tenant, &Cost::tokens(1)).await.is_err());
    assert!(
        began.elapsed() <= Duration::from_millis(301),
        "{:?}",
        began.elapsed()
    );
    let again = tokio::time::Instant::now();
    assert!(ask(&tenant, &Cost::tokens(1)).await.is_err());
    assert_eq!(again.elapsed(), Duration::ZERO, "it is known not to answer");
}

#[tokio::test(start_paused = true)]
async fn a_grant_whose_reply_was_lost_is_not_charged_twice() {
    let clock = ManualClock::new();
    let store = Moody::new(&clock);
    store.becomes(IS_NOT_HEARD);
    let node = Node::start(store.clone(), acme(minute(100)), &clock);
    let tenant = node.acme().await;
    assert!(ask(&tenant, &Cost::tokens(10)).await.is_err());
    a_moment().await;
    store.becomes(ANSWERS);
    a_moment().await;
    assert_eq!(spend(&tenant, 10).await, 10);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_panics_does_not_take_the_caller_with_it() {
    let clock = ManualClock::new();
    let store = Moody::new(&clock);
    store.becomes(PANICS);
    let node = Node::start(store.clone(), acme(minute(100)), &clock);
    let tenant = node.acme().await;
    assert!(ask(&tenant, &Cost::tokens(10)).await.is_err());
    store.becomes(ANSWERS);
    a_moment().await;
    assert_eq!(spend(&tenant, 10).await, 10);
}

#[tokio::test(start_paused = true)]
async fn a_tenant_that_is_idle_is_evicted_when_the_store_needs_nothing_of_it_any_more() {
    let clock = ManualClock::new();
    let store = Moody::new(&clock);
    let node = Node::start(store.clone(), acme(minute(100)), &clock);
    drop(ask(&node.acme().await, &Cost::tokens(10)).await.unwrap());
    node.engine.sweep(10);
    assert_eq!(
        node.engine.tenants_in_memory(),
        1,
        "the store may have to be told again"
    );
    clock.advance(Duration::from_secs(70));
    a_moment().await;
    node.engine.sweep(10);
    node.engine.sweep(10);
    assert_eq!(node.engine.tenants_in_memory(), 0);
    let calls = store.calls.load(Ordering::SeqCst);
    a_moment().await;
    assert_eq!(
        store.calls.load(Ordering::SeqCst),
        calls,
        "nobody is there to call for"
    );
}

/// A store that may have forgotten what it granted before.
#[derive(Clone)]
pub(super) struct Forgetful(Arc<std::sync::Mutex<Book>>, Clock);

impl Forgetful {
    pub(super) fn new(run: u64, clock: &ManualClock) -> Self {
        let book = Arc::new(std::sync::Mutex::new(Book::new(run)));
        Self(book, Clock::manual(clock))
    }

    pub(super) fn loses_everything(&self, run: u64) {
        self.0.lock().unwrap().lose_everything(run);
    }
}

impl SharedOrigin for Forgetful {
    fn call<'o>(&'o self, calls: &'o [Call]) -> Calling<'o> {
        let now = self.1.now().as_nanos() / 1_000;
        let mut book = self.0.lock().unwrap();
        let replies = calls.iter().map(|call| Ok(book.call(now, call)));
        Box::pin(std::future::ready(replies.collect()))
    }
}

#[tokio::test(start_paused = true)]
async fn while_a_store_listens_nobody_is_told_that_the_limit_is_used_up() {
    let clock = ManualClock::new();
    let store = Forgetful::new(7, &clock);
    let node = Node::start(store, acme(minute(100)), &clock);
    let tenant = node.acme().await;
    let denied = ask(&tenant, &Cost::tokens(1)).await.unwrap_err();
    assert_eq!(denied, DenialReason::Ungranted);
    pass(&clock, Duration::from_millis(1_500)).await;
    assert_eq!(spend_for_a_while(&tenant, 1, &clock).await, 100);
}
