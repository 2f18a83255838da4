//! What is remembered of the database: configs of the tenants asked for last, and ids that nobody has.

pub(crate) mod pulse;
pub(crate) mod reader;
pub(crate) mod reads;
pub(crate) mod refresher;
mod slot;

use std::sync::Arc;
use std::time::Duration;

use moka::policy::EvictionPolicy;
use tokio::time::Instant;
use tollgate::{TenantId, Versioned};

use self::slot::Slot;
use crate::jitter::Jitter;

/// A bounded memory of tenants, the least recently asked for going first, and of ids without a config.
///
/// The two are apart: a flood of unknown ids displaces no tenant. Ages are told by tokio's clock, and nothing is
/// dropped for its age: what is old may still be better than nothing.
#[derive(Debug)]
pub(crate) struct Cache {
    slots: moka::sync::Cache<TenantId, Arc<Slot>, foldhash::quality::RandomState>,
    nothings: moka::sync::Cache<TenantId, Nothing, foldhash::quality::RandomState>,
    bounds: Bounds,
    jitter: Jitter,
}

/// How much is remembered, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) size: u64,
    /// A config is read anew after so long, give or take a tenth.
    pub(crate) ttl: Duration,
    /// And is of use for so much longer if it can't be.
    pub(crate) stale_for: Duration,
    pub(crate) unknown_size: u64,
    pub(crate) unknown_ttl: Duration,
}

/// An id without a config.
#[derive(Debug, Clone)]
struct Nothing {
    until: Instant,
    /// What is wrong with its row; without one there is no row.
    problem: Option<Arc<str>>,
}

/// What is remembered of an id.
#[derive(Debug)]
pub(crate) enum Known {
    Config { versioned: Versioned, stale: bool },
    Absent,
    Broken(Arc<str>),
    Unclear,
}

/// What a config that was read is to the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// A later version is cached: this one is left out.
    Outdated,
    /// An equal config was cached.
    Known,
    /// Another config was, or that there is none.
    News,
    /// Nothing was.
    Stranger,
}

impl Cache {
    pub(crate) fn new(bounds: Bounds) -> Self {
        let hasher = foldhash::quality::RandomState::default();
        let lru = EvictionPolicy::lru;
        Self {
            slots: moka::sync::Cache::builder()
                .max_capacity(bounds.size)
                .eviction_policy(lru())
                .build_with_hasher(hasher.clone()),
            nothings: moka::sync::Cache::builder()
                .max_capacity(bounds.unknown_size)
                .eviction_policy(lru())
                .build_with_hasher(hasher),
            bounds,
            jitter: Jitter::default(),
        }
    }

    pub(crate) fn bounds(&self) -> Bounds {
        self.bounds
    }

    pub(crate) fn look(&self, id: &TenantId, now: Instant) -> Known {
        let most = self.bounds.ttl.saturating_add(self.bounds.stale_for);
        if let Some((versioned, stale)) = self.slots.get(id).and_then(|slot| slot.look(now, most)) {
            return Known::Config { versioned, stale };
        }
        match self.nothings.get(id).filter(|nothing| now < nothing.until) {
            Some(Nothing { problem: None, .. }) => Known::Absent,
            Some(Nothing {
                problem: Some(problem),
                ..
            }) => Known::Broken(problem),
            None => Known::Unclear,
        }
    }

    /// What is cached, of whatever age.
    pub(crate) fn cached(&self, id: &TenantId) -> Option<Versioned> {
        self.slots.get(id).map(|slot| slot.versioned())
    }

    /// What is cached and was never announced.
    pub(crate) fn untold(&self, id: &TenantId) -> Option<Versioned> {
        self.slots.get(id).and_then(|slot| slot.untold())
    }

    /// What is cached has been announced.
    pub(crate) fn told(&self, id: &TenantId) {
        if let Some(slot) = self.slots.get(id) {
            slot.told();
        }
    }

    /// Takes in a config that was read; who has no place gets one only if it is to be kept.
    ///
    /// The caller sees to it that what concerns one tenant happens one after the other.
    pub(crate) fn put(&self, read: Versioned, keep: bool) -> Taken {
        let id = read.config.tenant_id.clone();
        let slot = self.slots.get(&id);
        if slot
            .as_ref()
            .is_some_and(|slot| slot.version() > read.version)
        {
            return Taken::Outdated;
        }
        let was_absent = self.nothings.remove(&id).is_some();
        let (now, refresh_at) = self.times();
        let differs = match &slot {
            Some(slot) => slot.put(read, now, refresh_at),
            None if keep => {
                let slot = Slot::new(read, now, refresh_at);
                self.slots.insert(id, Arc::new(slot));
                false
            }
            None => false,
        };
        if was_absent || differs {
            Taken::News
        } else if slot.is_some() {
            Taken::Known
        } else {
            Taken::Stranger
        }
    }

    /// Takes in that there is no such tenant, and gives what there was, if it was any.
    pub(crate) fn put_absent(&self, id: &TenantId, keep: bool) -> Option<Versioned> {
        let was = self.slots.remove(id).map(|slot| slot.versioned());
        if keep {
            self.put_nothing(id, None);
        } else {
            self.nothings.invalidate(id);
        }
        was
    }

    /// Takes in that its row is broken: a config that was read before stays, and grows old.
    pub(crate) fn put_broken(&self, id: &TenantId, problem: &Arc<str>, keep: bool) {
        let (now, refresh_at) = self.times();
        if let Some(slot) = self.slots.get(id) {
            slot.postpone(refresh_at);
        }
        if keep {
            self.put_nothing(id, Some(Arc::clone(problem)));
        } else if let Some(nothing) = self.nothings.get(id) {
            // It counts no more, but who was told so before will have to be told of a config.
            let nothing = Nothing {
                until: now,
                ..nothing
            };
            self.nothings.insert(id.clone(), nothing);
        }
    }

    fn put_nothing(&self, id: &TenantId, problem: Option<Arc<str>>) {
        let until = Instant::now() + self.bounds.unknown_ttl;
        self.nothings.insert(id.clone(), Nothing { until, problem });
    }

    fn times(&self) -> (Instant, Instant) {
        let now = Instant::now();
        (now, now + self.jitter.around(self.bounds.ttl))
    }

    /// The tenants whose configs are to be read again by then.
    pub(crate) fn due(&self, by: Instant) -> Vec<TenantId> {
        let due = self.slots.iter().filter(|(_, slot)| slot.is_due(by));
        due.map(|(id, _)| TenantId::clone(&id)).collect()
    }

    /// How many configs are cached, and how many ids are known to have none.
    pub(crate) fn len(&self) -> (u64, u64) {
        self.slots.run_pending_tasks();
        self.nothings.run_pending_tasks();
        (self.slots.entry_count(), self.nothings.entry_count())
    }
}
