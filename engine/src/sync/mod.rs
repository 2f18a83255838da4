//! One shim for all nondeterminism: the atomics, locks and snapshots that the engine's protocols use.
//!
//! Nothing else in the engine names `std::sync::atomic`, `std::sync::Mutex`, `parking_lot` or `loom`
//! (a test holds that). Under `--cfg tollgate_loom` the same names are loom's, so that the models in
//! `loom-tests` run the code that ships.
//!
//! `Arc` is the standard one on both faces. Eviction alone asks who owns something, under a lock that every lookup
//! takes too, and loom switches threads at that; that a count which has gone down is seen together with
//! all that was done before is the standard library's promise, and no model leans on it.

#[cfg(tollgate_loom)]
mod loom;
#[cfg(not(tollgate_loom))]
mod native;

#[cfg(tollgate_loom)]
pub(crate) use self::loom::{
    AtomicBool, AtomicU64, AtomicUsize, Mutex, Ordering, RwLock, Snapshot, fence, process_wide,
    thread_local,
};
#[cfg(not(tollgate_loom))]
pub(crate) use self::native::{
    AtomicBool, AtomicU64, AtomicUsize, Mutex, Ordering, RwLock, Snapshot, fence, process_wide,
    thread_local,
};
pub(crate) use std::sync::Arc;
#[cfg(feature = "actors")]
pub(crate) use std::sync::OnceLock;
