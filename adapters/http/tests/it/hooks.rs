//! Hooks that misbehave hold no request up, and what they miss is counted to the last event.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tollgate::{
    Engine, EngineBuilder, FinishEvent, Hooks, InMemorySource, PolicyEvent, QuotaEvent,
    ResolveEvent, SettleEvent,
};
use tollgate_http::{Entry, Gate, Outlook};

use crate::kit::{Answer, Head, acme, id};

/// Longer than any delivery takes: what is waited for comes, or the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// Does the same with every event.
struct EachEvent<F>(F);

impl<F: Fn() + Send + Sync + 'static> Hooks for EachEvent<F> {
    fn on_resolve(&self, _: &ResolveEvent) {
        self.0();
    }

    fn on_policy(&self, _: &PolicyEvent) {
        self.0();
    }

    fn on_quota(&self, _: &QuotaEvent) {
        self.0();
    }

    fn on_settle(&self, _: &SettleEvent) {
        self.0();
    }

    fn on_finish(&self, _: &FinishEvent) {
        self.0();
    }
}

/// Counts the events that it is given.
fn counter() -> (impl Hooks, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let count_one = move || {
        counted.fetch_add(1, Ordering::Relaxed);
    };
    (EachEvent(count_one), count)
}

/// Says when it is given its first event, and does not return from it while somebody holds the sender that comes with
/// it; counts what it has returned from.
fn sleeper() -> (impl Hooks, Arc<AtomicUsize>, Receiver<()>, Sender<()>) {
    let (asleep, falls_asleep) = channel();
    let (wake, woken) = channel::<()>();
    let woken = Mutex::new(woken);
    let done = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&done);
    let sleep = move || {
        let _test_is_over = asleep.send(());
        // An error says that nobody holds the sender any more.
        let _woken = woken.lock().unwrap_or_else(PoisonError::into_inner).recv();
        counted.fetch_add(1, Ordering::Relaxed);
    };
    (EachEvent(sleep), done, falls_asleep, wake)
}

/// A gate with these hooks before acme, who is in memory; and a count of all that is emitted.
async fn gate(
    set_up: impl FnOnce(EngineBuilder) -> EngineBuilder,
) -> (Gate, Engine, Arc<AtomicUsize>) {
    let source = InMemorySource::new();
    source.set(acme().requests_per_minute(1_000_000)).unwrap();
    let (inline, emitted) = counter();
    let engine = set_up(Engine::builder().source(source).hooks_inline(inline));
    let engine = engine.build().unwrap();
    // A tenant that has used something stays in memory.
    let tenant = engine.tenant(&id("acme")).await.unwrap();
    drop(tenant.try_acquire(&tollgate::Cost::request()));
    (
        Gate::builder(engine.clone()).build().unwrap(),
        engine,
        emitted,
    )
}

/// A whole request, without an await: nothing in it can wait for a hook.
fn serve(gate: &Gate) {
    let Outlook::Decided(Entry::Admitted(mut admission)) = gate.enter_now(&Head::get("/")) else {
        panic!("not admitted at once")
    };
    gate.answered(&mut admission, &Answer(200, &[]));
    admission.permit().keep().unwrap();
    admission.into_guard().end();
}

#[tokio::test]
async fn while_a_hook_sleeps_every_request_passes_and_each_event_is_delivered_or_counted_as_dropped()
 {
    let (sleeper, done, falls_asleep, wake) = sleeper();
    let (gate, engine, emitted) = gate(|engine| engine.hooks(sleeper)).await;
    let events = engine.events().unwrap();
    serve(&gate);
    let asleep = tokio::task::spawn_blocking(move || falls_asleep.recv_timeout(PATIENCE));
    asleep.await.unwrap().unwrap();

    for _ in 0..10_000 {
        serve(&gate);
    }
    let all = emitted.load(Ordering::Relaxed);
    assert_eq!(
        all,
        10_001 * 5,
        "resolved, allowed, charged, settled, ended"
    );
    assert_eq!(done.load(Ordering::Relaxed), 0, "it has slept all the time");
    let room = events.capacity().unwrap();
    assert_eq!(events.queued(), room);
    assert_eq!(events.dropped(), u64::try_from(all - room - 1).unwrap());

    drop(wake);
    engine.shutdown().await;
    assert_eq!(events.queued(), 0);
    let dropped = usize::try_from(events.dropped()).unwrap();
    assert_eq!(done.load(Ordering::Relaxed) + dropped, all);
    assert_eq!(events.panicked(), 0);
}

#[tokio::test]
async fn a_hook_that_panics_at_each_event_keeps_it_from_no_other_hook_and_no_request_from_passing()
{
    let (before, heard_before) = counter();
    let (after, heard_after) = counter();
    // As a panic unwinds, without a word on the terminal.
    let panics = || EachEvent(|| resume_unwind(Box::new("a hook that panics")));
    let set_up = |engine: EngineBuilder| {
        let engine = engine.hooks(before).hooks(panics()).hooks(after);
        engine.hooks_inline(panics())
    };
    let (gate, engine, emitted) = gate(set_up).await;
    for _ in 0..1_000 {
        serve(&gate);
    }
    engine.shutdown().await;
    let events = engine.events().unwrap();
    let all = emitted.load(Ordering::Relaxed);
    assert_eq!((all, events.dropped()), (5_000, 0));
    assert_eq!(heard_before.load(Ordering::Relaxed), all);
    assert_eq!(heard_after.load(Ordering::Relaxed), all);
    assert_eq!(events.panicked(), 10_000, "one inline and one queued");
}

#[tokio::test]
async fn hooks_that_listen_to_one_queue_miss_the_same_events() {
    let (sleeper, done, falls_asleep, wake) = sleeper();
    let (quick, heard) = counter();
    let (gate, engine, emitted) = gate(|engine| engine.hooks(sleeper).hooks(quick)).await;
    serve(&gate);
    let asleep = tokio::task::spawn_blocking(move || falls_asleep.recv_timeout(PATIENCE));
    asleep.await.unwrap().unwrap();
    for _ in 0..5_000 {
        serve(&gate);
    }
    drop(wake);
    engine.shutdown().await;
    let dropped = usize::try_from(engine.events().unwrap().dropped()).unwrap();
    assert!(dropped > 0);
    let delivered = emitted.load(Ordering::Relaxed) - dropped;
    assert_eq!(done.load(Ordering::Relaxed), delivered);
    assert_eq!(heard.load(Ordering::Relaxed), delivered);
}
