//! What waiting needs, under the model checker: tokio's primitives are invisible to loom, so these stand in
//! with what tokio and std promise of them, and not with how they keep it.

use std::future::{Future, pending};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use loom::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::Mutex;

/// A cell that is set once; loom sees who sets it and who looks through `set`.
#[derive(Debug)]
pub(crate) struct OnceLock<T> {
    value: std::sync::OnceLock<T>,
    set: AtomicBool,
    setting: Mutex<()>,
}

impl<T> OnceLock<T> {
    pub(crate) fn get(&self) -> Option<&T> {
        // Acquire pairs with the Release below, as std's does.
        let set = self.set.load(Ordering::Acquire);
        set.then(|| self.value.get()).flatten()
    }

    pub(crate) fn get_or_init(&self, value: impl FnOnce() -> T) -> &T {
        let _setting = self.setting.lock();
        let value = self.value.get_or_init(value);
        self.set.store(true, Ordering::Release);
        value
    }
}

impl<T> Default for OnceLock<T> {
    fn default() -> Self {
        Self {
            value: std::sync::OnceLock::new(),
            set: AtomicBool::new(false),
            setting: Mutex::default(),
        }
    }
}

/// tokio's `Notify`, as far as `notify_waiters` goes: it wakes every `Notified` that was *made* before, polled
/// or not, and leaves nothing behind for those that are made later.
#[derive(Debug)]
pub(crate) struct Notify {
    calls: AtomicU64,
    /// Each task once. A future that is dropped leaves its waker here until the next call, which then wakes
    /// its task, or nobody, in vain.
    sleepers: Mutex<Vec<Waker>>,
}

impl Notify {
    pub(crate) fn new() -> Self {
        let (calls, sleepers) = (AtomicU64::new(0), Mutex::new(Vec::new()));
        Self { calls, sleepers }
    }

    pub(crate) fn notified(&self) -> Notified<'_> {
        // Acquire, as tokio 1 reads it: no lock is taken to make a future.
        let seen = self.calls.load(Ordering::Acquire);
        Notified { notify: self, seen }
    }

    pub(crate) fn notify_waiters(&self) {
        let woken = {
            let mut sleepers = self.sleepers.lock();
            // SeqCst, as tokio counts; loom takes it for AcqRel.
            self.calls.fetch_add(1, Ordering::SeqCst);
            std::mem::take(&mut *sleepers)
        };
        woken.into_iter().for_each(Waker::wake);
    }
}

/// A wait for the next call of `notify_waiters`.
#[derive(Debug)]
pub(crate) struct Notified<'n> {
    notify: &'n Notify,
    /// The calls at the time when it was made.
    seen: u64,
}

impl Future for Notified<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut sleepers = self.notify.sleepers.lock();
        if self.notify.calls.load(Ordering::SeqCst) != self.seen {
            return Poll::Ready(());
        }
        let waker = context.waker();
        if !sleepers.iter().any(|known| known.will_wake(waker)) {
            sleepers.push(waker.clone());
        }
        Poll::Pending
    }
}

/// The model's clock stands still, so no retry instant ever comes: only a notice ends a wait.
pub(crate) fn sleep(_until: Duration) -> impl Future<Output = ()> {
    pending()
}
