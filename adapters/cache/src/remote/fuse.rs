//! Keeps a Redis that hangs from costing every request its timeout.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// So many calls in a row without an answer, and Redis counts as hanging.
const MOST: u32 = 3;

/// For so long nobody is sent there then; afterwards one call at a time looks whether it is back.
pub(super) const PAUSE: Duration = Duration::from_secs(1);

/// # Concurrency
/// While Redis answers, a call reads one number and takes no lock.
#[derive(Debug, Default)]
pub(super) struct Fuse {
    unanswered: AtomicU32,
    /// When the next call may look; `None` until the first pause.
    next: Mutex<Option<Instant>>,
}

impl Fuse {
    /// Whether a call may be made. One that may is to report how it went.
    pub(super) fn lets_through(&self) -> bool {
        if self.unanswered.load(Ordering::Relaxed) < MOST {
            return true;
        }
        let mut next = self.next.lock();
        let now = Instant::now();
        if next.is_some_and(|next| now < next) {
            return false;
        }
        *next = Some(now + PAUSE);
        true
    }

    /// Redis has answered something, be it an error.
    pub(super) fn answered(&self) {
        if self.unanswered.load(Ordering::Relaxed) != 0 {
            self.unanswered.store(0, Ordering::Relaxed);
        }
    }

    /// No answer came in time.
    pub(super) fn unanswered(&self) {
        let before = self.unanswered.fetch_add(1, Ordering::Relaxed);
        if before.saturating_add(1) == MOST {
            *self.next.lock() = Some(Instant::now() + PAUSE);
        }
        // Far from wrapping round, however long it hangs.
        self.unanswered.fetch_min(MOST, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn after_three_calls_without_an_answer_one_a_second_looks_whether_redis_is_back() {
        let fuse = Fuse::default();
        for _ in 0..3 {
            assert!(fuse.lets_through());
            fuse.unanswered();
        }
        assert!(!fuse.lets_through());
        advance(PAUSE).await;
        assert!(fuse.lets_through());
        assert!(!fuse.lets_through());
        fuse.unanswered();
        assert!(!fuse.lets_through());
        advance(PAUSE).await;
        assert!(fuse.lets_through());
        fuse.answered();
        assert!(fuse.lets_through() && fuse.lets_through());
    }

    #[tokio::test(start_paused = true)]
    async fn answers_between_them_make_single_calls_without_one_harmless() {
        let fuse = Fuse::default();
        for _ in 0..10 {
            fuse.unanswered();
            fuse.unanswered();
            assert!(fuse.lets_through());
            fuse.answered();
        }
    }
}
