//! One shim for all nondeterminism: the atomics, locks and snapshots that the engine's protocols use.
//!
//! Nothing else in the engine names `std::sync::atomic`, `std::sync::Mutex`, `parking_lot` or `loom`
//! (a test holds that). Under `--cfg tollgate_loom` the same names are loom's, so that the models in
//! `loom-tests` run the code that ships.
//!
//! `Arc` is the standard one on both faces. Eviction alone asks who owns something, under a lock that every lookup
//! takes too, and loom switches threads at that; that a count which has gone down is seen together with
//! all that was done before is the standard library's promise, and no model leans on it. `Tally` is standard too: a
//! figure that no decision hangs on, or that is read and written under a lock.

#[cfg(tollgate_loom)]
mod loom;
#[cfg(all(tollgate_loom, feature = "actors"))]
mod loom_wait;
#[cfg(not(tollgate_loom))]
mod native;
#[cfg(all(not(tollgate_loom), feature = "actors"))]
mod native_wait;

#[cfg(tollgate_loom)]
pub(crate) use self::loom::{
    AtomicBool, AtomicU64, AtomicUsize, ByKey, Mutex, MutexGuard, OnceBox, Ordering, Published,
    RwLock, Snapshot, fence, parallelism, process_wide, thread_local, thread_number,
};
#[cfg(all(tollgate_loom, feature = "actors"))]
pub(crate) use self::loom_wait::{Notify, OnceLock, sleep};
#[cfg(not(tollgate_loom))]
pub(crate) use self::native::{
    AtomicBool, AtomicU64, AtomicUsize, ByKey, Mutex, MutexGuard, OnceBox, Ordering, Published,
    RwLock, Snapshot, fence, parallelism, process_wide, thread_local, thread_number,
};
#[cfg(all(not(tollgate_loom), feature = "actors"))]
pub(crate) use self::native_wait::{Notify, OnceLock, sleep};
use std::sync::atomic::AtomicU64 as StdAtomicU64;
pub(crate) use std::sync::{Arc, Weak};

/// See the module's page.
#[derive(Debug, Default)]
pub(crate) struct Tally(StdAtomicU64);

impl Tally {
    pub(crate) fn get(&self) -> u64 {
        // Relaxed, here and below: see the module's page.
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    #[cold]
    pub(crate) fn add_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}
