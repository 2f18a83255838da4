//! Starts an actor again when it panics, later each time.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

/// The first pause before a restart; it doubles each time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// An actor that ran for so long without a panic starts over with the first pause.
const HEALTHY: Duration = Duration::from_secs(60);

/// What becomes of an actor when it is told to stop.
#[derive(Debug, Clone, Copy)]
pub(super) enum OnStop {
    /// It has nothing to finish.
    Abort,
    /// It hears of it too, and may take so long to finish.
    LetFinish(Duration),
}

/// Runs what `actor` makes until it returns or `stopped` says so; makes another when it panics.
pub(super) fn supervise<F>(
    name: &'static str,
    runtime: &Handle,
    on_stop: OnStop,
    mut stopped: watch::Receiver<bool>,
    mut actor: impl FnMut() -> F + Send + 'static,
) -> JoinHandle<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    runtime.spawn(async move {
        let mut pause = FIRST_PAUSE;
        loop {
            let started = Instant::now();
            let mut run = tokio::spawn(actor());
            let ended = tokio::select! {
                ended = &mut run => ended,
                () = stop(&mut stopped) => {
                    if let OnStop::LetFinish(grace) = on_stop {
                        // Late is as good as never: it is aborted below.
                        let _ended = timeout(grace, &mut run).await;
                    }
                    run.abort();
                    return;
                }
            };
            if ended.is_ok() {
                return;
            }
            pause = if started.elapsed() >= HEALTHY {
                FIRST_PAUSE
            } else {
                pause
            };
            tracing::error!(actor = name, restart_in = ?pause, "an actor panicked");
            tokio::select! {
                () = sleep(pause) => {}
                () = stop(&mut stopped) => return,
            }
            pause = std::cmp::min(pause.saturating_mul(2), LONGEST_PAUSE);
        }
    })
}

/// Waits for the word to stop; an engine that is gone has said it.
pub(super) async fn stop(stopped: &mut watch::Receiver<bool>) {
    let _said = stopped.wait_for(|&stop| stop).await;
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_actor_that_panics_is_started_again_later_each_time() {
        let (_stop, stopped) = watch::channel(false);
        let starts = Arc::new(AtomicU32::new(0));
        let began = Instant::now();
        let counted = Arc::clone(&starts);
        let task = supervise(
            "test",
            &Handle::current(),
            OnStop::Abort,
            stopped,
            move || {
                let run = counted.fetch_add(1, Ordering::Relaxed);
                async move { assert!(run >= 3, "panics three times") }
            },
        );
        task.await.unwrap();
        assert_eq!(starts.load(Ordering::Relaxed), 4);
        let slept = began.elapsed();
        assert_eq!(slept.as_millis() / 100 * 100, 700, "100 + 200 + 400 ms");
    }

    #[tokio::test]
    async fn an_actor_ends_when_the_engine_is_gone() {
        let (stop, stopped) = watch::channel(false);
        let task = supervise(
            "test",
            &Handle::current(),
            OnStop::Abort,
            stopped,
            std::future::pending,
        );
        drop(stop);
        task.await.unwrap();
    }
}
