//! Chance from a seed: the same on every machine and in every version, which is what makes a seed a report.

/// `SplitMix64`: a counter and a mixer, good enough to choose what happens next.
#[derive(Debug, Clone)]
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Below `end`, which is at least 1. The bias of the remainder is nothing to a simulation.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// From `least` to `most`, both possible.
    pub(crate) fn within(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most - least + 1)
    }

    /// Once in `times`.
    pub(crate) fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// A place in a list of this length, which is not empty.
    pub(crate) fn index(&mut self, len: usize) -> usize {
        let len = u64::try_from(len).unwrap_or(u64::MAX);
        usize::try_from(self.below(len)).unwrap_or(0)
    }

    /// One of these.
    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.index(from.len())]
    }

    /// A rank below `end`, which is at least 1; the first few come up
    /// most: as often between 1 and 2 as between 500 and 1,000.
    pub(crate) fn skewed(&mut self, end: usize) -> usize {
        let halvings = self.below(u64::from(end.ilog2()) + 1);
        let top = end >> halvings;
        self.index(top)
    }

    /// From 1 to `most`, small numbers more often than large ones.
    pub(crate) fn small(&mut self, most: u64) -> u64 {
        let top = match self.below(8) {
            0..=4 => std::cmp::min(most, 3),
            5 | 6 => most.div_ceil(4),
            _ => most,
        };
        self.within(1, top)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_the_same_on_every_machine() {
        let mut rng = Rng::new(7);
        let drawn = [rng.next(), rng.next(), rng.next()];
        assert_eq!(
            drawn,
            [
                7_191_089_600_892_374_487,
                309_689_372_594_955_804,
                16_616_101_746_815_609_346
            ]
        );
    }

    #[test]
    fn the_first_ranks_come_up_most() {
        let mut rng = Rng::new(1);
        let mut hot = 0;
        for _ in 0..10_000 {
            hot += u64::from(rng.skewed(1_000) < 10);
        }
        assert!(hot > 3_000, "{hot}");
    }
}
