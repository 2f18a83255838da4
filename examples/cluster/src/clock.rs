//! The one clock that all processes of a machine have in common.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Nanoseconds a second.
const SECOND: u64 = 1_000_000_000;

/// Nanoseconds of `CLOCK_MONOTONIC`, which no step of the time of day moves.
pub(crate) fn now() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    let whole = u64::try_from(time.tv_sec).unwrap_or(0);
    let rest = u64::try_from(time.tv_nsec).unwrap_or(0);
    whole.saturating_mul(SECOND).saturating_add(rest)
}

/// Sleeps the thread until then.
pub(crate) fn sleep_until(at: u64) {
    std::thread::sleep(Duration::from_nanos(at.saturating_sub(now())));
}
