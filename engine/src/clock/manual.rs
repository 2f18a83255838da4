//! A clock that stands still until it is moved.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::timestamp::{Timestamp, nanos_of};

/// A clock that stands still until it is moved; clones move together.
///
/// It starts at 2026-01-01T00:00:00Z, the start of a UTC minute, hour, day and month. It may be set
/// back, which an honest clock never is: that is how a test shows that a clock which jumps back
/// frees nothing early.
///
/// # Concurrency
/// Any thread may read or move it. It is outside the models' reach on purpose (it is the test's
/// hand, not the engine's protocol), so it uses std's atomic on both faces of the shim.
#[derive(Debug, Clone)]
pub struct ManualClock {
    nanos: Arc<AtomicU64>,
}

/// 2026-01-01T00:00:00Z.
const START: u64 = 1_767_225_600_000_000_000;

impl ManualClock {
    /// A clock at 2026-01-01T00:00:00Z.
    pub fn new() -> Self {
        Self::at(Timestamp::from_nanos(START))
    }

    /// A clock at `time`.
    pub fn at(time: Timestamp) -> Self {
        Self {
            nanos: Arc::new(AtomicU64::new(time.as_nanos())),
        }
    }

    /// The time it shows.
    pub fn now(&self) -> Timestamp {
        // Acquire pairs with the Release below: who sees the new time sees what the mover did before.
        Timestamp::from_nanos(self.nanos.load(Ordering::Acquire))
    }

    /// Moves it ahead.
    pub fn advance(&self, by: Duration) {
        // Concurrent advances add up, hence the read-modify-write; AcqRel as in `now`.
        self.nanos.fetch_add(nanos_of(by), Ordering::AcqRel);
    }

    /// Sets it to `time`, back too.
    pub fn set(&self, time: Timestamp) {
        self.nanos.store(time.as_nanos(), Ordering::Release);
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}
