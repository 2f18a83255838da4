//! Hears of changes that anybody makes to tenants, and takes them in.
//!
//! A notice only says *that* something may have changed. What has changed is asked of the database, from a cursor
//! on, and the cursor moves on when all that it covers has been taken in: a notice that is lost, a connection that
//! is cut or a process that panics delays a change, and never loses one.
//!
//! While notices come ("hearing"), changes are asked for at each notice — several that come within
//! [`LEAST_GAP`] are one — and every [`Pace::hearing`] as well. While they don't, every [`Pace::deaf`].

mod catch_up;
#[cfg(feature = "postgres")]
pub(crate) mod listen;
#[cfg(feature = "sqlite")]
pub(crate) mod poll;
pub(crate) mod roll;
pub(crate) mod state;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::backend::Answer;
use crate::error::StoreError;
use crate::jitter::Jitter;
use crate::source::health::FeedMode;
use crate::source::shared::Shared;

/// Changes are not asked for more often.
const LEAST_GAP: Duration = Duration::from_millis(20);
/// The pause before the second attempt in a row to hear again; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A way to hear of changes, on its way.
pub(crate) type Opening = Pin<Box<dyn Future<Output = Result<Box<dyn Ear>, StoreError>> + Send>>;

/// Where notices come from.
pub(crate) trait Signals: Send + Sync + 'static {
    /// Begins to listen: whatever is committed after this is done is heard.
    fn open(&self) -> Opening;
}

/// A connection that notices come through.
pub(crate) trait Ear: Send {
    /// Waits for word that something may have changed. Nothing is lost if this is dropped and called again.
    fn heard(&mut self) -> Answer<'_, ()>;

    /// Makes sure that notices still come.
    fn check(&mut self) -> Answer<'_, ()>;

    /// How changes come in through it.
    fn mode(&self) -> FeedMode;
}

/// How often changes are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// While notices come; and how often it is made sure that they do.
    pub(crate) hearing: Duration,
    /// While they don't.
    pub(crate) deaf: Duration,
}

impl Pace {
    /// For how long after a catch-up it is relied on.
    fn trusted_for(self, answer_within: Duration) -> Duration {
        let longest = self.hearing.max(self.deaf);
        // The next one is due by then, and has been answered or not.
        (longest + answer_within).saturating_mul(2)
    }
}

/// Keeps up with the database, for ever.
pub(crate) async fn run(shared: Arc<Shared>, signals: Arc<dyn Signals>, pace: Pace) {
    let mut feed = Feed {
        ear: None,
        opening: None,
        attempts: 0,
        shared,
        signals,
        pace,
        jitter: Jitter::default(),
    };
    feed.open();
    let mut tick = false;
    loop {
        let began = Instant::now();
        let trusted_for = pace.trusted_for(feed.shared.answer_within());
        let caught_up = catch_up::catch_up(&feed.shared, trusted_for).await;
        if tick && caught_up.is_ok() {
            feed.check().await;
        }
        feed.shared.feed.enter(match (&feed.ear, &caught_up) {
            (_, Err(_)) => FeedMode::Lost,
            (None, Ok(())) => FeedMode::Polling,
            (Some(ear), Ok(())) => ear.mode(),
        });
        tick = feed.wait(caught_up.is_ok()).await;
        sleep_until(began + LEAST_GAP).await;
    }
}

struct Feed {
    ear: Option<Box<dyn Ear>>,
    opening: Option<Opening>,
    /// To hear, in a row, without having made sure that notices come.
    attempts: u32,
    shared: Arc<Shared>,
    signals: Arc<dyn Signals>,
    pace: Pace,
    jitter: Jitter,
}

impl Feed {
    /// Waits until changes are to be asked for; says whether that is only because it is time again.
    async fn wait(&mut self, caught_up: bool) -> bool {
        let pause = if self.ear.is_some() && caught_up {
            self.pace.hearing
        } else {
            self.pace.deaf
        };
        tokio::select! {
            opened = opened(&mut self.opening) => {
                self.opening = None;
                match opened {
                    Ok(ear) => self.ear = Some(ear),
                    Err(problem) => self.deafened(&problem),
                }
                false
            }
            heard = heard(self.ear.as_mut()) => {
                if let Err(problem) = heard {
                    self.deafened(&problem);
                }
                false
            }
            () = sleep(self.jitter.below(pause)) => true,
        }
    }

    /// Makes sure that notices come. After changes were asked for: that must not wait for a connection that is dead.
    async fn check(&mut self) {
        let Some(ear) = self.ear.as_mut() else { return };
        let limit = self.shared.answer_within();
        match timeout(limit, ear.check()).await {
            Ok(Ok(())) => self.attempts = 0,
            Ok(Err(problem)) => self.deafened(&problem),
            Err(_) => self.deafened(&StoreError::TimedOut {
                doing: "making sure that notices come",
                limit,
            }),
        }
    }

    fn deafened(&mut self, problem: &StoreError) {
        if self.attempts == 0 {
            let cause: &dyn std::error::Error = problem;
            tracing::warn!(
                cause,
                "no notices of changes: they are polled for until the connection is back"
            );
        }
        self.ear = None;
        self.open();
    }

    fn open(&mut self) {
        let doubled = FIRST_PAUSE.saturating_mul(1 << self.attempts.min(8)) / 2;
        let pause = match self.attempts {
            0 => Duration::ZERO,
            _ => self.jitter.around(doubled.min(LONGEST_PAUSE)),
        };
        self.attempts = self.attempts.saturating_add(1);
        let (signals, limit) = (Arc::clone(&self.signals), self.shared.answer_within());
        self.opening = Some(Box::pin(async move {
            sleep(pause).await;
            let late = |_| {
                Err(StoreError::TimedOut {
                    doing: "connecting for notices",
                    limit,
                })
            };
            timeout(limit, signals.open()).await.unwrap_or_else(late)
        }));
    }
}

async fn opened(opening: &mut Option<Opening>) -> Result<Box<dyn Ear>, StoreError> {
    match opening {
        Some(opening) => opening.await,
        None => std::future::pending().await,
    }
}

async fn heard(ear: Option<&mut Box<dyn Ear>>) -> Result<(), StoreError> {
    match ear {
        Some(ear) => ear.heard().await,
        None => std::future::pending().await,
    }
}
