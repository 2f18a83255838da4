//! Calls the hooks, on a thread where they may block.

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::{JoinHandle, spawn_blocking};

use super::supervisor;
use crate::events::Events;

pub(super) fn start(
    events: Events,
    stopped: watch::Receiver<bool>,
    runtime: &Handle,
) -> JoinHandle<()> {
    supervisor::supervise("events", runtime, stopped, move || {
        let events = events.clone();
        async move {
            loop {
                events.rung().await;
                let batch = events.clone();
                // Hooks may block and may panic; `drain` counts panics, so this can only fail when
                // the runtime shuts down.
                if spawn_blocking(move || batch.drain()).await.is_err() {
                    return;
                }
            }
        }
    })
}
