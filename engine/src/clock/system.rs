//! The machine's monotonic clocks, counted from UTC as it stood when the clock was made.

use std::time::Duration;

use super::timestamp::{Timestamp, nanos_of};

/// A monotonic clock on the line of UTC.
#[derive(Debug, Clone, Copy)]
pub(super) struct SystemClock {
    /// What to add to a monotonic reading to get nanoseconds since the Unix epoch.
    offset: u64,
}

impl SystemClock {
    pub(super) fn new() -> Self {
        Self {
            offset: utc_nanos().saturating_sub(monotonic_nanos()),
        }
    }

    #[inline]
    pub(super) fn now(self) -> Timestamp {
        Timestamp::from_nanos(self.offset.saturating_add(monotonic_nanos()))
    }

    #[inline]
    pub(super) fn now_coarse(self) -> Timestamp {
        Timestamp::from_nanos(self.offset.saturating_add(coarse_nanos()))
    }

    /// How far [`now_coarse`](Self::now_coarse) may lag.
    pub(super) const COARSE_LAG: Duration = platform::COARSE_LAG;
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the wall clock is read"
)]
fn utc_nanos() -> u64 {
    use std::time::{SystemTime, UNIX_EPOCH};
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, nanos_of)
}

#[cfg(target_os = "linux")]
mod platform {
    use rustix::time::{ClockId, Timespec, clock_gettime};

    #[inline]
    pub(super) fn monotonic_nanos() -> u64 {
        nanos(clock_gettime(ClockId::Monotonic))
    }

    #[inline]
    pub(super) fn coarse_nanos() -> u64 {
        nanos(clock_gettime(ClockId::MonotonicCoarse))
    }

    /// How far the kernel's coarse clock is taken to lag: its tick is 1 to 10 ms.
    ///
    /// Where a virtual machine loses ticks for longer than this while other cores run, the coarse
    /// clock has stalled, and the engine charges by the time that the clock shows.
    pub(super) const COARSE_LAG: std::time::Duration = std::time::Duration::from_millis(10);

    /// Seconds since boot and nanoseconds below 10⁹: neither is negative, and the sum fits.
    #[inline]
    fn nanos(time: Timespec) -> u64 {
        let seconds = time.tv_sec.cast_unsigned();
        seconds
            .wrapping_mul(1_000_000_000)
            .wrapping_add(time.tv_nsec.cast_unsigned())
    }
}

#[cfg(not(target_os = "linux"))]
mod platform {
    use std::sync::OnceLock;
    use std::time::{Duration, Instant};

    use crate::clock::timestamp::nanos_of;

    /// `Instant` has no zero of its own; all clocks of the process count from the first reading.
    static ORIGIN: OnceLock<Instant> = OnceLock::new();

    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where Instant is read"
    )]
    pub(super) fn monotonic_nanos() -> u64 {
        let now = Instant::now();
        nanos_of(now.saturating_duration_since(*ORIGIN.get_or_init(|| now)))
    }

    pub(super) fn coarse_nanos() -> u64 {
        monotonic_nanos()
    }

    pub(super) const COARSE_LAG: Duration = Duration::ZERO;
}

use platform::{coarse_nanos, monotonic_nanos};
