//! A source over any database, with its actors: what [`SqlSource`](crate::SqlSource) adds writes to.

use std::fmt;
use std::sync::Arc;

use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;
use tollgate::{ChangeListener, ConfigSource, Loading, SourceError, TenantId, Versioned};

use crate::cache::reads::{Outcome, Why};
use crate::cache::{Known, reader, refresher};
use crate::feed::{self, Pace, Signals};
use crate::source::shared::Shared;
use crate::supervisor::supervise;

/// A cached source. Clones share everything; dropping the last one ends the actors.
#[derive(Clone)]
pub(crate) struct Cached(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    /// Held while they are waited for: whoever shuts down second waits as well.
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Cached {
    /// Starts the actors on the runtime that this is called in.
    pub(crate) fn start(shared: Shared, signals: Arc<dyn Signals>, pace: Pace) -> Self {
        let shared = Arc::new(shared);
        let stop = watch::Sender::new(false);
        let of = || Arc::clone(&shared);
        let (reads, ages, feeds, rolls) = (of(), of(), of(), of());
        let tasks = vec![
            supervise("reader", stop.subscribe(), move || {
                reader::run(Arc::clone(&reads))
            }),
            supervise("refresher", stop.subscribe(), move || {
                refresher::run(Arc::clone(&ages))
            }),
            supervise("feed", stop.subscribe(), move || {
                feed::run(Arc::clone(&feeds), Arc::clone(&signals), pace)
            }),
            supervise("roster", stop.subscribe(), move || {
                feed::roll::run(Arc::clone(&rolls))
            }),
        ];
        Self(Arc::new(Inner {
            shared,
            stop,
            tasks: Mutex::new(tasks),
        }))
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.0.shared
    }

    /// Waits until changes come in and the roster is read, or turned out to be too long.
    pub(crate) async fn settled(&self) {
        self.0.shared.feed.begun().await;
        self.0.shared.roster.settled().await;
    }

    /// Ends the actors and waits until they have ended.
    pub(crate) async fn shutdown(&self) {
        self.0.stop.send_replace(true);
        self.0.shared.reads.close();
        let mut tasks = self.0.tasks.lock().await;
        while let Some(task) = tasks.last_mut() {
            // A supervisor does not panic; were it to, there is nothing left to wait for.
            let _ended = task.await;
            tasks.pop();
        }
    }

    async fn find(&self, id: &TenantId) -> Result<Option<Versioned>, SourceError> {
        let shared = &self.0.shared;
        match shared.look(id) {
            Known::Config { versioned, .. } => return Ok(Some(versioned)),
            Known::Absent => return Ok(None),
            Known::Broken(problem) => return Err(broken(&problem)),
            Known::Unclear => {}
        }
        let outcome = match shared.want(id, Why::Wanted) {
            Ok(outcome) => outcome.await.unwrap_or_else(|_| Outcome::no_reader()),
            Err(failure) => Outcome::Failed(failure),
        };
        match outcome {
            Outcome::Found(versioned) => Ok(Some(versioned)),
            Outcome::Absent => Ok(None),
            Outcome::Broken(problem) => Err(broken(&problem)),
            Outcome::Failed(failure) => Err(failure.into_error()),
        }
    }
}

fn broken(problem: &str) -> SourceError {
    SourceError::new(format!("the tenant's row is broken: {problem}"))
}

impl ConfigSource for Cached {
    fn load<'s>(&'s self, id: &'s TenantId) -> Loading<'s> {
        Box::pin(self.find(id))
    }

    fn subscribe(&self, listener: Arc<dyn ChangeListener>) {
        self.0.shared.subscribe(listener);
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // The actors end since nobody is left to stop them; nobody waits for them any more.
        self.shared.reads.close();
    }
}

impl fmt::Debug for Cached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cached")
            .field("cache", &self.0.shared.cache)
            .finish_non_exhaustive()
    }
}
