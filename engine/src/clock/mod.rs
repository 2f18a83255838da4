//! Where the engine's time comes from: one port, three clocks, and nothing else reads the time.

mod manual;
mod system;
mod timestamp;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use self::manual::ManualClock;
use self::system::SystemClock;
pub use self::timestamp::Timestamp;
pub(crate) use self::timestamp::nanos_of;

/// A source of time, for a clock of one's own.
///
/// Both readings are on one line of time. `now` never goes back while the source is honest; should
/// it stall or go back all the same, the engine frees no quota early: it keeps the latest time that
/// it has seen.
pub trait TimeSource: Send + Sync + fmt::Debug + 'static {
    /// The time, exactly.
    fn now(&self) -> Timestamp;

    /// The time, cheaply: at most [`max_lag`](Self::max_lag) behind [`now`](Self::now), never ahead.
    fn now_coarse(&self) -> Timestamp {
        self.now()
    }

    /// How far [`now_coarse`](Self::now_coarse) may lag.
    fn max_lag(&self) -> Duration {
        Duration::ZERO
    }
}

/// The clock that an engine runs on. The default is [`Clock::coarse`].
///
/// A decision reads the coarse time (about 5 ns on Linux, where `Instant::now` takes 24). Whenever
/// that could matter, within [`max_lag`](TimeSource::max_lag) of the end of a sub-window or of a
/// remembered denial, and always under the tenant's lock, the engine reads the exact time. A coarse
/// clock is therefore as exact as a precise one.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use tollgate::{Clock, ManualClock};
///
/// let manual = ManualClock::new();
/// let clock = Clock::manual(&manual);
/// let before = clock.now();
/// manual.advance(Duration::from_secs(60));
/// assert_eq!(clock.now().since(before), Duration::from_secs(60));
/// ```
#[derive(Clone)]
pub struct Clock {
    source: Source,
    /// In nanoseconds.
    max_lag: u64,
}

#[derive(Clone)]
enum Source {
    Coarse(SystemClock),
    Precise(SystemClock),
    Manual(ManualClock),
    Custom(Arc<dyn TimeSource>),
}

impl Clock {
    /// The kernel's coarse monotonic clock where the platform has one (Linux), else
    /// [`Clock::precise`].
    pub fn coarse() -> Self {
        let source = Source::Coarse(SystemClock::new());
        Self {
            source,
            max_lag: nanos_of(SystemClock::COARSE_LAG),
        }
    }

    /// The precise monotonic clock, for every reading.
    pub fn precise() -> Self {
        Self {
            source: Source::Precise(SystemClock::new()),
            max_lag: 0,
        }
    }

    /// A clock that stands still until it is moved, for tests and replays.
    pub fn manual(clock: &ManualClock) -> Self {
        Self {
            source: Source::Manual(clock.clone()),
            max_lag: 0,
        }
    }

    /// A clock of one's own.
    pub fn custom(source: impl TimeSource) -> Self {
        Self {
            max_lag: nanos_of(source.max_lag()),
            source: Source::Custom(Arc::new(source)),
        }
    }

    /// The time, exactly.
    pub fn now(&self) -> Timestamp {
        match &self.source {
            Source::Coarse(system) | Source::Precise(system) => system.now(),
            Source::Manual(manual) => manual.now(),
            Source::Custom(custom) => custom.now(),
        }
    }

    /// The time, cheaply: up to [`max_lag`](Self::max_lag) behind.
    #[inline]
    pub(crate) fn now_coarse(&self) -> Timestamp {
        match &self.source {
            Source::Coarse(system) => system.now_coarse(),
            Source::Precise(system) => system.now(),
            Source::Manual(manual) => manual.now(),
            Source::Custom(custom) => custom.now_coarse(),
        }
    }

    /// How far a coarse reading may lag behind the exact time.
    pub fn max_lag(&self) -> Duration {
        Duration::from_nanos(self.max_lag)
    }

    /// The latest that it can be when a coarse reading says `now`.
    #[inline]
    pub(crate) fn at_latest(&self, now: Timestamp) -> Timestamp {
        Timestamp::from_nanos(now.as_nanos().saturating_add(self.max_lag))
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::coarse()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Source::Coarse(_) => f.write_str("Clock::coarse"),
            Source::Precise(_) => f.write_str("Clock::precise"),
            Source::Manual(manual) => f.debug_tuple("Clock::manual").field(manual).finish(),
            Source::Custom(custom) => f.debug_tuple("Clock::custom").field(custom).finish(),
        }
    }
}
