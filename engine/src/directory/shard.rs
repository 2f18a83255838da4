//! A part of the directory: a table behind a lock of its own.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use smallvec::SmallVec;

use super::Spare;
use crate::state::TenantState;
use crate::sync::{Arc, Ordering, RwLock, fence};
use crate::tenant_id::TenantId;

/// Places that are looked at in one go, while lookups wait: some microseconds.
const PLACES: usize = 64;
/// A table of so many places is not worth shrinking.
const SMALL: usize = 256;

/// A part of the directory: the tenants whose ids hash to it, one pointer each.
///
/// A tenant's id is kept in its state alone. Whole lines of cache, so that two shards share none.
#[repr(align(128))]
pub(super) struct Shard(RwLock<HashTable<Arc<TenantState>>>);

/// What a visit to a shard came to.
pub(super) struct Visited {
    /// How many tenants were looked at.
    pub(super) tenants: usize,
    /// Those that went. To be dropped without any lock.
    pub(super) gone: SmallVec<[Arc<TenantState>; PLACES]>,
    /// Where to go on; `None` at the end of the shard.
    pub(super) next: Option<usize>,
}

impl Shard {
    pub(super) fn new() -> Self {
        Self(RwLock::new(HashTable::new()))
    }

    #[inline]
    pub(super) fn get(&self, hash: u64, id: &TenantId) -> Option<Arc<TenantState>> {
        let table = self.0.read();
        table.find(hash, |state| state.id() == id).map(Arc::clone)
    }

    /// The tenant of this id, which is `made` if there is none yet and `may_enter` lets it in.
    pub(super) fn get_or_insert(
        &self,
        hash: u64,
        made: &Arc<TenantState>,
        hash_of: impl Fn(&TenantState) -> u64,
        may_enter: impl FnOnce() -> bool,
    ) -> Option<Arc<TenantState>> {
        let mut table = self.0.write();
        let same = |state: &Arc<TenantState>| state.id() == made.id();
        match table.entry(hash, same, |state| hash_of(state)) {
            Entry::Occupied(known) => Some(Arc::clone(known.get())),
            Entry::Vacant(place) => may_enter().then(|| {
                place.insert(Arc::clone(made));
                Arc::clone(made)
            }),
        }
    }

    pub(super) fn all(&self) -> Vec<Arc<TenantState>> {
        self.0.read().iter().cloned().collect()
    }

    /// Looks at the next places from `from` on, but at no more than `most` tenants, and takes out those that
    /// can go.
    ///
    /// A table that grows in between puts what is at place p to p or to p + its old size: who has not been
    /// visited is still ahead.
    pub(super) fn visit(
        &self,
        from: usize,
        most: usize,
        spare: Spare,
        hash_of: impl Fn(&TenantState) -> u64,
    ) -> Visited {
        let mut table = self.0.write();
        let mut visited = Visited {
            tenants: 0,
            gone: SmallVec::new(),
            next: None,
        };
        let end = std::cmp::min(table.num_buckets(), from.saturating_add(PLACES));
        for place in from..end {
            if visited.tenants == most {
                visited.next = Some(place);
                return visited;
            }
            let Ok(entry) = table.get_bucket_entry(place) else {
                continue;
            };
            visited.tenants = visited.tenants.saturating_add(1);
            if can_go(entry.get(), spare) {
                visited.gone.push(entry.remove().0);
            }
        }
        if end < table.num_buckets() {
            visited.next = Some(end);
        } else if table.num_buckets() > SMALL && table.len() < table.capacity() >> 3 {
            // Most have gone: the room that they took is given back.
            let room = table.len().saturating_mul(2);
            table.shrink_to(room, |state| hash_of(state));
        }
        visited
    }
}

/// Whether nobody has the tenant and it carries no information.
///
/// A count of 1 stays 1: handles are made under the shard's lock, or from one that somebody has. Only an
/// ancestor that calls back what it has lent may hold the tenant for a moment besides; it spends nothing.
fn can_go(state: &Arc<TenantState>, spare: Spare) -> bool {
    if Arc::strong_count(state) > 1 {
        return false;
    }
    // Acquire: all that was done through handles that are gone was done before.
    fence(Ordering::Acquire);
    let spared = state.was_newcomer() && spare == Spare::Newcomers;
    !spared && state.is_idle()
}
