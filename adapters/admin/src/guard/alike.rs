//! Requests with the same credential at the same time: one is looked at, and the others wait for what comes of it.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What a `name:password` is told by, under the process's key.
pub(super) type Tag = [u8; 32];

/// Whose turn it is, for each credential that is being looked at.
///
/// A page sends several requests at once. Each would take a slow check of its own, and together they would look like
/// wrong tries.
#[derive(Debug, Default)]
pub(super) struct Alike(Mutex<Vec<(Tag, Weak<Semaphore>)>>);

/// The turn of one of them; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    _permit: Option<OwnedSemaphorePermit>,
}

impl Alike {
    /// Waits until nobody else is looked at with the same credential.
    pub(super) async fn turn(&self, tag: Tag) -> Turn {
        let permit = self.queue(tag).acquire_owned().await;
        Turn {
            _permit: permit.ok(),
        }
    }

    /// The queue of a credential. As many are known as there are requests that wait or are looked at.
    fn queue(&self, tag: Tag) -> Arc<Semaphore> {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queues.retain(|(_, queue)| queue.strong_count() > 0);
        let found = queues.iter().find(|(known, _)| *known == tag);
        if let Some(queue) = found.and_then(|(_, queue)| queue.upgrade()) {
            return queue;
        }
        let queue = Arc::new(Semaphore::new(1));
        queues.push((tag, Arc::downgrade(&queue)));
        queue
    }
}
