//! The shim's face under the model checker: every access is a point where loom may switch threads.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, OnceLock};

pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
pub(crate) use loom::thread_local;

/// A static that a model's threads share, new in each execution.
macro_rules! process_wide {
    ($(#[$doc:meta])* static $name:ident: $of:ty = $value:expr;) => {
        loom::lazy_static! {
            $(#[$doc])*
            static ref $name: $of = $value;
        }
    };
}
pub(crate) use process_wide;

pub(crate) use loom::sync::MutexGuard;

/// A number that only the holder of a lock writes, and that others read without it.
///
/// What the holder reads back is no step of a protocol, so loom is not asked to switch threads there.
#[derive(Debug)]
pub(crate) struct Published {
    seen: AtomicU64,
    own: std::sync::atomic::AtomicU64,
}

impl Published {
    pub(crate) fn new(value: u64) -> Self {
        Self {
            seen: AtomicU64::new(value),
            own: std::sync::atomic::AtomicU64::new(value),
        }
    }

    pub(crate) fn load(&self, order: Ordering) -> u64 {
        self.seen.load(order)
    }

    pub(crate) fn store(&self, value: u64, order: Ordering) {
        self.own.store(value, Ordering::Relaxed);
        self.seen.store(value, order);
    }

    pub(crate) fn own(&self) -> u64 {
        self.own.load(Ordering::Relaxed)
    }
}

/// Threads that can run at once, in a model.
pub(crate) fn parallelism() -> usize {
    2
}

loom::lazy_static! {
    static ref NEXT: AtomicUsize = AtomicUsize::new(0);
}
loom::thread_local! {
    static NUMBER: usize = NEXT.fetch_add(1, Ordering::Relaxed);
}

/// A number of this thread's own, counted from 0.
pub(crate) fn thread_number() -> usize {
    NUMBER.with(|number| *number)
}

/// Made once, by whoever comes first; not a protocol of ours, so loom need not see it.
#[derive(Debug)]
pub(crate) struct OnceBox<T>(OnceLock<Box<T>>);

impl<T> Default for OnceBox<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> OnceBox<T> {
    pub(crate) fn new() -> Self {
        Self(OnceLock::new())
    }

    pub(crate) fn get(&self) -> Option<&T> {
        self.0.get().map(|value| &**value)
    }

    pub(crate) fn get_or_init(&self, make: impl FnOnce() -> Box<T>) -> &T {
        self.0.get_or_init(make)
    }
}

/// loom's mutex with `parking_lot`'s signature: no poisoning.
pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(loom::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        match self.0.lock() {
            Ok(guard) => guard,
            Err(poisoned) => poisoned.into_inner(),
        }
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mutex(..)")
    }
}

/// loom's lock for one writer or many readers, with `parking_lot`'s signature.
pub(crate) struct RwLock<T>(loom::sync::RwLock<T>);

impl<T> RwLock<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(loom::sync::RwLock::new(value))
    }

    pub(crate) fn read(&self) -> loom::sync::RwLockReadGuard<'_, T> {
        match self.0.read() {
            Ok(guard) => guard,
            Err(poisoned) => poisoned.into_inner(),
        }
    }

    pub(crate) fn write(&self) -> loom::sync::RwLockWriteGuard<'_, T> {
        match self.0.write() {
            Ok(guard) => guard,
            Err(poisoned) => poisoned.into_inner(),
        }
    }
}

/// dashmap is invisible to loom; one lock for all keys allows fewer threads at once, and what is asked for
/// under several keys is no protocol of ours.
#[derive(Debug)]
pub(crate) struct ByKey<K, V>(Mutex<HashMap<K, V>>);

impl<K, V> Default for ByKey<K, V> {
    fn default() -> Self {
        Self(Mutex::new(HashMap::new()))
    }
}

impl<K: Clone + Eq + Hash, V: Default + PartialEq> ByKey<K, V> {
    pub(crate) fn at<R>(&self, key: &K, with: impl FnOnce(&mut V) -> R) -> R {
        let mut values = self.0.lock();
        let answer = with(values.entry(key.clone()).or_default());
        values.retain(|_, value| *value != V::default());
        answer
    }
}

/// arc-swap is invisible to loom; a mutex around the `Arc` gives the same promises.
pub(crate) struct Snapshot<T> {
    seen: Mutex<Arc<T>>,
    /// As in [`Published`].
    own: std::sync::Mutex<Arc<T>>,
}

impl<T> Snapshot<T> {
    pub(crate) fn new(value: Arc<T>) -> Self {
        Self {
            own: std::sync::Mutex::new(Arc::clone(&value)),
            seen: Mutex::new(value),
        }
    }

    pub(crate) fn load(&self) -> Arc<T> {
        Arc::clone(&self.seen.lock())
    }

    pub(crate) fn own(&self) -> Arc<T> {
        let own = self.own.lock();
        Arc::clone(&own.unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    pub(crate) fn with<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(&self.load())
    }

    pub(crate) fn store(&self, value: Arc<T>) {
        let own = self.own.lock();
        *own.unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::clone(&value);
        *self.seen.lock() = value;
    }
}

impl<T> fmt::Debug for Snapshot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Snapshot(..)")
    }
}
