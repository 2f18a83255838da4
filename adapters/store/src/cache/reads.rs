//! Who is to be read, by whom it is awaited, and which reads came too early.
//!
//! A tenant is read once at a time, whoever wants it. A read that a change overtakes is not believed but repeated:
//! nobody can say on which side of the change it looked.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot};
use tollgate::{SourceError, TenantId, Versioned};

use crate::cache::pulse::NotAsked;
use crate::error::StoreError;

/// Tenants that are waited for at most.
const MOST: usize = 20_000;
/// Tenants in one query at most.
pub(crate) const BATCH: usize = 256;

/// What came of a read.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    Found(Versioned),
    Absent,
    /// It has a row that is no config; here is what is wrong with it.
    Broken(Arc<str>),
    Failed(Failure),
}

impl Outcome {
    /// Of a read whose reader is gone.
    pub(crate) fn no_reader() -> Self {
        Self::Failed(Failure::NoReader)
    }
}

/// Why there is no answer.
#[derive(Debug, Clone)]
pub(crate) enum Failure {
    Database(Arc<StoreError>),
    NotAsked(NotAsked),
    TooMany,
    /// The reader has panicked, or was shut down.
    NoReader,
}

impl Failure {
    /// What the engine is told.
    pub(crate) fn into_error(self) -> SourceError {
        match self {
            Self::Database(cause) => SourceError::caused_by("the database failed", cause),
            Self::NotAsked(NotAsked { cause, retry_after }) => {
                let message =
                    format!("the database does not answer; it is asked again in {retry_after:?}");
                SourceError::caused_by(message, cause).retry_after(retry_after)
            }
            Self::TooMany => {
                SourceError::new(format!("{MOST} tenants are being waited for already"))
            }
            Self::NoReader => SourceError::new("it was shut down, or has panicked"),
        }
    }
}

/// Why a tenant is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// Somebody waits for its config.
    Wanted,
    /// It may have changed: what is being read of it already doesn't count.
    Changed,
    /// It is old.
    Aged,
}

/// The reads under way and in line. A hash map: nothing depends on its order.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    queue: Mutex<Queue>,
    work: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    reads: HashMap<TenantId, Read>,
    line: VecDeque<TenantId>,
    /// There will be no reader any more.
    closed: bool,
}

#[derive(Debug)]
struct Read {
    state: State,
    purpose: Purpose,
    waiting: Vec<oneshot::Sender<Outcome>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    InLine,
    UnderWay,
    /// Under way, and to be repeated.
    Overtaken,
}

/// What is to be done with what is read.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Purpose {
    /// It is to be cached if it is not yet.
    pub(crate) keep: bool,
    /// Listeners may know an older state of it, whether or not the cache does.
    pub(crate) announce: bool,
}

impl Reads {
    /// Joins the read of `id`, or has one begun.
    pub(crate) fn want(
        &self,
        id: &TenantId,
        why: Why,
    ) -> Result<oneshot::Receiver<Outcome>, Failure> {
        let (reply, answer) = oneshot::channel();
        let mut queue = self.queue.lock();
        if let Some(read) = queue.reads.get_mut(id) {
            read.purpose.add(why);
            read.waiting.push(reply);
            if why == Why::Changed {
                read.overtake();
            }
            return Ok(answer);
        }
        if queue.closed {
            return Err(Failure::NoReader);
        }
        if queue.reads.len() >= MOST {
            return Err(Failure::TooMany);
        }
        let mut purpose = Purpose::default();
        purpose.add(why);
        let read = Read {
            state: State::InLine,
            purpose,
            waiting: vec![reply],
        };
        queue.reads.insert(id.clone(), read);
        queue.line.push_back(id.clone());
        drop(queue);
        self.work.notify_one();
        Ok(answer)
    }

    /// Says that `id` has changed just now: a read of it that is under way is repeated.
    pub(crate) fn overtake(&self, id: &TenantId) {
        if let Some(read) = self.queue.lock().reads.get_mut(id) {
            read.overtake();
        }
    }

    /// Waits until there may be something to read.
    pub(crate) async fn work(&self) {
        self.work.notified().await;
    }

    /// How many wait to be read.
    pub(crate) fn in_line(&self) -> usize {
        self.queue.lock().line.len()
    }

    /// The next tenants to read; none if there is nothing to do.
    pub(crate) fn next_batch(&self) -> Vec<TenantId> {
        let mut queue = self.queue.lock();
        let most = queue.line.len().min(BATCH);
        let batch: Vec<_> = queue.line.drain(..most).collect();
        for id in &batch {
            if let Some(read) = queue.reads.get_mut(id) {
                read.state = State::UnderWay;
            }
        }
        batch
    }

    /// What to do with what was read of `id`; `None` if it was overtaken, and then it is in line again.
    pub(crate) fn landed(&self, id: &TenantId) -> Option<Purpose> {
        let mut queue = self.queue.lock();
        let read = queue.reads.get_mut(id)?;
        if read.state == State::Overtaken {
            read.state = State::InLine;
            queue.line.push_back(id.clone());
            return None;
        }
        Some(read.purpose)
    }

    /// Tells whoever waits for `id`.
    pub(crate) fn finish(&self, id: &TenantId, outcome: &Outcome) {
        let read = self.queue.lock().reads.remove(id);
        for reply in read.into_iter().flat_map(|read| read.waiting) {
            // Who has stopped waiting needs no answer.
            let _gone = reply.send(outcome.clone());
        }
    }

    /// Tells everybody in line, since the database does not answer.
    pub(crate) fn fail_line(&self, failure: &Failure) {
        let mut queue = self.queue.lock();
        let line = std::mem::take(&mut queue.line);
        let reads: Vec<_> = line
            .iter()
            .filter_map(|id| queue.reads.remove(id))
            .collect();
        drop(queue);
        for reply in reads.into_iter().flat_map(|read| read.waiting) {
            let _gone = reply.send(Outcome::Failed(failure.clone()));
        }
    }

    /// Forgets all reads, as a reader must that takes over from one that panicked: who waits is told so.
    pub(crate) fn clear(&self) {
        let mut queue = self.queue.lock();
        queue.reads.clear();
        queue.line.clear();
    }

    /// Takes no more: there is no reader any longer.
    pub(crate) fn close(&self) {
        self.queue.lock().closed = true;
        self.clear();
    }
}

impl Read {
    fn overtake(&mut self) {
        if self.state == State::UnderWay {
            self.state = State::Overtaken;
        }
    }
}

impl Purpose {
    fn add(&mut self, why: Why) {
        match why {
            Why::Wanted => self.keep = true,
            Why::Changed => self.announce = true,
            Why::Aged => {}
        }
    }
}
