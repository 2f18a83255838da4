//! Starts an actor again when it panics, later each time, until it is told to stop.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep};

/// The first pause before a restart; it doubles each time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// An actor that ran for so long without a panic starts over with the first pause.
const HEALTHY: Duration = Duration::from_secs(60);

/// Runs what `actor` makes until it returns or `stopped` says so, or nobody is left to say it.
pub(crate) fn supervise<F>(
    name: &'static str,
    mut stopped: watch::Receiver<bool>,
    mut actor: impl FnMut() -> F + Send + 'static,
) -> JoinHandle<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    tokio::spawn(async move {
        let mut pause = FIRST_PAUSE;
        loop {
            let started = Instant::now();
            // A set, since it ends what runs in it when this task itself is ended.
            let mut run = JoinSet::new();
            run.spawn(actor());
            tokio::select! {
                ended = run.join_next() => if let Some(Ok(())) = ended { return },
                () = stop(&mut stopped) => return run.shutdown().await,
            }
            if started.elapsed() >= HEALTHY {
                pause = FIRST_PAUSE;
            }
            tracing::error!(actor = name, restart_in = ?pause, "an actor panicked");
            tokio::select! {
                () = sleep(pause) => {}
                () = stop(&mut stopped) => return,
            }
            pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
        }
    })
}

async fn stop(stopped: &mut watch::Receiver<bool>) {
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
        let (began, counted) = (Instant::now(), Arc::clone(&starts));
        let task = supervise("test", stopped, move || {
            let run = counted.fetch_add(1, Ordering::Relaxed);
            async move { assert!(run >= 3, "panics three times") }
        });
        task.await.unwrap();
        assert_eq!(starts.load(Ordering::Relaxed), 4);
        let slept = began.elapsed().as_millis();
        assert_eq!(slept / 100 * 100, 700, "100 + 200 + 400 ms");
    }

    #[tokio::test]
    async fn an_actor_ends_when_nobody_is_left_to_stop_it() {
        let (stop, stopped) = watch::channel(false);
        let task = supervise("test", stopped, std::future::pending);
        drop(stop);
        task.await.unwrap();
    }
}
