//! The tenants in memory, by id, and the ids that are known to be nobody's.

use std::collections::VecDeque;
use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

use dashmap::DashMap;
use lru::LruCache;

use crate::clock::Timestamp;
use crate::state::TenantState;
use crate::sync::{Arc, Mutex};
use crate::tenant::Tenant;
use crate::tenant_id::TenantId;

type Hasher = foldhash::fast::RandomState;

/// The tenants in memory.
///
/// Only tenants that the config source knows get in, so it never holds more than the source does.
///
/// # Concurrency
/// A lookup clones the `Arc` out under the map's shard lock and lets go. Eviction holds the shard's write
/// lock while it makes sure that nobody else has the tenant: no handle can appear or spend meanwhile, so
/// that there is no ghost. Lock order: shard, then ledger.
pub(crate) struct Directory {
    tenants: DashMap<TenantId, Arc<TenantState>, Hasher>,
    /// Everybody in `tenants`, in the order in which they are visited by a sweep.
    rounds: Mutex<VecDeque<Visit>>,
}

/// A visit that a tenant will get.
struct Visit {
    id: TenantId,
    /// Nobody has visited it yet.
    first: bool,
}

/// Whom a sweep spares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spare {
    /// Nobody that can be evicted.
    Nobody,
    /// Who was loaded since the last sweep, and may not have been used yet.
    Newcomers,
}

impl Directory {
    pub(crate) fn new() -> Self {
        Self {
            tenants: DashMap::with_hasher(Hasher::default()),
            rounds: Mutex::new(VecDeque::new()),
        }
    }

    #[inline]
    pub(crate) fn get(&self, id: &TenantId) -> Option<Tenant> {
        self.tenants
            .get(id)
            .map(|entry| Tenant::of(Arc::clone(&entry)))
    }

    /// The tenant of this id, made by `make` if there is none yet.
    pub(crate) fn get_or_insert(
        &self,
        id: &TenantId,
        make: impl FnOnce() -> Arc<TenantState>,
    ) -> Tenant {
        let mut is_new = false;
        let state = {
            let entry = self.tenants.entry(id.clone()).or_insert_with(|| {
                is_new = true;
                make()
            });
            Arc::clone(&entry)
        };
        if is_new {
            let visit = Visit {
                id: id.clone(),
                first: true,
            };
            self.rounds.lock().push_back(visit);
        }
        Tenant::of(state)
    }

    pub(crate) fn len(&self) -> usize {
        self.tenants.len()
    }

    /// Visits the next `most` tenants and evicts those that carry no information; says how many.
    pub(crate) fn sweep(&self, most: usize, spare: Spare) -> usize {
        let mut evicted = 0_usize;
        for _ in 0..std::cmp::min(most, self.len()) {
            let Some(mut visit) = self.rounds.lock().pop_front() else {
                break;
            };
            let spared = visit.first && spare == Spare::Newcomers;
            if !spared && self.evict(&visit.id) {
                evicted = evicted.saturating_add(1);
            } else {
                visit.first = false;
                self.rounds.lock().push_back(visit);
            }
        }
        evicted
    }

    fn evict(&self, id: &TenantId) -> bool {
        // `get_mut` succeeds only if this is the last reference, and sees all that was done by others.
        let forgettable = |_: &TenantId, state: &mut Arc<TenantState>| {
            Arc::get_mut(state).is_some_and(|state| state.is_idle())
        };
        self.tenants.remove_if_mut(id, forgettable).is_some()
    }
}

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Directory")
            .field("tenants", &self.len())
            .finish_non_exhaustive()
    }
}

/// Ids that the config source does not know, remembered for a while: at most so many, for so long.
///
/// A flood of random ids pushes the oldest out and takes no more room.
pub(crate) struct UnknownIds {
    until: Mutex<LruCache<TenantId, Timestamp, Hasher>>,
    ttl: Duration,
}

impl UnknownIds {
    pub(crate) fn new(most: NonZeroUsize, ttl: Duration) -> Self {
        let known = LruCache::with_hasher(most, Hasher::default());
        Self {
            until: Mutex::new(known),
            ttl,
        }
    }

    pub(crate) fn contains(&self, id: &TenantId, now: Timestamp) -> bool {
        let mut known = self.until.lock();
        match known.peek(id) {
            Some(&until) if now < until => true,
            Some(_) => {
                known.pop(id);
                false
            }
            None => false,
        }
    }

    pub(crate) fn insert(&self, id: &TenantId, now: Timestamp) {
        if !self.ttl.is_zero() {
            self.until
                .lock()
                .put(id.clone(), now.saturating_add(self.ttl));
        }
    }

    pub(crate) fn remove(&self, id: &TenantId) {
        self.until.lock().pop(id);
    }

    pub(crate) fn len(&self) -> usize {
        self.until.lock().len()
    }
}

impl fmt::Debug for UnknownIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnknownIds")
            .field("ids", &self.len())
            .finish_non_exhaustive()
    }
}
