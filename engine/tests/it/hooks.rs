//! Hooks: they hear everything, and trouble nobody.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tollgate::{Engine, Event, Hooks, InMemorySource, ResolveEvent};

/// Longer than any delivery takes: what is waited for comes, or the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// Tells what it hears; does what it is told before each return.
struct Ear {
    heard: Sender<String>,
    leave: Option<Mutex<Receiver<()>>>,
}

impl Hooks for Ear {
    fn on_resolve(&self, event: &ResolveEvent) {
        let who = event
            .tenant
            .as_ref()
            .map_or_else(String::new, ToString::to_string);
        self.heard.send(who.clone()).unwrap();
        if let Some(leave) = &self.leave {
            // The test is over when nobody gives leave any more.
            let _over = leave.lock().unwrap_or_else(PoisonError::into_inner).recv();
        }
        assert_ne!(who, "panic", "a hook that panics");
    }
}

fn resolved(who: &str) -> Event {
    Event::Resolve(ResolveEvent::new(Some(who.parse().unwrap())))
}

fn engine(ear: Ear) -> Engine {
    Engine::builder()
        .source(InMemorySource::new())
        .hooks(ear)
        .build()
        .unwrap()
}

#[tokio::test]
async fn events_reach_the_hooks_in_order_and_one_that_panics_is_counted() {
    let (heard, hears) = channel();
    let engine = engine(Ear { heard, leave: None });
    let events = engine.events().unwrap();
    for who in ["a", "panic", "b"] {
        events.emit(resolved(who));
    }
    let listened = tokio::task::spawn_blocking(move || {
        [(); 3].map(|()| hears.recv_timeout(PATIENCE).unwrap())
    });
    assert_eq!(listened.await.unwrap(), ["a", "panic", "b"]);
    assert_eq!(events.panicked(), 1);
    assert_eq!(events.dropped(), 0);
    engine.shutdown().await;
}

#[tokio::test]
async fn a_hook_that_sleeps_holds_nobody_up_and_what_does_not_fit_is_counted() {
    let (heard, hears) = channel();
    let (give_leave, leave) = channel();
    let engine = engine(Ear {
        heard,
        leave: Some(Mutex::new(leave)),
    });
    let events = engine.events().unwrap();
    events.emit(resolved("first"));
    let first = tokio::task::spawn_blocking(move || hears.recv_timeout(PATIENCE).unwrap());
    assert_eq!(first.await.unwrap(), "first");
    // The hook sleeps from here on. Emitting goes on all the same.
    for _ in 0..8192 {
        events.emit(resolved("queued"));
    }
    assert_eq!(events.dropped(), 0);
    for _ in 0..100 {
        events.emit(resolved("dropped"));
    }
    assert_eq!(events.dropped(), 100);
    drop(give_leave);
}

#[test]
fn inline_hooks_are_called_before_emit_returns() {
    let (heard, hears) = channel();
    let engine = Engine::builder()
        .source(InMemorySource::new())
        .hooks_inline(Ear { heard, leave: None })
        .build_without_actors()
        .unwrap();
    engine.events().unwrap().emit(resolved("acme"));
    assert_eq!(hears.try_recv(), Ok("acme".to_owned()));
}

#[tokio::test]
async fn what_is_queued_when_the_engine_stops_is_delivered() {
    for _ in 0..50 {
        let (heard, hears) = channel();
        let engine = engine(Ear { heard, leave: None });
        for _ in 0..100 {
            engine.events().unwrap().emit(resolved("acme"));
        }
        // Whoever shuts down second waits as well.
        tokio::join!(engine.shutdown(), engine.shutdown());
        assert_eq!(hears.try_iter().count(), 100);
        assert_eq!(engine.events().unwrap().dropped(), 0);
    }
}

#[tokio::test]
async fn several_hooks_each_hear_everything_whatever_the_others_do() {
    let (first, second, inline) = (channel(), channel(), channel());
    let ear = |heard: Sender<String>| Ear { heard, leave: None };
    let engine = Engine::builder()
        .source(InMemorySource::new())
        .hooks(ear(first.0))
        .hooks(ear(second.0))
        .hooks_inline(ear(inline.0))
        .build()
        .unwrap();
    let events = engine.events().unwrap();
    for who in ["a", "panic", "b"] {
        events.emit(resolved(who));
    }
    assert_eq!(inline.1.try_iter().count(), 3, "before anybody awaits");
    engine.shutdown().await;
    for hears in [first.1, second.1] {
        assert_eq!(hears.try_iter().collect::<Vec<_>>(), ["a", "panic", "b"]);
    }
    assert_eq!(events.panicked(), 3, "once for each");
    assert_eq!((events.queued(), events.capacity()), (0, Some(8192)));
}

#[tokio::test]
async fn a_hook_that_is_stuck_when_the_engine_stops_loses_nothing_uncounted() {
    let (heard, hears) = channel();
    let (give_leave, leave) = channel();
    let engine = engine(Ear {
        heard,
        leave: Some(Mutex::new(leave)),
    });
    let events = engine.events().unwrap();
    events.emit(resolved("first"));
    let first = tokio::task::spawn_blocking(move || (hears.recv_timeout(PATIENCE), hears));
    let (first, hears) = first.await.unwrap();
    assert_eq!(first.unwrap(), "first");
    for _ in 0..10 {
        events.emit(resolved("queued"));
    }
    engine.shutdown().await;
    assert_eq!((events.queued(), events.dropped()), (0, 10));
    // The hook comes to, and finds nothing left to do.
    drop(give_leave);
    assert_eq!(hears.try_iter().count(), 0);
}

#[tokio::test]
async fn what_happens_after_the_engine_has_stopped_is_counted_as_dropped() {
    let (heard, hears) = channel();
    let engine = engine(Ear { heard, leave: None });
    let events = engine.events().unwrap();
    events.emit(resolved("heard"));
    engine.shutdown().await;
    for _ in 0..3 {
        events.emit(resolved("late"));
    }
    assert_eq!(hears.try_iter().count(), 1);
    assert_eq!((events.queued(), events.dropped()), (0, 3));
}

#[tokio::test(start_paused = true)]
async fn after_a_delivery_the_actor_rests_and_nobody_has_to_wake_it() {
    let (heard, hears) = channel();
    let engine = engine(Ear { heard, leave: None });
    let events = engine.events().unwrap();
    let hear = async || {
        loop {
            match hears.try_recv() {
                Ok(who) => return who,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    };
    events.emit(resolved("a"));
    assert_eq!(hear().await, "a");
    // Time goes on only when the delivery, on a thread of its own, is over.
    tokio::time::sleep(Duration::from_millis(1)).await;
    events.emit(resolved("b"));
    // Time stands still while there is something to do.
    for _ in 0..10_000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(events.queued(), 1, "it rests");
    tokio::time::advance(Duration::from_millis(11)).await;
    assert_eq!(hear().await, "b");
}
