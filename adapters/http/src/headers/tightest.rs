//! Which limit a client runs into first, where a dialect can tell only one of a dimension.

use std::cmp::Reverse;
use std::time::Duration;

use tollgate::{Algorithm, LimitUsage, Usage};

/// How full the tightest limit of a dimension is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tightest {
    /// What it holds when it is full.
    pub(super) limit: u64,
    pub(super) remaining: u64,
    /// How long until all of it can be spent again; a debt that can never be paid takes for ever.
    pub(super) full_in: Duration,
}

impl Tightest {
    /// The limit of `dimension` with the least left; of equals, the one that takes longest to be full again.
    ///
    /// A free slot is nothing to spend: limits of concurrency are left out.
    pub(super) fn of(usage: &Usage, dimension: &str) -> Option<Self> {
        let limits = usage.iter().filter(|level| {
            level.limit.dimension().as_str() == dimension
                && *level.limit.algorithm() != Algorithm::Concurrency
        });
        limits
            .map(Self::new)
            .min_by_key(|each| (each.remaining, Reverse(each.full_in)))
    }

    fn new(level: LimitUsage<'_>) -> Self {
        Self {
            limit: level.limit.burst_or_capacity(),
            remaining: level.remaining,
            full_in: level.full_in.unwrap_or(Duration::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use tollgate::{Cost, Dimension, LimitConfig, ManualClock};

    use super::*;
    use crate::testing::{config, spend, tenant};

    const HOUR: Duration = Duration::from_secs(3_600);

    #[test]
    fn the_least_that_is_left_counts_and_not_the_least_in_proportion() {
        let hourly = LimitConfig::sliding("hourly", Dimension::Tokens, 100_000, HOUR);
        let config = config().tokens_per_minute(1_000).limit(hourly);
        let tenant = tenant(&config, &ManualClock::new());
        spend(&tenant, &Cost::tokens(1));
        let told = Tightest::of(&tenant.usage(), "tokens").unwrap();
        assert_eq!((told.limit, told.remaining), (1_000, 999));
        assert!(told.full_in <= Duration::from_secs(62));
        assert_eq!(Tightest::of(&tenant.usage(), "requests"), None);
    }

    #[test]
    fn of_equals_the_one_that_takes_longest_is_told() {
        let hourly = LimitConfig::sliding("hourly", Dimension::Requests, 100, HOUR);
        let config = config().requests_per_minute(100).limit(hourly);
        let tenant = tenant(&config, &ManualClock::new());
        spend(&tenant, &Cost::request());
        let told = Tightest::of(&tenant.usage(), "requests").unwrap();
        assert!(told.full_in > Duration::from_secs(3_000), "{told:?}");
    }

    #[test]
    fn slots_are_left_out() {
        let slots = LimitConfig::concurrency("in-flight", Dimension::Requests, 1);
        let tenant = tenant(&config().limit(slots), &ManualClock::new());
        assert_eq!(Tightest::of(&tenant.usage(), "requests"), None);
    }
}
