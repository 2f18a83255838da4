//! The atomics in front of a ledger: what a decision touches before it takes the lock.

use crate::deny_word::DenyWord;
use crate::lease_word::LeaseWord;
use crate::sync::{AtomicBool, Ordering};

/// The atomics in front of a ledger: what a decision touches before it takes the lock.
#[derive(Debug)]
pub(crate) struct Front {
    pub(crate) lease: LeaseWord,
    pub(crate) deny: DenyWord,
    /// Whether a permit that is dropped has a slot to free.
    has_slots: AtomicBool,
    /// The config source no longer knows the tenant: a lookup by id does not find it.
    removed: AtomicBool,
}

impl Front {
    pub(crate) fn new() -> Self {
        Self {
            lease: LeaseWord::new(),
            deny: DenyWord::new(),
            has_slots: AtomicBool::new(false),
            removed: AtomicBool::new(false),
        }
    }

    /// Whether the tenant was removed. The ledger refuses in any case; this is for lookups by id.
    pub(crate) fn is_removed(&self) -> bool {
        // Acquire pairs with the Release in `announce`: who finds the tenant back finds its plan.
        self.removed.load(Ordering::Acquire)
    }

    /// Whether the plan that some permit was admitted under may have slots to free.
    ///
    /// `false` is certain for the caller's own permit: the flag was stored before the word was filled
    /// that the permit was taken from, or under the lock that it was admitted under.
    #[inline]
    pub(crate) fn has_slots(&self) -> bool {
        // Relaxed: see above; a `true` too many costs a lock and changes nothing.
        self.has_slots.load(Ordering::Relaxed)
    }

    /// Tells takers and lookups of the plan and the standing. Under the ledger's lock only.
    pub(super) fn announce(&self, slots: bool, removed: bool) {
        // Relaxed: published by the Release of the word that is filled later, or by the lock.
        self.has_slots.store(slots, Ordering::Relaxed);
        // Release: see `is_removed`.
        self.removed.store(removed, Ordering::Release);
    }
}
