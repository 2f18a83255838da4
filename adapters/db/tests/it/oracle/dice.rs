//! Where a generator's choices come from: a seed, or a list of choices made before.
//!
//! A statement is a function of the choices that led to it. To make a failing statement smaller one strikes out some of
//! them and generates again: every first alternative is the simplest one, and a list that has run out says 0.

/// The choices of one statement, recorded as they are made.
#[derive(Debug, Clone)]
pub(super) struct Dice {
    source: Source,
    record: Vec<u32>,
}

#[derive(Debug, Clone)]
enum Source {
    Seed(u64),
    Replay(std::vec::IntoIter<u32>),
}

impl Dice {
    /// Choices that a seed determines.
    pub(super) fn seeded(seed: u64) -> Self {
        Self::new(Source::Seed(seed))
    }

    /// Choices made before, and then the first alternative each time.
    pub(super) fn replay(choices: Vec<u32>) -> Self {
        Self::new(Source::Replay(choices.into_iter()))
    }

    fn new(source: Source) -> Self {
        Self {
            source,
            record: Vec::new(),
        }
    }

    /// What was chosen so far.
    pub(super) fn record(&self) -> &[u32] {
        &self.record
    }

    /// A number below `count`, which must not be 0.
    pub(super) fn below(&mut self, count: usize) -> usize {
        let count = u32::try_from(count).unwrap();
        let drawn = match &mut self.source {
            Source::Seed(state) => u32::try_from(step(state) >> 33).unwrap() % count,
            Source::Replay(choices) => choices.next().unwrap_or(0) % count,
        };
        self.record.push(drawn);
        usize::try_from(drawn).unwrap()
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    /// True in so many cases of a hundred; false is the simpler one.
    pub(super) fn percent(&mut self, chance: usize) -> bool {
        self.below(100) >= 100 - chance
    }

    /// One of several, the first being the simplest.
    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// The place of one of several that have weights.
    pub(super) fn weighted(&mut self, weights: &[usize]) -> usize {
        let mut drawn = self.below(weights.iter().sum());
        for (place, weight) in weights.iter().enumerate() {
            match drawn.checked_sub(*weight) {
                Some(rest) => drawn = rest,
                None => return place,
            }
        }
        weights.len() - 1
    }
}

/// splitmix64: <https://prng.di.unimi.it/splitmix64.c>
fn step(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[test]
fn a_record_replayed_makes_the_same_choices() {
    let mut first = Dice::seeded(7);
    let drawn: Vec<usize> = (1..50).map(|count| first.below(count)).collect();
    let mut second = Dice::replay(first.record().to_vec());
    let again: Vec<usize> = (1..50).map(|count| second.below(count)).collect();
    assert_eq!(drawn, again);
    assert_eq!(second.below(9), 0, "a record that has run out says 0");
}
