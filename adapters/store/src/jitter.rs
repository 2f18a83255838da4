//! Spreads waits, so that what was read together is not asked for together again, nor by all processes at once.

use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A seeded stream of waits near those asked for.
#[derive(Debug, Default)]
pub(crate) struct Jitter {
    seed: foldhash::fast::RandomState,
    drawn: AtomicU64,
}

impl Jitter {
    /// A wait from 90 % to 110 % of `wait`.
    pub(crate) fn around(&self, wait: Duration) -> Duration {
        self.spread(wait, 900)
    }

    /// A wait from 80 % to 100 % of `wait`.
    pub(crate) fn below(&self, wait: Duration) -> Duration {
        self.spread(wait, 800)
    }

    /// A fifth wide, from so many thousandths on.
    fn spread(&self, wait: Duration, from: u32) -> Duration {
        let drawn = self.drawn.fetch_add(1, Ordering::Relaxed);
        let spread = u32::try_from(self.seed.hash_one(drawn) % 201).unwrap_or_default();
        wait.saturating_mul(from + spread) / 1000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_spread_over_a_tenth_to_either_side() {
        let (jitter, wait) = (Jitter::default(), Duration::from_secs(300));
        let waits: Vec<_> = (0..10_000).map(|_| jitter.around(wait)).collect();
        let (least, most) = (waits.iter().min().unwrap(), waits.iter().max().unwrap());
        assert!((270..=273).contains(&least.as_secs()), "{least:?}");
        assert!((327..=330).contains(&most.as_secs()), "{most:?}");
        let early = waits.iter().filter(|&&drawn| drawn < wait).count();
        assert!((4_000..6_000).contains(&early), "{early} of 10,000");
        assert!((0..10_000).all(|_| jitter.below(wait) <= wait));
    }
}
