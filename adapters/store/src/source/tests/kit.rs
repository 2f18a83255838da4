//! A database in memory that counts what it is asked and fails when it is told to, and who listens to its source.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::sleep;
use tollgate::{Change, ChangeListener, ConfigSource, SourceError, TenantConfig, TenantId};

use crate::backend::{Answer, Backend, Changed, Changes, Cursor, Row};
use crate::cache::Bounds;
use crate::error::StoreError;
use crate::feed::{Ear, Opening, Pace, Signals};
use crate::source::cached::Cached;
use crate::source::health::{FeedMode, Health};
use crate::source::shared::Shared;

pub(super) const TTL: Duration = Duration::from_secs(300);
pub(super) const STALE_FOR: Duration = Duration::from_secs(3600);
pub(super) const UNKNOWN_TTL: Duration = Duration::from_secs(5);
pub(super) const WITHIN: Duration = Duration::from_secs(2);
pub(super) const PACE: Pace = Pace {
    hearing: Duration::from_secs(5),
    deaf: Duration::from_secs(1),
};

pub(super) fn id(text: &str) -> TenantId {
    text.parse().unwrap()
}

pub(super) fn config(tenant: &str, requests: u64) -> TenantConfig {
    TenantConfig::new(id(tenant)).requests_per_minute(requests)
}

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
                next: Cursor::at(u64::try_from(changes.len()).unwrap()),
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

/// What a listener was told.
#[derive(Default)]
pub(super) struct Told(Mutex<Vec<(TenantId, Change)>>);

impl ChangeListener for Told {
    fn changed(&self, id: &TenantId, change: &Change) {
        self.0.lock().push((id.clone(), change.clone()));
    }
}

impl Told {
    /// "acme=100@7" for a config that lets 100 requests a minute pass, "acme gone@8" for a removal.
    pub(super) fn take(&self) -> Vec<String> {
        let told = std::mem::take(&mut *self.0.lock());
        let text = |(id, change): (TenantId, Change)| match change {
            Change::Set(set) => {
                let requests = set.config.quota.requests_per_minute;
                format!("{id}={requests}@{}", set.version)
            }
            Change::Removed { version } => format!("{id} gone@{version}"),
            other => panic!("{other:?}"),
        };
        told.into_iter().map(text).collect()
    }
}

/// A source over the fake.
pub(super) struct Rig {
    pub(super) fake: Arc<Fake>,
    pub(super) source: Cached,
    pub(super) told: Arc<Told>,
}

pub(super) const BOUNDS: Bounds = Bounds {
    size: 1000,
    ttl: TTL,
    stale_for: STALE_FOR,
    unknown_size: 10_000,
    unknown_ttl: UNKNOWN_TTL,
};

impl Rig {
    /// With a roster, and ready.
    pub(super) async fn new(fake: Arc<Fake>) -> Self {
        Self::with(fake, 1_000_000).await
    }

    /// With a roster of so many at most, zero for none.
    pub(super) async fn with(fake: Arc<Fake>, roster_most: usize) -> Self {
        let rig = Self::unsettled(fake, roster_most);
        rig.source.settled().await;
        rig.settle().await;
        rig
    }

    pub(super) fn unsettled(fake: Arc<Fake>, roster_most: usize) -> Self {
        let backend: Arc<dyn Backend> = Arc::<Fake>::clone(&fake);
        let shared = Shared::new(backend, BOUNDS, roster_most, WITHIN);
        let signals = Arc::new(FakeSignals(Arc::clone(&fake)));
        let source = Cached::start(shared, signals, PACE);
        let told = Arc::new(Told::default());
        let listener: Arc<dyn ChangeListener> = Arc::<Told>::clone(&told);
        source.subscribe(listener);
        Self { fake, source, told }
    }

    /// Lets the feed take in what it has been told of: time is the test's own.
    pub(super) async fn settle(&self) {
        sleep(Duration::from_millis(100)).await;
    }

    /// The requests a minute that the source says a tenant may have.
    pub(super) async fn load(&self, tenant: &str) -> Result<Option<u64>, SourceError> {
        let found = self.source.load(&id(tenant)).await?;
        Ok(found.map(|found| found.config.quota.requests_per_minute))
    }

    pub(super) fn health(&self) -> Health {
        Health::of(self.source.shared())
    }
}
