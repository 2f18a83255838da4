//! The shim's everyday face: std's atomics, `parking_lot`'s lock, arc-swap's snapshot.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
pub(crate) use std::thread_local;

pub(crate) use once_cell::race::OnceBox;

/// A number that only the holder of a lock writes, and that others read without it.
#[derive(Debug)]
pub(crate) struct Published(AtomicU64);

impl Published {
    pub(crate) fn new(value: u64) -> Self {
        Self(AtomicU64::new(value))
    }

    #[inline]
    pub(crate) fn load(&self, order: Ordering) -> u64 {
        self.0.load(order)
    }

    pub(crate) fn store(&self, value: u64, order: Ordering) {
        self.0.store(value, order);
    }

    /// What the holder of the lock, or one before it, has written last.
    #[inline]
    pub(crate) fn own(&self) -> u64 {
        // Relaxed: the lock orders it after the last store.
        self.0.load(Ordering::Relaxed)
    }
}

/// How many threads can run at once.
pub(crate) fn parallelism() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// A number of this thread's own, counted from 0.
#[inline]
pub(crate) fn thread_number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    // Relaxed: only that the numbers differ matters.
    thread_local!(static NUMBER: usize = NEXT.fetch_add(1, Ordering::Relaxed));
    // A thread that ends has no number any more; any will do.
    NUMBER.try_with(|number| *number).unwrap_or(0)
}
pub(crate) use parking_lot::{Mutex, MutexGuard, RwLock};

/// A static that the whole process shares.
macro_rules! process_wide {
    ($(#[$doc:meta])* static $name:ident: $of:ty = $value:expr;) => {
        $(#[$doc])*
        static $name: $of = $value;
    };
}
pub(crate) use process_wide;

/// A value for each key, looked at and changed under a lock that few other keys share.
///
/// A value that is as good as none takes no room.
#[derive(Debug)]
pub(crate) struct ByKey<K: Eq + Hash, V>(dashmap::DashMap<K, V, foldhash::fast::RandomState>);

impl<K: Eq + Hash, V> Default for ByKey<K, V> {
    fn default() -> Self {
        Self(dashmap::DashMap::default())
    }
}

impl<K: Clone + Eq + Hash, V: Default + PartialEq> ByKey<K, V> {
    /// Calls `with` with the value of `key`. It must not come back here.
    pub(crate) fn at<R>(&self, key: &K, with: impl FnOnce(&mut V) -> R) -> R {
        // The guard ends with the statement.
        let answer = with(&mut self.0.entry(key.clone()).or_default());
        self.0.remove_if(key, |_, value| *value == V::default());
        answer
    }
}

/// A value that is read often, without a lock, and replaced as a whole now and then.
pub(crate) struct Snapshot<T>(arc_swap::ArcSwap<T>);

impl<T> Snapshot<T> {
    pub(crate) fn new(value: Arc<T>) -> Self {
        Self(arc_swap::ArcSwap::new(value))
    }

    pub(crate) fn load(&self) -> Arc<T> {
        self.0.load_full()
    }

    /// As [`load`](Self::load), by the holder of the lock under which it is stored.
    pub(crate) fn own(&self) -> Arc<T> {
        self.load()
    }

    /// Looks at the value without a reference of one's own.
    #[inline]
    pub(crate) fn with<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(&self.0.load())
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
