//! A source over the fake database, and who listens to it.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::sleep;
use tollgate::{Change, ChangeListener, ConfigSource, SourceError, TenantConfig, TenantId};

use super::fake::{Fake, FakeSignals};
use crate::backend::Backend;
use crate::cache::Bounds;
use crate::feed::Pace;
use crate::source::cached::Cached;
use crate::source::health::Health;
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
