//! One shim for all nondeterminism: the atomics, locks and snapshots that the engine's protocols use.
//!
//! Nothing else in the engine names `std::sync::atomic`, `std::sync::Mutex`, `parking_lot` or `loom`
//! (a test holds that). Under `--cfg tollgate_loom` the same names are loom's, so that the models in
//! `loom-tests` run the code that ships.
//!
//! `Arc` is the standard one on both faces: ownership is not part of any protocol here.

#[cfg(tollgate_loom)]
mod loom;
#[cfg(all(tollgate_loom, feature = "actors"))]
mod loom_wait;
#[cfg(not(tollgate_loom))]
mod native;
#[cfg(all(not(tollgate_loom), feature = "actors"))]
mod native_wait;

#[cfg(tollgate_loom)]
pub(crate) use self::loom::{AtomicBool, AtomicU64, Mutex, Ordering, Snapshot, fence};
#[cfg(not(tollgate_loom))]
pub(crate) use self::native::{AtomicBool, AtomicU64, Mutex, Ordering, Snapshot, fence};

#[cfg(all(tollgate_loom, feature = "actors"))]
pub(crate) use self::loom_wait::{Notify, OnceLock, sleep};
#[cfg(all(not(tollgate_loom), feature = "actors"))]
pub(crate) use self::native_wait::{Notify, OnceLock, sleep};
pub(crate) use std::sync::Arc;
