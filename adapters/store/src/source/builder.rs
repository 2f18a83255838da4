//! What a source is made of, with what is usual for the rest.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::cache::Bounds;
use crate::feed::{Pace, Signals};
use crate::source::SqlSource;
use crate::source::cached::Cached;
use crate::source::shared::Shared;
use crate::store::TenantStore;
use crate::store::database::Database;

/// A source to be; see [`SqlSource::builder`].
#[must_use = "it is no source until it is started"]
#[derive(Debug)]
pub struct SqlSourceBuilder {
    store: TenantStore,
    bounds: Bounds,
    roster_most: usize,
    answer_within: Duration,
    start_within: Duration,
    look_every: Duration,
    pace: Pace,
}

impl SqlSourceBuilder {
    pub(super) fn new(store: TenantStore) -> Self {
        Self {
            answer_within: store.timeout(),
            store,
            bounds: Bounds {
                size: 1000,
                ttl: Duration::from_secs(300),
                stale_for: Duration::from_secs(3600),
                unknown_size: 10_000,
                unknown_ttl: Duration::from_secs(5),
            },
            roster_most: 1_000_000,
            start_within: Duration::from_secs(5),
            look_every: Duration::from_millis(200),
            pace: Pace {
                hearing: Duration::from_secs(5),
                deaf: Duration::from_secs(1),
            },
        }
    }

    /// How many configs are cached at most; the one that was asked for longest ago goes first. The default is 1000.
    ///
    /// An engine keeps the tenants it has in memory whatever is cached here: this is what they are found in after
    /// they were evicted, and what changes are compared with.
    pub fn cache_size(mut self, tenants: NonZeroU64) -> Self {
        self.bounds.size = tenants.get();
        self
    }

    /// A cached config is read again after so long, give or take a tenth, at the back of whoever asks for it. The
    /// default is 5 min.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.bounds.ttl = ttl;
        self
    }

    /// For how long past that a config that could not be read again is still handed out. The default is 1 h.
    pub fn stale_for(mut self, age: Duration) -> Self {
        self.bounds.stale_for = age;
        self
    }

    /// How many ids without a config are remembered, and for how long. The default is 10,000 for 5 s each.
    ///
    /// While the roster is complete it answers for unknown ids, and this is for broken rows alone.
    pub fn unknown(mut self, ids: NonZeroU64, ttl: Duration) -> Self {
        self.bounds.unknown_size = ids.get();
        self.bounds.unknown_ttl = ttl;
        self
    }

    /// How many tenants the roster may hold, about 18 bytes each. With more tenants than that in the table, or with 0
    /// here, there is none, and unknown ids are looked up, many in one query. The default is 1,000,000.
    pub fn roster_most(mut self, tenants: usize) -> Self {
        self.roster_most = tenants;
        self
    }

    /// How long the database may take for an answer. The default is the store's
    /// [timeout](TenantStore::timeout).
    ///
    /// A load that the database does not answer fails within twice this, or at once if others failed before it.
    pub fn answer_within(mut self, limit: Duration) -> Self {
        self.answer_within = limit;
        self
    }

    /// For how long [`start`](Self::start) waits for the database. The default is 5 s.
    pub fn start_within(mut self, limit: Duration) -> Self {
        self.start_within = limit;
        self
    }

    /// How often changes are asked for: while notices of them come, and while they don't. The defaults are 5 s and
    /// 1 s.
    ///
    /// Each wait is up to a fifth shorter. On PostgreSQL it is made sure as often that notices still come: a connection
    /// that has died in silence delays a change by the first of these, and is then replaced.
    pub fn poll_every(mut self, hearing: Duration, deaf: Duration) -> Self {
        self.pace = Pace { hearing, deaf };
        self
    }

    /// How often SQLite is looked at for changes. The default is 200 ms.
    pub fn look_every(mut self, pause: Duration) -> Self {
        self.look_every = pause;
        self
    }

    /// Starts the source's actors on the tokio runtime that this is called in.
    ///
    /// Waits until changes come in, the roster is read and those who were busiest when it was last noted are cached. A database
    /// that takes longer, or can't be reached, keeps nobody from starting: [`SqlSource::health`] says so, and the source
    /// is complete as soon as the database is back.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub async fn start(self) -> SqlSource {
        let signals = self.signals();
        let backend = Arc::new(self.store.clone());
        let shared = Shared::new(backend, self.bounds, self.roster_most, self.answer_within);
        let cached = Cached::start(shared, signals, self.pace);
        let source = SqlSource {
            cached,
            store: self.store,
        };
        let ready = async {
            source.cached.settled().await;
            source.warm_up().await;
        };
        if timeout(self.start_within, ready).await.is_err() {
            tracing::warn!(
                waited = ?self.start_within,
                "starting without the database of tenant configs, or before all of it was read"
            );
        }
        source
    }

    fn signals(&self) -> Arc<dyn Signals> {
        match self.store.database() {
            #[cfg(feature = "sqlite")]
            Database::Sqlite(pool) => Arc::new(crate::feed::poll::SqliteSignals {
                pool: pool.clone(),
                every: self.look_every,
            }),
            #[cfg(feature = "postgres")]
            Database::Postgres(pool) => Arc::new(crate::feed::listen::PgSignals(pool.clone())),
        }
    }
}
