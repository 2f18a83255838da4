//! The way of events from the gate to the hooks: straight through, or by a bounded queue.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

#[cfg(feature = "actors")]
use crossbeam_queue::ArrayQueue;
#[cfg(feature = "actors")]
use tokio::sync::Notify;

use crate::hooks::{Event, Hooks};
#[cfg(feature = "actors")]
use crate::sync::AtomicBool;
use crate::sync::{Arc, AtomicU64, Ordering};

/// Events that wait for their hooks at most; one more is dropped and counted.
#[cfg(feature = "actors")]
const MOST_QUEUED: usize = 8192;
/// Half of that: when so many wait, the actor does not rest any longer.
#[cfg(feature = "actors")]
const PRESSING: usize = 4096;

/// Where the gate leaves events for the hooks of an engine.
///
/// # Concurrency
/// Emitting never blocks and never waits: the queue is lock-free and bounded, and what does not fit
/// is counted, not lost silently.
#[derive(Clone)]
pub struct Events(Arc<Shared>);

struct Shared {
    /// Called on the thread that emits.
    inline: Listeners,
    /// Called by the events actor.
    #[cfg(feature = "actors")]
    queued: Option<Queue>,
    dropped: AtomicU64,
    panicked: AtomicU64,
}

pub(crate) type Listeners = Vec<Box<dyn Hooks>>;

#[cfg(feature = "actors")]
struct Queue {
    listeners: Listeners,
    events: ArrayQueue<Event>,
    /// Rung for each event.
    bell: Notify,
    /// Rung for each event while [`PRESSING`] many wait.
    pressing: Notify,
    /// Nobody will come for what is queued any more.
    closed: AtomicBool,
}

impl Events {
    /// Events for those who listen; `queued` are called by the events actor, which must be started for them.
    #[cfg(feature = "actors")]
    pub(crate) fn new(inline: Listeners, queued: Listeners) -> Self {
        let queued = (!queued.is_empty()).then(|| Queue {
            listeners: queued,
            events: ArrayQueue::new(MOST_QUEUED),
            bell: Notify::new(),
            pressing: Notify::new(),
            closed: AtomicBool::new(false),
        });
        Self(Arc::new(Shared {
            inline,
            queued,
            dropped: AtomicU64::new(0),
            panicked: AtomicU64::new(0),
        }))
    }

    /// Events for those who listen.
    #[cfg(not(feature = "actors"))]
    pub(crate) fn new(inline: Listeners) -> Self {
        Self(Arc::new(Shared {
            inline,
            dropped: AtomicU64::new(0),
            panicked: AtomicU64::new(0),
        }))
    }

    /// Hands an event to the hooks, or drops and counts it if too many wait already, or if the engine has stopped.
    ///
    /// Hooks that are called inline have it in any case.
    #[cfg_attr(
        not(feature = "actors"),
        expect(clippy::needless_pass_by_value, reason = "the queue takes it")
    )]
    pub fn emit(&self, event: Event) {
        self.deliver(&self.0.inline, &event);
        #[cfg(feature = "actors")]
        if let Some(queue) = &self.0.queued {
            if queue.events.push(event).is_err() {
                count(&self.0.dropped);
            }
            // SeqCst, as the queue's own steps are: either this sees that it is closed, or who closes it the event.
            if queue.closed.load(Ordering::SeqCst) {
                self.abandon();
            }
            queue.bell.notify_one();
            if queue.events.len() >= PRESSING {
                queue.pressing.notify_one();
            }
        }
    }

    /// How many events wait for their hooks.
    pub fn queued(&self) -> usize {
        #[cfg(feature = "actors")]
        let queued = self.0.queued.as_ref().map_or(0, |queue| queue.events.len());
        #[cfg(not(feature = "actors"))]
        let queued = 0;
        queued
    }

    /// How many can wait at most; `None` if no hook is called from the queue.
    pub fn capacity(&self) -> Option<usize> {
        #[cfg(feature = "actors")]
        let capacity = self.0.queued.as_ref().map(|queue| queue.events.capacity());
        #[cfg(not(feature = "actors"))]
        let capacity = None;
        capacity
    }

    /// How many events were dropped because the queue was full, or the engine had stopped.
    pub fn dropped(&self) -> u64 {
        // Relaxed: a figure for people.
        self.0.dropped.load(Ordering::Relaxed)
    }

    /// How many times a hook panicked.
    pub fn panicked(&self) -> u64 {
        // Relaxed: as above.
        self.0.panicked.load(Ordering::Relaxed)
    }

    /// Calls each of the hooks; one that panics is counted and troubles nobody, the other hooks included.
    fn deliver(&self, listeners: &Listeners, event: &Event) {
        for hooks in listeners {
            let called = catch_unwind(AssertUnwindSafe(|| event.deliver(&**hooks)));
            if called.is_err() {
                count(&self.0.panicked);
                tracing::error!(?event, "a hook panicked");
            }
        }
    }

    /// Whether some hooks are to be called from the queue.
    #[cfg(feature = "actors")]
    pub(crate) fn has_queue(&self) -> bool {
        self.0.queued.is_some()
    }

    /// Delivers everything that waits.
    #[cfg(feature = "actors")]
    pub(crate) fn drain(&self) {
        if let Some(queue) = &self.0.queued {
            while let Some(event) = queue.events.pop() {
                self.deliver(&queue.listeners, &event);
            }
        }
    }

    /// Drops and counts everything that waits, and whatever comes after it.
    #[cfg(feature = "actors")]
    pub(crate) fn close(&self) {
        if let Some(queue) = &self.0.queued {
            // SeqCst: see `emit`.
            queue.closed.store(true, Ordering::SeqCst);
            self.abandon();
        }
    }

    #[cfg(feature = "actors")]
    fn abandon(&self) {
        if let Some(queue) = &self.0.queued {
            while queue.events.pop().is_some() {
                count(&self.0.dropped);
            }
        }
    }

    /// Waits until something may have been emitted.
    #[cfg(feature = "actors")]
    pub(crate) async fn rung(&self) {
        match &self.0.queued {
            Some(queue) => queue.bell.notified().await,
            None => std::future::pending().await,
        }
    }

    /// Waits until the queue may have been half full.
    #[cfg(feature = "actors")]
    pub(crate) async fn pressing(&self) {
        match &self.0.queued {
            Some(queue) => queue.pressing.notified().await,
            None => std::future::pending().await,
        }
    }
}

fn count(counter: &AtomicU64) {
    // Relaxed: a figure for people, ordered with nothing.
    counter.fetch_add(1, Ordering::Relaxed);
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events")
            .field("dropped", &self.dropped())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "actors"))]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;
    use crate::hooks::ResolveEvent;

    struct Deaf;

    impl Hooks for Deaf {}

    fn is_ready(future: impl Future<Output = ()>) -> bool {
        let polled = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
        polled == Poll::Ready(())
    }

    #[test]
    fn the_bell_rings_for_one_event_and_it_is_pressing_when_the_queue_is_half_full() {
        let events = Events::new(Vec::new(), vec![Box::new(Deaf)]);
        let emit =
            |times| (0..times).for_each(|_| events.emit(Event::Resolve(ResolveEvent::new(None))));
        assert!(!is_ready(events.rung()));
        emit(1);
        assert!(is_ready(events.rung()));
        emit(PRESSING - 2);
        assert!(!is_ready(events.pressing()));
        emit(1);
        assert!(is_ready(events.pressing()));
        events.drain();
        emit(1);
        assert!(!is_ready(events.pressing()));
    }
}
