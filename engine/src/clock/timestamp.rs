//! A point in the engine's time, in whole nanoseconds.

use std::time::Duration;

/// A point in time: nanoseconds since the Unix epoch, counted by a clock that never goes back.
///
/// The engine takes the machine's UTC once, when the clock is made, and counts on from there
/// monotonically; calendar windows (UTC days, months) and durations thus share one line of time. A
/// `u64` of nanoseconds reaches the year 2554.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The Unix epoch.
    pub const ZERO: Self = Self(0);
    /// The end of time: later than any clock reads.
    pub const MAX: Self = Self(u64::MAX);

    /// The point `nanos` nanoseconds after the Unix epoch.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the Unix epoch.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// The point `by` later, or [`Timestamp::MAX`] if that is past the end of time.
    #[must_use]
    pub fn saturating_add(self, by: Duration) -> Self {
        Self(self.0.saturating_add(nanos_of(by)))
    }

    /// The point `by` earlier, or [`Timestamp::ZERO`].
    #[must_use]
    pub fn saturating_sub(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(nanos_of(by)))
    }

    /// How long after `earlier` this is; zero if it is not.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// A duration in nanoseconds; one of more than 584 years counts as 584 years.
pub(crate) fn nanos_of(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
