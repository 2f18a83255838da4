//! The actor that looks at the files again and again.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::file::files::Patience;
use crate::file::in_force::Shared;

/// The watcher of a source; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Watcher {
    stop: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Watcher {
    pub(crate) fn start(shared: &Arc<Shared>, every: Duration) -> Self {
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(run(Arc::downgrade(shared), every, stopped));
        Self {
            stop,
            task: Mutex::new(Some(task)),
        }
    }

    /// Ends it, and waits until it has ended; a look under way is not waited for.
    pub(crate) async fn shutdown(&self) {
        self.stop.send_replace(true);
        let task = self
            .task
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(task) = task {
            // It doesn't panic, and ended is all that it can be.
            let _ended = task.await;
        }
    }
}

/// Looks until it is told to stop, or nobody has the source any more. A look that panics is a look that failed: the
/// next one is made as if nothing had been.
async fn run(shared: Weak<Shared>, every: Duration, mut stopped: watch::Receiver<bool>) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = told(&mut stopped) => return,
        }
        let Some(shared) = shared.upgrade() else {
            return;
        };
        let look = tokio::task::spawn_blocking(move || shared.look(Patience::WhenStill));
        tokio::select! {
            looked = look => {
                if looked.is_err_and(|error| error.is_panic()) {
                    tracing::error!("the watcher of config files panicked; it goes on at its next look");
                }
            }
            () = told(&mut stopped) => return,
        }
    }
}

/// Waits for the word to stop; a source that is gone has said it.
async fn told(stopped: &mut watch::Receiver<bool>) {
    let _said = stopped.wait_for(|&stop| stop).await;
}
