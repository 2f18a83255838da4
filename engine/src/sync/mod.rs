//! One shim for all nondeterminism: the atomics, locks and snapshots that the engine's protocols use.
//!
//! Nothing else in the engine names `std::sync::atomic`, `std::sync::Mutex`, `parking_lot` or `loom`
//! (a test holds that). Under `--cfg tollgate_loom` the same names are loom's, so that the models in
//! `loom-tests` run the code that ships.
//!
//! `Arc` and `OnceLock` are the standard ones on both faces: no protocol here is about who owns a value, or
//! derives it first.

#[cfg(tollgate_loom)]
mod loom;
#[cfg(not(tollgate_loom))]
mod native;

#[cfg(tollgate_loom)]
pub(crate) use self::loom::{AtomicBool, AtomicU64, Mutex, Ordering, Snapshot, fence};
#[cfg(not(tollgate_loom))]
pub(crate) use self::native::{AtomicBool, AtomicU64, Mutex, Ordering, Snapshot, fence};
pub(crate) use std::sync::{Arc, OnceLock};
