//! The handles that a thread has kept, so that it finds a tenant again without touching what others write.
//!
//! A lookup in the directory writes to its shard's lock and to the tenant's count of handles, which all threads
//! share. A handle that is kept is found by two reads of this thread's own memory.
//!
//! A kept handle is a handle as any other: its tenant is not evicted, so it is never stale. In return it must
//! be let go of some time. Every sweep, and every engine that is dropped, begins a new *round*; a thread that
//! finds that another round has begun lets go of all that it has kept, a few handles at each lookup. A thread that
//! never looks anybody up again keeps what it has until it ends: [`SETS`] times [`WAYS`] handles at most.

use std::cell::{Cell, OnceCell};

use crate::sync::{AtomicU64, Ordering, process_wide, thread_local};
use crate::tenant::Tenant;

/// Sets of handles that a thread keeps, a power of two. The models need one, or what they do would hang on a hash.
const SETS: usize = if cfg!(tollgate_loom) { 1 } else { 512 };
/// Handles in a set: with its tags it fills one line of cache.
const WAYS: usize = 4;
/// Sets that are emptied at a lookup when a new round has begun.
const EMPTIED: usize = 16;

process_wide! {
    /// The number of the round: whoever sees that it has changed lets go. No order hangs on it.
    static ROUND: AtomicU64 = AtomicU64::new(0);
}

thread_local! {
    static HANDLES: Handles = Handles::default();
}

/// What a thread has kept. All of it is `Cell`s, so that whatever a caller's closure or a tenant's drop does, looking
/// up other tenants and the same again included, finds it whole.
#[derive(Default)]
struct Handles {
    sets: OnceCell<Box<[Set]>>,
    /// The round that all that is kept was kept in, unless some of it is being let go of.
    round: Cell<u64>,
    /// The round that it will be when the sets up to `emptied` and all others are empty.
    next_round: Cell<u64>,
    emptied: Cell<usize>,
}

/// Where handles of ids with the same lowest bits are kept.
#[derive(Default)]
#[repr(align(64))]
struct Set {
    /// The highest bits of the ids' hashes. Two ids may share a tag: a handle says itself whose it is.
    tags: [Cell<u32>; WAYS],
    places: [Cell<Option<Tenant>>; WAYS],
    /// The tag of the last id that was not found here, while there was no place free.
    missed: Cell<u32>,
    /// Whose place is given to an id that is not found twice in a row.
    victim: Cell<usize>,
}

/// Calls `f` with the kept handle of this hash that `is_it`, or with the one that `find` gives, which may be kept.
#[inline]
pub(super) fn with<R>(
    hash: u64,
    is_it: impl FnOnce(&Tenant) -> bool,
    find: impl FnOnce() -> Option<Tenant>,
    f: impl FnOnce(&Tenant) -> R,
) -> Option<R> {
    let mut work = Some((is_it, find, f));
    let done = HANDLES.try_with(|handles| {
        let (is_it, find, f) = work.take()?;
        handles.with(hash, is_it, find, f)
    });
    done.unwrap_or_else(|_| {
        // The thread is ending, and what it had kept is gone.
        let (_, find, f) = work.take()?;
        find().map(|tenant| f(&tenant))
    })
}

/// Begins a new round, and lets go of all that this thread has kept.
pub(super) fn let_go() {
    // Relaxed: no order hangs on it.
    ROUND.fetch_add(1, Ordering::Relaxed);
    // A thread that is ending has let go already.
    let _ending = HANDLES.try_with(Handles::empty);
}

impl Handles {
    #[inline]
    fn with<R>(
        &self,
        hash: u64,
        is_it: impl FnOnce(&Tenant) -> bool,
        find: impl FnOnce() -> Option<Tenant>,
        f: impl FnOnce(&Tenant) -> R,
    ) -> Option<R> {
        if self.round.get() != ROUND.load(Ordering::Relaxed) {
            self.empty_some();
        }
        let tag = tag(hash);
        let set = self.set(hash);
        if let Some(lent) = set.and_then(|set| set.lend(tag, is_it)) {
            return lent.tenant.as_ref().map(f);
        }
        let found = find()?;
        let result = f(&found);
        if let Some(set) = set.or_else(|| self.first_set(hash)) {
            set.keep(tag, found);
        }
        Some(result)
    }

    #[inline]
    fn set(&self, hash: u64) -> Option<&Set> {
        self.sets.get()?.get(index(hash))
    }

    /// The set of this hash, on a thread that has kept nothing so far.
    #[cold]
    fn first_set(&self, hash: u64) -> Option<&Set> {
        let sets = || (0..SETS).map(|_| Set::default()).collect();
        self.sets.get_or_init(sets).get(index(hash))
    }

    fn empty(&self) {
        let sets = self.sets.get().into_iter().flatten();
        sets.for_each(Set::empty);
        // Relaxed: as above.
        self.round.set(ROUND.load(Ordering::Relaxed));
        self.emptied.set(0);
    }

    /// Empties the next sets; a round that begins meanwhile has its turn after this one.
    #[cold]
    #[inline(never)]
    fn empty_some(&self) {
        if self.emptied.get() == 0 {
            // Relaxed: as above.
            self.next_round.set(ROUND.load(Ordering::Relaxed));
        }
        let some = self.sets.get().into_iter().flatten();
        let some = some.skip(self.emptied.get()).take(EMPTIED);
        some.for_each(Set::empty);
        let emptied = self.emptied.get().saturating_add(EMPTIED);
        if emptied < SETS && self.sets.get().is_some() {
            self.emptied.set(emptied);
        } else {
            self.emptied.set(0);
            self.round.set(self.next_round.get());
        }
    }
}

impl Set {
    /// Takes the handle of this tag that `is_it` out, until the loan ends.
    #[inline]
    fn lend(&self, tag: u32, is_it: impl FnOnce(&Tenant) -> bool) -> Option<Lent<'_>> {
        let mut ways = self.tags.iter().zip(&self.places);
        let (known, place) = ways.find(|(known, _)| known.get() == tag)?;
        let tenant = place.take()?;
        if is_it(&tenant) {
            return Some(Lent {
                home: (known, place),
                tag,
                tenant: Some(tenant),
            });
        }
        place.set(Some(tenant));
        None
    }

    /// Keeps a handle if there is a place for it, or if it is not found here the second time in a row.
    ///
    /// So it is those who ask often that are kept, and where all ask equally often hardly anybody moves.
    fn keep(&self, tag: u32, tenant: Tenant) {
        let mut ways = self.tags.iter().zip(&self.places);
        let free = ways.find(|(_, place)| {
            let kept = place.take();
            let free = kept.is_none();
            place.set(kept);
            free
        });
        if let Some((known, place)) = free {
            known.set(tag);
            place.set(Some(tenant));
            return;
        }
        if self.missed.replace(tag) != tag {
            return;
        }
        let victim = self.victim.get();
        self.victim.set(victim.wrapping_add(1) % WAYS);
        if let (Some(known), Some(place)) = (self.tags.get(victim), self.places.get(victim)) {
            known.set(tag);
            place.set(Some(tenant));
        }
    }

    fn empty(&self) {
        for place in &self.places {
            drop(place.take());
        }
    }
}

/// A handle that is out on loan: it goes back when the loan ends, in a panic too.
struct Lent<'h> {
    home: (&'h Cell<u32>, &'h Cell<Option<Tenant>>),
    tag: u32,
    tenant: Option<Tenant>,
}

impl Drop for Lent<'_> {
    #[inline]
    fn drop(&mut self) {
        // Who was kept here meanwhile has to go.
        self.home.0.set(self.tag);
        self.home.1.set(self.tenant.take());
    }
}

fn tag(hash: u64) -> u32 {
    u32::try_from(hash >> 32).unwrap_or_default()
}

fn index(hash: u64) -> usize {
    usize::try_from(hash).unwrap_or_default() & (SETS - 1)
}
