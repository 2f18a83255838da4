//! What a source and its actors share, and how what was read or written is taken in and announced.
//!
//! Everything that is learned of tenants goes through [`Shared::take_in`], [`Shared::set`] and [`Shared::removed`],
//! one at a time, so that the cache, the roster and the listeners are told in one order, and never of an older state
//! after a newer one. What concerns requests — [`Shared::look`] — takes no part in that lock.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};
use tollgate::{Change, ChangeListener, TenantId, Versioned};

use crate::backend::{Answer, Backend, Row};
use crate::cache::pulse::Pulse;
use crate::cache::reads::{Failure, Outcome, Purpose, Reads, Why};
use crate::cache::{Bounds, Cache, Known, Taken};
use crate::error::StoreError;
use crate::feed::state::FeedState;
use crate::roster::Roster;

/// Broken rows that are named in health at most.
const MOST_BROKEN: usize = 100;

/// What a source and its actors share.
pub(crate) struct Shared {
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) cache: Cache,
    pub(crate) roster: Roster,
    pub(crate) reads: Reads,
    pub(crate) pulse: Pulse,
    pub(crate) feed: FeedState,
    broken: Mutex<BTreeMap<TenantId, Arc<str>>>,
    listeners: Mutex<Vec<Arc<dyn ChangeListener>>>,
    /// Held while something is taken in and announced; never over an await.
    order: Mutex<()>,
    answer_within: Duration,
    queries: AtomicU64,
    stale_served: AtomicU64,
}

impl Shared {
    pub(crate) fn new(
        backend: Arc<dyn Backend>,
        bounds: Bounds,
        roster_most: usize,
        answer_within: Duration,
    ) -> Self {
        Self {
            backend,
            cache: Cache::new(bounds),
            roster: Roster::new(roster_most),
            reads: Reads::default(),
            pulse: Pulse::default(),
            feed: FeedState::default(),
            broken: Mutex::default(),
            listeners: Mutex::default(),
            order: Mutex::default(),
            answer_within,
            queries: AtomicU64::new(0),
            stale_served: AtomicU64::new(0),
        }
    }

    pub(crate) fn subscribe(&self, listener: Arc<dyn ChangeListener>) {
        self.listeners.lock().push(listener);
    }

    pub(crate) fn answer_within(&self) -> Duration {
        self.answer_within
    }

    /// What can be said of an id without asking the database.
    pub(crate) fn look(&self, id: &TenantId) -> Known {
        let now = Instant::now();
        let known = self.cache.look(id, now);
        if let Known::Config { stale: true, .. } = known {
            self.stale_served.fetch_add(1, Ordering::Relaxed);
        }
        let unclear = matches!(known, Known::Unclear);
        if unclear && self.feed.is_trusted(now) && !self.roster.may_have(id) {
            return Known::Absent;
        }
        known
    }

    /// Has a tenant read, unless the database is known not to answer.
    pub(crate) fn want(
        &self,
        id: &TenantId,
        why: Why,
    ) -> Result<oneshot::Receiver<Outcome>, Failure> {
        let may_ask = self.pulse.may_ask(Instant::now());
        may_ask.map_err(Failure::NotAsked)?;
        self.reads.want(id, why)
    }

    /// Asks the database, for a bounded time, and notes whether it answers.
    pub(crate) async fn ask<T>(
        &self,
        doing: &'static str,
        question: Answer<'_, T>,
    ) -> Result<T, Arc<StoreError>> {
        self.queries.fetch_add(1, Ordering::Relaxed);
        let limit = self.answer_within;
        let late = |_| Err(StoreError::TimedOut { doing, limit });
        match timeout(limit, question).await.unwrap_or_else(late) {
            Ok(answer) => {
                self.pulse.answered();
                Ok(answer)
            }
            Err(cause) => {
                let cause = Arc::new(cause);
                self.pulse.failed(&cause);
                Err(cause)
            }
        }
    }

    /// Takes in what was read of a tenant; `None` if it has changed meanwhile, and is to be read again.
    pub(crate) fn take_in(&self, id: &TenantId, row: Option<Row>) -> Option<Outcome> {
        let row = row.map(checked);
        let _order = self.order.lock();
        let purpose = self.reads.landed(id)?;
        let outcome = match row {
            None => {
                self.mended(id);
                if let Some(was) = self.cache.put_absent(id, purpose.keep) {
                    // Its removal has a version of its own, which is not known here. Every later one is above this.
                    let version = was.version.saturating_add(1);
                    self.announce(id, &Change::Removed { version });
                }
                Outcome::Absent
            }
            Some(Ok(read)) => Outcome::Found(self.take_in_config(id, read, purpose)),
            Some(Err(problem)) => {
                self.roster.add(id);
                self.note_broken(id, &problem);
                self.cache.put_broken(id, &problem, purpose.keep);
                Outcome::Broken(problem)
            }
        };
        Some(outcome)
    }

    /// Takes in a config that was read; gives the latest that is known.
    fn take_in_config(&self, id: &TenantId, read: Versioned, purpose: Purpose) -> Versioned {
        self.mended(id);
        let newcomer = self.roster.add(id);
        let announce = match self.cache.put(read.clone(), purpose.keep) {
            Taken::Outdated => return self.cache.cached(id).unwrap_or(read),
            Taken::News => true,
            Taken::Stranger => purpose.announce || newcomer,
            Taken::Known => newcomer,
        };
        if announce {
            self.announce_config(id, read.clone());
        }
        read
    }

    /// The feed tells of changes, from version `first` to version `last`; says whether the tenant is to be read.
    ///
    /// What is cached may have been read after a change and before the feed told of it. Then the cache is ahead of
    /// the listeners, and comparing with it would tell them nothing.
    pub(crate) fn hears_of(&self, id: &TenantId, first: u64, last: u64) -> bool {
        let _order = self.order.lock();
        if let Some(untold) = self.cache.untold(id).filter(|it| it.version >= first) {
            self.announce_config(id, untold);
        }
        let cached = self.cache.cached(id);
        cached.is_none_or(|cached| cached.version < last)
    }

    /// A config has been written by this process: whoever asks from now on gets it.
    pub(crate) fn set(&self, written: Versioned) {
        let id = written.config.tenant_id.clone();
        let _order = self.order.lock();
        self.reads.overtake(&id);
        self.mended(&id);
        let newcomer = self.roster.add(&id);
        let taken = self.cache.put(written.clone(), true);
        if newcomer || matches!(taken, Taken::News | Taken::Stranger) {
            self.announce_config(&id, written);
        }
    }

    /// A tenant is gone, unless a later version of it is known.
    pub(crate) fn removed(&self, id: &TenantId, version: u64) {
        let _order = self.order.lock();
        self.reads.overtake(id);
        let cached = self.cache.cached(id);
        if cached.is_some_and(|cached| cached.version > version) {
            return;
        }
        self.mended(id);
        self.cache.put_absent(id, false);
        self.announce(id, &Change::Removed { version });
    }

    fn announce_config(&self, id: &TenantId, config: Versioned) {
        self.announce(id, &Change::Set(config));
        self.cache.told(id);
    }

    /// Tells the listeners; the caller holds the order.
    fn announce(&self, id: &TenantId, change: &Change) {
        let listeners = {
            let mut listeners = self.listeners.lock();
            listeners.retain(|listener| !listener.is_gone());
            listeners.clone()
        };
        for listener in listeners {
            listener.changed(id, change);
        }
    }

    fn note_broken(&self, id: &TenantId, problem: &Arc<str>) {
        let mut broken = self.broken.lock();
        if broken.get(id) == Some(problem) {
            return;
        }
        tracing::error!(tenant = %id, %problem, "a tenant's row is broken: its last good config stays, if it had one");
        if broken.len() < MOST_BROKEN || broken.contains_key(id) {
            broken.insert(id.clone(), Arc::clone(problem));
        }
    }

    fn mended(&self, id: &TenantId) {
        if self.broken.lock().remove(id).is_some() {
            tracing::info!(tenant = %id, "a tenant's broken row is mended or gone");
        }
    }

    pub(crate) fn broken(&self) -> BTreeMap<TenantId, Arc<str>> {
        self.broken.lock().clone()
    }

    pub(crate) fn queries(&self) -> u64 {
        self.queries.load(Ordering::Relaxed)
    }

    pub(crate) fn stale_served(&self) -> u64 {
        self.stale_served.load(Ordering::Relaxed)
    }
}

/// What a row says, checked as the engine will.
fn checked(row: Row) -> Result<Versioned, Arc<str>> {
    let config = row.config?;
    if let Err(problems) = config.compile() {
        return Err(problems.to_string().into());
    }
    Ok(Versioned {
        config: Arc::new(config),
        version: row.version,
    })
}
