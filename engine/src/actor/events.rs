//! Calls the hooks, on a thread where they may block.

use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle, spawn_blocking};
use tokio::time::sleep;

use super::supervisor::{self, OnStop};
use crate::events::Events;

/// How long the hooks may take over what is queued when the engine stops.
const LAST_CALLS: Duration = Duration::from_secs(5);

/// How long the actor rests after each delivery, unless the queue is half full before.
///
/// Whoever emits while it waits for the bell has to wake its thread, which takes ten times as long as the whole
/// request does otherwise (`benches/benches/hooks.rs`). While it rests nobody does, so at 100 requests a second and more
/// hardly any request pays for that.
const REST: Duration = Duration::from_millis(10);

pub(super) fn start(
    events: Events,
    stopped: watch::Receiver<bool>,
    runtime: &Handle,
) -> JoinHandle<()> {
    let grace = OnStop::LetFinish(LAST_CALLS.saturating_mul(2));
    let told = stopped.clone();
    supervisor::supervise("events", runtime, grace, stopped, move || {
        run(events.clone(), told.clone())
    })
}

async fn run(events: Events, mut stopped: watch::Receiver<bool>) {
    let mut told = stopped.clone();
    tokio::select! {
        () = listen(&events, &mut stopped) => {}
        () = too_late(&mut told) => {}
    }
    events.close();
}

/// Calls the hooks until the engine stops, and then for what is still queued.
async fn listen(events: &Events, stopped: &mut watch::Receiver<bool>) {
    loop {
        tokio::select! {
            biased;
            () = supervisor::stop(stopped) => break,
            () = events.rung() => deliver(events).await,
        }
        tokio::select! {
            () = sleep(REST) => {}
            () = events.pressing() => {}
            () = supervisor::stop(stopped) => break,
        }
    }
    deliver(events).await;
}

/// Waits until the engine has stopped, and then for as long as the hooks may take.
async fn too_late(stopped: &mut watch::Receiver<bool>) {
    supervisor::stop(stopped).await;
    sleep(LAST_CALLS).await;
}

/// Calls the hooks for all that is queued. They may block, and their panics are counted by the drain.
async fn deliver(events: &Events) {
    let batch = events.clone();
    let drained = spawn_blocking(move || batch.drain()).await;
    if let Some(panic) = drained.err().filter(JoinError::is_panic) {
        // Not a hook's panic but the drain's own: the supervisor starts this actor again.
        std::panic::resume_unwind(panic.into_panic());
    }
}
