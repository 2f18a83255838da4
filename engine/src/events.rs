//! The way of events from the gate to the hooks: a bounded queue, or straight through.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

#[cfg(feature = "actors")]
use crossbeam_queue::ArrayQueue;
#[cfg(feature = "actors")]
use tokio::sync::Notify;

use crate::hooks::{Event, Hooks};
use crate::sync::{Arc, AtomicU64, Ordering};

/// Events that wait for their hooks at most; one more is dropped and counted.
#[cfg(feature = "actors")]
const MOST_QUEUED: usize = 8192;

/// Where the gate leaves events for the hooks of an engine.
///
/// # Concurrency
/// Emitting never blocks and never waits: the queue is lock-free and bounded, and what does not fit
/// is counted, not lost silently.
#[derive(Clone)]
pub struct Events(Arc<Shared>);

struct Shared {
    hooks: Box<dyn Hooks>,
    way: Way,
    dropped: AtomicU64,
    panicked: AtomicU64,
}

enum Way {
    /// On the thread that emits.
    Inline,
    /// Through the events actor.
    #[cfg(feature = "actors")]
    Queued {
        queue: Box<ArrayQueue<Event>>,
        bell: Notify,
    },
}

impl Events {
    pub(crate) fn inline(hooks: Box<dyn Hooks>) -> Self {
        Self::new(hooks, Way::Inline)
    }

    #[cfg(feature = "actors")]
    pub(crate) fn queued(hooks: Box<dyn Hooks>) -> Self {
        Self::new(
            hooks,
            Way::Queued {
                queue: Box::new(ArrayQueue::new(MOST_QUEUED)),
                bell: Notify::new(),
            },
        )
    }

    fn new(hooks: Box<dyn Hooks>, way: Way) -> Self {
        let (dropped, panicked) = (AtomicU64::new(0), AtomicU64::new(0));
        Self(Arc::new(Shared {
            hooks,
            way,
            dropped,
            panicked,
        }))
    }

    /// Hands an event to the hooks, or drops and counts it if too many wait already.
    #[cfg_attr(
        not(feature = "actors"),
        expect(clippy::needless_pass_by_value, reason = "the queue takes it")
    )]
    pub fn emit(&self, event: Event) {
        match &self.0.way {
            Way::Inline => self.deliver(&event),
            #[cfg(feature = "actors")]
            Way::Queued { queue, bell } => {
                if queue.push(event).is_err() {
                    count(&self.0.dropped);
                }
                bell.notify_one();
            }
        }
    }

    /// How many events were dropped because the queue was full.
    pub fn dropped(&self) -> u64 {
        // Relaxed: a figure for people.
        self.0.dropped.load(Ordering::Relaxed)
    }

    /// How many times a hook panicked.
    pub fn panicked(&self) -> u64 {
        // Relaxed: as above.
        self.0.panicked.load(Ordering::Relaxed)
    }

    /// Calls the hook; one that panics is counted and troubles nobody.
    fn deliver(&self, event: &Event) {
        let called = catch_unwind(AssertUnwindSafe(|| event.deliver(&*self.0.hooks)));
        if called.is_err() {
            count(&self.0.panicked);
            tracing::error!(?event, "a hook panicked");
        }
    }

    /// Delivers everything that waits.
    #[cfg(feature = "actors")]
    pub(crate) fn drain(&self) {
        if let Way::Queued { queue, .. } = &self.0.way {
            while let Some(event) = queue.pop() {
                self.deliver(&event);
            }
        }
    }

    /// Drops and counts everything that waits.
    #[cfg(feature = "actors")]
    pub(crate) fn abandon(&self) {
        if let Way::Queued { queue, .. } = &self.0.way {
            while queue.pop().is_some() {
                count(&self.0.dropped);
            }
        }
    }

    /// Waits until something may have been emitted.
    #[cfg(feature = "actors")]
    pub(crate) async fn rung(&self) {
        match &self.0.way {
            Way::Queued { bell, .. } => bell.notified().await,
            Way::Inline => std::future::pending().await,
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
