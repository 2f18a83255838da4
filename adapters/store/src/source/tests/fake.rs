//! A database in memory that counts what it is asked and fails when it is told to.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::sleep;
use tollgate::{TenantConfig, TenantId};

use super::kit::{config, id};
use crate::backend::{Answer, Backend, Changed, Changes, Cursor, Row};
use crate::error::StoreError;
use crate::feed::{Ear, Opening, Signals};
use crate::source::health::FeedMode;

/// How the database behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    Well,
    Refuses,
    Hangs,
    Panics,
}

/// The database, the notices it sends, and what it was asked.
pub(super) struct Fake {
    rows: Mutex<BTreeMap<TenantId, Row>>,
    changes: Mutex<Vec<Changed>>,
    first_asked: Mutex<Option<usize>>,
    mood: Mutex<Mood>,
    /// Between the moment that a read looks at and its answer.
    delay: Mutex<Duration>,
    pub(super) notices: Notify,
    pub(super) cut: AtomicBool,
    /// It tells what has changed, but not to what.
    pub(super) unreadable: AtomicBool,
    /// It can't tell of all changes.
    pub(super) plain: AtomicBool,
    pub(super) batches: Mutex<Vec<Vec<TenantId>>>,
    pub(super) asked_for_changes: AtomicU64,
    pub(super) asked_for_ids: AtomicU64,
}

impl Fake {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            rows: Mutex::default(),
            changes: Mutex::default(),
            first_asked: Mutex::default(),
            mood: Mutex::new(Mood::Well),
            delay: Mutex::default(),
            notices: Notify::new(),
            cut: AtomicBool::new(false),
            plain: AtomicBool::new(false),
            unreadable: AtomicBool::new(false),
            batches: Mutex::default(),
            asked_for_changes: AtomicU64::new(0),
            asked_for_ids: AtomicU64::new(0),
        })
    }

    pub(super) fn with(tenants: &[&str]) -> Arc<Self> {
        let fake = Self::new();
        for tenant in tenants {
            fake.set(config(tenant, 100));
        }
        fake
    }

    pub(super) fn feel(&self, mood: Mood) {
        *self.mood.lock() = mood;
    }

    pub(super) fn delay(&self, delay: Duration) {
        *self.delay.lock() = delay;
    }

    /// Somebody else writes a config; the notice follows if notices aren't cut. Gives the version.
    pub(super) fn set(&self, config: TenantConfig) -> u64 {
        self.write(&config.tenant_id.clone(), Some(Ok(config)))
    }

    pub(super) fn spoil(&self, tenant: &str, problem: &str) -> u64 {
        self.write(&id(tenant), Some(Err(problem.to_owned())))
    }

    pub(super) fn remove(&self, tenant: &str) -> u64 {
        self.write(&id(tenant), None)
    }

    fn write(&self, id: &TenantId, config: Option<Result<TenantConfig, String>>) -> u64 {
        let version = self.write_unseen(id, config);
        if !self.cut.load(Ordering::SeqCst) {
            self.notices.notify_one();
        }
        version
    }

    /// Without a notice.
    pub(super) fn write_unseen(
        &self,
        id: &TenantId,
        config: Option<Result<TenantConfig, String>>,
    ) -> u64 {
        let mut changes = self.changes.lock();
        let version = u64::try_from(changes.len()).unwrap() + 1;
        changes.push(Changed {
            id: id.clone(),
            first: version,
            version,
            removed: config.is_none(),
        });
        let mut rows = self.rows.lock();
        match config {
            None => rows.remove(id),
            Some(config) => rows.insert(
                id.clone(),
                Row {
                    id: id.clone(),
                    version,
                    config,
                },
            ),
        };
        version
    }

    /// Changes a row as no trigger would see it.
    pub(super) fn tamper(&self, config: TenantConfig, version: u64) {
        let id = config.tenant_id.clone();
        let config = Ok(config);
        let row = Row {
            id: id.clone(),
            version,
            config,
        };
        self.rows.lock().insert(id, row);
    }

    pub(super) fn cut_notices(&self, cut: bool) {
        self.cut.store(cut, Ordering::SeqCst);
        self.notices.notify_one();
    }

    pub(super) fn loads(&self) -> usize {
        self.batches.lock().len()
    }

    fn answer<'b, T: Send + 'b>(&'b self, answer: impl FnOnce() -> T) -> Answer<'b, T> {
        let (mood, delay) = (*self.mood.lock(), *self.delay.lock());
        let answer = (mood == Mood::Well).then(answer);
        Box::pin(async move {
            sleep(delay).await;
            match mood {
                Mood::Well | Mood::Refuses => {}
                Mood::Hangs => std::future::pending().await,
                Mood::Panics => panic!("as the test wants it"),
            }
            answer.ok_or_else(|| StoreError::Database {
                doing: "a test",
                cause: sqlx::Error::PoolClosed,
            })
        })
    }
}

impl Backend for Fake {
    fn load<'b>(&'b self, ids: &'b [TenantId]) -> Answer<'b, Vec<Row>> {
        self.batches.lock().push(ids.to_vec());
        if self.unreadable.load(Ordering::SeqCst) {
            return Box::pin(std::future::ready(Err(StoreError::Database {
                doing: "a test",
                cause: sqlx::Error::PoolClosed,
            })));
        }
        self.answer(|| {
            let rows = self.rows.lock();
            ids.iter().filter_map(|id| rows.get(id).cloned()).collect()
        })
    }

    fn ids<'b>(&'b self, after: Option<&'b TenantId>, most: u32) -> Answer<'b, Vec<TenantId>> {
        self.asked_for_ids.fetch_add(1, Ordering::SeqCst);
        self.answer(|| {
            let rows = self.rows.lock();
            let beyond = rows
                .keys()
                .filter(|id| after.is_none_or(|after| *id > after));
            beyond
                .take(usize::try_from(most).unwrap())
                .cloned()
                .collect()
        })
    }

    fn changes(&self, since: Option<Cursor>) -> Answer<'_, Changes> {
        self.asked_for_changes.fetch_add(1, Ordering::SeqCst);
        self.answer(|| {
            let changes = self.changes.lock();
            let now = changes.len();
            let since = since.map_or(now, |since| usize::try_from(since.at).unwrap());
            // The last change of before is told again, as it may be.
            let first = *self.first_asked.lock().get_or_insert(since);
            Changes {
                tenants: changes[since.saturating_sub(1).max(first)..].to_vec(),
                next: Cursor::at(u64::try_from(changes.len()).unwrap(), 0),
                more: false,
                complete: !self.plain.load(Ordering::SeqCst),
            }
        })
    }
}

/// The fake's notices.
pub(super) struct FakeSignals(pub(super) Arc<Fake>);

impl Signals for FakeSignals {
    fn open(&self) -> Opening {
        let ear = FakeEar(Arc::clone(&self.0));
        Box::pin(async move {
            ear.hears()?;
            let ear: Box<dyn Ear> = Box::new(ear);
            Ok(ear)
        })
    }
}

struct FakeEar(Arc<Fake>);

impl FakeEar {
    fn hears(&self) -> Result<(), StoreError> {
        let gone = *self.0.mood.lock() != Mood::Well || self.0.cut.load(Ordering::SeqCst);
        if gone {
            let cause = sqlx::Error::WorkerCrashed;
            return Err(StoreError::Database {
                doing: "listening",
                cause,
            });
        }
        Ok(())
    }
}

impl Ear for FakeEar {
    fn heard(&mut self) -> Answer<'_, ()> {
        Box::pin(async {
            self.0.notices.notified().await;
            self.hears()
        })
    }

    fn check(&mut self) -> Answer<'_, ()> {
        Box::pin(std::future::ready(self.hears()))
    }

    fn mode(&self) -> FeedMode {
        FeedMode::Listening
    }
}
