//! The shim's everyday face: std's atomics, `parking_lot`'s lock, arc-swap's snapshot.

use std::fmt;
use std::sync::Arc;

pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
pub(crate) use std::thread_local;

pub(crate) use parking_lot::{Mutex, RwLock};

/// A static that the whole process shares.
macro_rules! process_wide {
    ($(#[$doc:meta])* static $name:ident: $of:ty = $value:expr;) => {
        $(#[$doc])*
        static $name: $of = $value;
    };
}
pub(crate) use process_wide;

/// A value that is read often, without a lock, and replaced as a whole now and then.
pub(crate) struct Snapshot<T>(arc_swap::ArcSwap<T>);

impl<T> Snapshot<T> {
    pub(crate) fn new(value: Arc<T>) -> Self {
        Self(arc_swap::ArcSwap::new(value))
    }

    pub(crate) fn load(&self) -> Arc<T> {
        self.0.load_full()
    }

    pub(crate) fn store(&self, value: Arc<T>) {
        self.0.store(value);
    }
}

impl<T: fmt::Debug> fmt::Debug for Snapshot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.load().fmt(f)
    }
}
