//! The clock of a node: it begins somewhere, and goes a little too fast or too slow.

use tollgate::Timestamp;

use crate::cluster::scenario::SECOND;
use crate::rng::Rng;

/// Reads `epoch` at true time 0, and gains `ppm` microseconds a second.
#[derive(Debug, Clone, Copy)]
pub(super) struct LocalClock {
    epoch: u64,
    ppm: i64,
}

impl LocalClock {
    /// Up to 150 ppm fast or slow. Where limits go by the calendar it is right to a third of a second at first;
    /// else it begins anywhere.
    pub(super) fn new(utc: Option<u64>, rng: &mut Rng) -> Self {
        let epoch = match utc {
            Some(utc) => utc - SECOND / 3 + rng.below(2 * SECOND / 3),
            None => rng.within(SECOND, 1_000_000_000 * SECOND),
        };
        let ppm = i64::try_from(rng.below(301)).unwrap_or(0) - 150;
        Self { epoch, ppm }
    }

    /// What it reads at this true time.
    pub(super) fn read(&self, at: u64) -> Timestamp {
        let true_time = i128::from(at);
        let local = true_time + true_time * i128::from(self.ppm) / 1_000_000;
        let local = u64::try_from(local).unwrap_or(0);
        Timestamp::from_nanos(self.epoch + local)
    }

    /// The first true time at which it reads this, or about that.
    pub(super) fn when(&self, local: Timestamp) -> u64 {
        let since = u128::from(local.as_nanos().saturating_sub(self.epoch));
        let rate = u128::try_from(1_000_000 + self.ppm).unwrap_or(1_000_000);
        u64::try_from(since * 1_000_000 / rate + 1).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_is_read_is_found_again() {
        let mut rng = Rng::new(3);
        for _ in 0..1_000 {
            let clock = LocalClock::new(None, &mut rng);
            let at = rng.below(1_000 * SECOND);
            let found = clock.when(clock.read(at));
            assert!(found.abs_diff(at) <= 2, "{at} {found} {clock:?}");
        }
    }
}
