//! How long a value may stay.

use std::time::Duration;

use crate::error::CacheError;

/// The shortest time to live.
pub const MIN_TTL: Duration = Duration::from_millis(1);

/// The longest time to live: 365 days. What must stay for longer belongs into a database.
pub const MAX_TTL: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A time to live that may be used, in whole milliseconds: a part of one counts as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ttl(u64);

impl Ttl {
    pub(crate) fn new(ttl: Duration) -> Result<Self, CacheError> {
        if !(MIN_TTL..=MAX_TTL).contains(&ttl) {
            return Err(CacheError::Ttl { ttl });
        }
        let millis = ttl.as_nanos().div_ceil(1_000_000);
        u64::try_from(millis)
            .map(Self)
            .map_err(|_| CacheError::Ttl { ttl })
    }

    #[cfg(feature = "redis")]
    pub(crate) fn as_millis(self) -> u64 {
        self.0
    }

    pub(crate) fn as_duration(self) -> Duration {
        Duration::from_millis(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_millisecond_counts_as_one() {
        let ttl = Ttl::new(Duration::from_nanos(1_000_001)).unwrap();
        assert_eq!(ttl.as_duration(), Duration::from_millis(2));
    }

    #[test]
    fn nothing_and_more_than_a_year_are_refused() {
        for ttl in [Duration::ZERO, Duration::from_micros(999), Duration::MAX] {
            assert!(
                matches!(Ttl::new(ttl), Err(CacheError::Ttl { .. })),
                "{ttl:?}"
            );
        }
        assert!(Ttl::new(MAX_TTL).is_ok());
        assert!(Ttl::new(MAX_TTL + Duration::from_nanos(1)).is_err());
    }
}
