//! Several futures at once, in one task.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

type Boxed<'f, T> = Pin<Box<dyn Future<Output = T> + Send + 'f>>;

/// What each comes to, in their order.
pub(super) async fn all<'f, T, F>(futures: impl Iterator<Item = F>) -> Vec<T>
where
    F: Future<Output = T> + Send + 'f,
{
    let mut running: Vec<(Boxed<'f, T>, Option<T>)> = futures
        .map(|future| -> (Boxed<'f, T>, _) { (Box::pin(future), None) })
        .collect();
    poll_fn(|context| {
        for (future, done) in &mut running {
            if done.is_none()
                && let Poll::Ready(value) = future.as_mut().poll(context)
            {
                *done = Some(value);
            }
        }
        if running.iter().all(|(_, done)| done.is_some()) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    running.into_iter().filter_map(|(_, done)| done).collect()
}

/// What the first one comes to that comes to something; the others are dropped.
pub(super) async fn first<'f, T, F>(futures: impl Iterator<Item = F>) -> Option<T>
where
    F: Future<Output = Option<T>> + Send + 'f,
{
    let mut running: Vec<Boxed<'f, Option<T>>> = futures
        .map(|future| -> Boxed<'f, Option<T>> { Box::pin(future) })
        .collect();
    poll_fn(|context| {
        let mut found = None;
        running.retain_mut(|future| match future.as_mut().poll(context) {
            Poll::Pending => true,
            Poll::Ready(value) => {
                found = found.take().or(value);
                false
            }
        });
        if found.is_some() || running.is_empty() {
            Poll::Ready(found)
        } else {
            Poll::Pending
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::sleep;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn all_run_at_once_and_are_told_in_their_order() {
        let start = tokio::time::Instant::now();
        let one = |at: u64| async move {
            sleep(Duration::from_secs(10 - at)).await;
            at
        };
        assert_eq!(all((0..10).map(one)).await, (0..10).collect::<Vec<_>>());
        assert_eq!(start.elapsed().as_secs(), 10);
        assert!(
            all(std::iter::empty::<std::future::Ready<u8>>())
                .await
                .is_empty()
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_that_comes_to_something_is_enough() {
        let one = |at: u64| async move {
            sleep(Duration::from_secs(at)).await;
            (at > 3).then_some(at)
        };
        assert_eq!(first((0..10).map(one)).await, Some(4));
        assert_eq!(first((0..3).map(one)).await, None);
    }
}
