//! The tenants in memory, by id.

mod handles;
mod shard;
mod unknown;

use std::fmt;
use std::hash::{BuildHasher, Hasher as _};
use std::num::NonZeroUsize;

pub(crate) use self::unknown::UnknownIds;

use self::shard::Shard;
use crate::clock::Clock;
use crate::state::TenantState;
use crate::sync::{Arc, AtomicUsize, Mutex, Ordering};
use crate::tenant::Tenant;
use crate::tenant_id::TenantId;

type Hasher = foldhash::fast::RandomState;

/// Parts of the directory, a power of two. The models need one.
const SHARDS: usize = if cfg!(tollgate_loom) { 1 } else { 64 };
/// Which bits of a hash choose the shard: neither the lowest nor the highest seven, which its table uses.
const SHARD_SHIFT: u32 = 40;
/// Tenants that are looked at when room is needed for one.
const VISITS_FOR_ROOM: usize = 256;

/// The tenants in memory.
///
/// Only tenants that the config source knows get in, and never more than `most`. It keeps one pointer for each;
/// growing moves the pointers of one shard, while the other shards go on.
///
/// # Concurrency
/// A lookup clones the `Arc` out under its shard's lock and lets go. Eviction holds the shard's write lock while
/// it makes sure that nobody else has the tenant: no handle can appear or spend meanwhile, so that there is
/// no ghost. Lock order: `sweeps`, then a shard, then a ledger; two shards are never locked at once.
pub(crate) struct Directory {
    shards: Box<[Shard]>,
    hasher: Hasher,
    /// How many tenants there are. Changed under their shards' locks; never above `most`.
    len: AtomicUsize,
    most: NonZeroUsize,
    sweeps: Mutex<Place>,
}

/// Whom a sweep visits next.
#[derive(Default)]
struct Place {
    shard: usize,
    within: usize,
}

/// Whom a sweep spares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spare {
    /// Nobody that can be evicted.
    Nobody,
    /// Who was loaded since the last sweep, and may not have been used yet.
    Newcomers,
}

/// There are as many tenants as there may be, and none that was looked at can be evicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full {
    /// How many there may be.
    pub(crate) most: NonZeroUsize,
}

impl Directory {
    pub(crate) fn new(most: NonZeroUsize) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Shard::new()).collect(),
            hasher: Hasher::default(),
            len: AtomicUsize::new(0),
            most,
            sweeps: Mutex::default(),
        }
    }

    #[inline]
    pub(crate) fn get(&self, id: &TenantId) -> Option<Tenant> {
        self.find(self.hash(id), id)
    }

    #[inline]
    fn find(&self, hash: u64, id: &TenantId) -> Option<Tenant> {
        self.shard(hash).get(hash, id).map(Tenant::of)
    }

    /// Calls `f` with the tenant, through the handles that this thread has kept.
    ///
    /// All tenants of a directory share one `clock`, and no other directory's have it.
    #[inline]
    pub(crate) fn with<R>(
        &self,
        id: &TenantId,
        clock: &Clock,
        f: impl FnOnce(&Tenant) -> R,
    ) -> Option<R> {
        let hash = self.hash(id);
        let is_it = |tenant: &Tenant| {
            let state = tenant.state();
            state.id() == id && std::ptr::eq(state.clock(), clock)
        };
        handles::with(hash, is_it, || self.find(hash, id), f)
    }

    /// The tenant of this id, made by `make` if there is none yet.
    ///
    /// # Errors
    /// [`Full`], if there is no room for it and none can be made.
    pub(crate) fn get_or_insert(
        &self,
        id: &TenantId,
        make: impl FnOnce() -> Arc<TenantState>,
    ) -> Result<Tenant, Full> {
        let hash = self.hash(id);
        if let Some(known) = self.find(hash, id) {
            return Ok(known);
        }
        let made = make();
        loop {
            let shard = self.shard(hash);
            let found = shard.get_or_insert(hash, &made, |of| self.hash(of.id()), || self.enter());
            if let Some(state) = found {
                return Ok(Tenant::of(state));
            }
            if self.make_room() == 0 {
                return Err(Full { most: self.most });
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        // Relaxed: a number that may be old when it is read, whatever the order.
        self.len.load(Ordering::Relaxed)
    }

    /// All tenants, shard by shard.
    pub(crate) fn all(&self) -> impl Iterator<Item = Tenant> {
        let shards = self.shards.iter();
        shards.flat_map(Shard::all).map(Tenant::of)
    }

    /// Visits the next `most` tenants and evicts those that carry no information; says how many.
    ///
    /// Threads let go of the handles that they keep: this one now, others when they look somebody up next.
    pub(crate) fn sweep(&self, most: usize, spare: Spare) -> usize {
        handles::let_go();
        self.visit(most, spare).0
    }

    /// Evicts whom it can among the next few; says how many.
    fn make_room(&self) -> usize {
        let (evicted, all_round) = self.visit(VISITS_FOR_ROOM, Spare::Nobody);
        if evicted > 0 || !all_round {
            return evicted;
        }
        // Everybody has had a visit. What threads have kept may be in the way: what this one has is gone
        // now, what others have by the time of a later newcomer.
        handles::let_go();
        self.visit(VISITS_FOR_ROOM, Spare::Nobody).0
    }

    /// Visits the next `most` tenants; says how many it evicted, and whether it came past the last shard.
    fn visit(&self, most: usize, spare: Spare) -> (usize, bool) {
        let mut left = std::cmp::min(most, self.len());
        let (mut evicted, mut all_round) = (0_usize, left == self.len());
        // Once around, and the rest of the shard that it began in.
        let mut shards_left = SHARDS.saturating_add(1);
        while left > 0 && shards_left > 0 {
            let mut next = self.sweeps.lock();
            let Some(shard) = self.shards.get(next.shard) else {
                *next = Place::default();
                all_round = true;
                continue;
            };
            let visited = shard.visit(next.within, left, spare, |of| self.hash(of.id()));
            next.within = visited.next.unwrap_or_default();
            if visited.next.is_none() {
                next.shard = next.shard.saturating_add(1);
                shards_left = shards_left.saturating_sub(1);
            }
            drop(next);
            self.leave(visited.gone.len());
            evicted = evicted.saturating_add(visited.gone.len());
            left = left.saturating_sub(visited.tenants);
        }
        (evicted, all_round)
    }

    /// Counts a newcomer, if there is room for one.
    fn enter(&self) -> bool {
        let more = |len: usize| (len < self.most.get()).then(|| len.saturating_add(1));
        // Relaxed: the number alone is at stake.
        let entered = self
            .len
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        entered.is_ok()
    }

    fn leave(&self, gone: usize) {
        // Relaxed: as in `enter`. Below by those that are no longer in a table, so never above `most`.
        self.len.fetch_sub(gone, Ordering::Relaxed);
    }

    #[inline]
    fn hash(&self, id: &TenantId) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(id.as_str().as_bytes());
        hasher.finish()
    }

    #[inline]
    #[expect(clippy::indexing_slicing, reason = "SHARDS is a power of two")]
    fn shard(&self, hash: u64) -> &Shard {
        let bits = usize::try_from(hash >> SHARD_SHIFT).unwrap_or_default();
        &self.shards[bits & (SHARDS - 1)]
    }
}

impl Drop for Directory {
    /// Nobody will ask this directory again: what threads keep of it is of no use.
    fn drop(&mut self) {
        handles::let_go();
    }
}

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Directory")
            .field("tenants", &self.len())
            .field("most", &self.most)
            .finish_non_exhaustive()
    }
}
