//! Whether the database answers: while it does not, one question in a while is let through, and the rest fail at once.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::error::StoreError;
use crate::jitter::Jitter;

/// The pause after the first failure; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What is known of the database's health.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    down: Mutex<Option<Down>>,
    jitter: Jitter,
}

/// The database does not answer.
#[derive(Debug, Clone)]
pub(crate) struct Down {
    pub(crate) since: Instant,
    /// What it said last, or that it said nothing.
    pub(crate) cause: Arc<StoreError>,
    pause: Duration,
    ask_again: Instant,
}

/// A question that was not asked, since the database does not answer.
#[derive(Debug, Clone)]
pub(crate) struct NotAsked {
    pub(crate) cause: Arc<StoreError>,
    pub(crate) retry_after: Duration,
}

impl Pulse {
    /// Whether a question may be asked; while the database is down, one a pause may.
    pub(crate) fn may_ask(&self, now: Instant) -> Result<(), NotAsked> {
        let mut down = self.down.lock();
        let Some(down) = down.as_mut() else {
            return Ok(());
        };
        if now >= down.ask_again {
            down.ask_again = now + self.jitter.around(down.pause);
            return Ok(());
        }
        Err(NotAsked {
            cause: Arc::clone(&down.cause),
            retry_after: down.ask_again.saturating_duration_since(now),
        })
    }

    /// The database has answered.
    pub(crate) fn answered(&self) {
        if let Some(down) = self.down.lock().take() {
            tracing::info!(after = ?down.since.elapsed(), "the database of tenant configs answers again");
        }
    }

    /// It has not, or has said that it can't.
    pub(crate) fn failed(&self, cause: &Arc<StoreError>) {
        let mut down = self.down.lock();
        let now = Instant::now();
        let (since, pause) = if let Some(down) = &*down {
            (down.since, down.pause.saturating_mul(2).min(LONGEST_PAUSE))
        } else {
            let cause: &dyn std::error::Error = &**cause;
            tracing::error!(
                cause,
                "the database of tenant configs does not answer: known tenants are served from memory"
            );
            (now, FIRST_PAUSE)
        };
        *down = Some(Down {
            since,
            cause: Arc::clone(cause),
            pause,
            ask_again: now + self.jitter.around(pause),
        });
    }

    pub(crate) fn down(&self) -> Option<Down> {
        self.down.lock().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gone() -> Arc<StoreError> {
        Arc::new(StoreError::TimedOut {
            doing: "a test",
            limit: Duration::from_secs(1),
        })
    }

    #[tokio::test(start_paused = true)]
    async fn while_it_is_down_one_question_a_pause_is_asked_and_the_pauses_grow() {
        let (pulse, began) = (Pulse::default(), Instant::now());
        pulse.failed(&gone());
        let mut asked = 0;
        while began.elapsed() < Duration::from_secs(60) {
            match pulse.may_ask(Instant::now()) {
                Ok(()) => {
                    asked += 1;
                    assert!(pulse.may_ask(Instant::now()).is_err(), "one at a time");
                    pulse.failed(&gone());
                }
                Err(not) => assert!(not.retry_after <= LONGEST_PAUSE * 11 / 10),
            }
            tokio::time::advance(Duration::from_millis(10)).await;
        }
        assert!((13..=19).contains(&asked), "{asked} in a minute");
        pulse.answered();
        assert!((0..100).all(|_| pulse.may_ask(Instant::now()).is_ok()));
    }
}
