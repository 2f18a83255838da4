//! The world's clock: it moves when the world says so, and its cheap reading may lag.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tollgate::{TimeSource, Timestamp};

/// 2026-01-31T23:00:00Z: an hour before a minute, an hour, a day and a month end.
const START: u64 = 1_769_900_400_000_000_000;

/// A clock whose cheap reading stands still for up to its lag, as a kernel's coarse clock does.
#[derive(Debug, Clone)]
pub(crate) struct WorldClock {
    nanos: Arc<AtomicU64>,
    /// The tick of the cheap reading, in nanoseconds; 0 if it is exact.
    tick: u64,
}

impl WorldClock {
    pub(crate) fn new(tick: u64) -> Self {
        let nanos = Arc::new(AtomicU64::new(START));
        Self { nanos, tick }
    }

    /// In nanoseconds since 1970.
    pub(crate) fn read(&self) -> u64 {
        self.nanos.load(Ordering::SeqCst)
    }

    /// Sets it, back too.
    pub(crate) fn set(&self, nanos: u64) {
        self.nanos.store(nanos, Ordering::SeqCst);
    }

    /// The most that the cheap reading lags, in nanoseconds.
    pub(crate) fn lag(&self) -> u64 {
        self.tick
    }
}

impl TimeSource for WorldClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(self.read())
    }

    fn now_coarse(&self) -> Timestamp {
        let nanos = self.read();
        let into_the_tick = nanos.checked_rem(self.tick).unwrap_or(0);
        Timestamp::from_nanos(nanos - into_the_tick)
    }

    fn max_lag(&self) -> Duration {
        Duration::from_nanos(self.tick)
    }
}
