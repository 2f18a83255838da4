//! When a refused client may come again.

use std::time::Duration;

use tollgate::{Denial, DenialReason};

use crate::headers::seconds_up;

/// When a refused client may come again, as the `Retry-After` and `retry-after-ms` headers say it.
///
/// Both are rounded **up** and at least 1: a client that obeys is never told a time at which it
/// would be refused again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryAfter {
    /// Whole seconds; never less than the `t` that the `RateLimit` field states for the limit.
    pub seconds: u64,
    /// Whole milliseconds, where the engine knows the instant; else `None`.
    pub millis: Option<u64>,
}

impl RetryAfter {
    /// The guess where no instant is known: a slot or a backend may be free again any time.
    pub(crate) const fn guess(seconds: u64) -> Self {
        Self {
            seconds,
            millis: None,
        }
    }

    /// When to retry after `denial`; `None` if retrying can't help.
    ///
    /// `next_in` is when the limit that decided has anything more to give. A concurrency limit
    /// frees when some other request ends, which nobody can foresee: 1 s, or when the other limits have
    /// room if that is later.
    pub(crate) fn of(denial: &Denial<'_>, next_in: Option<Duration>) -> Option<Self> {
        match (denial.reason(), denial.retry_after()) {
            (DenialReason::Never | DenialReason::Suspended | DenialReason::Removed, _) => None,
            (_, Some(wait)) => Some(Self::after(wait, next_in.unwrap_or_default())),
            (_, None) => {
                let certain = denial.not_before().map_or(0, seconds_up);
                Some(Self::guess(certain.max(1)))
            }
        }
    }

    fn after(wait: Duration, next_in: Duration) -> Self {
        Self {
            seconds: seconds_up(wait.max(next_in)).max(1),
            millis: Some(millis_up(wait).max(1)),
        }
    }
}

/// Whole milliseconds, rounded up; more than 584 million years count as that.
pub(crate) fn millis_up(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_units_are_rounded_up_and_never_0() {
        let retry = RetryAfter::after(Duration::from_micros(45_189_001), Duration::ZERO);
        assert_eq!((retry.seconds, retry.millis), (46, Some(45_190)));
        let retry = RetryAfter::after(Duration::ZERO, Duration::ZERO);
        assert_eq!((retry.seconds, retry.millis), (1, Some(1)));
        assert_eq!(millis_up(Duration::MAX), u64::MAX);
    }

    #[test]
    fn seconds_are_never_earlier_than_t() {
        let retry = RetryAfter::after(Duration::from_secs(1), Duration::from_millis(2_001));
        assert_eq!((retry.seconds, retry.millis), (3, Some(1_000)));
    }
}
