//! What a bucket bounds: in every interval no more than the burst and what was refilled meanwhile.

use super::Settlement;

/// What was admitted, less what was refunded, in order; by the number of the admission.
#[derive(Debug, Default)]
pub(super) struct Bucket {
    spent: Vec<(u64, u64)>,
    /// When the store was heard first: it may have forgotten something, so the bucket was empty.
    empty: Option<u64>,
}

impl Bucket {
    pub(super) fn told(&mut self, at: u64) {
        // Its clock shows whole microseconds.
        self.empty = self.empty.or(Some(at.saturating_sub(1_000)));
    }

    pub(super) fn admitted(&mut self, at: u64, cost: u64) {
        self.spent.push((at, cost));
    }

    /// A debt is none of what must fit.
    pub(super) fn settled(&mut self, settlement: &Settlement) {
        let place = usize::try_from(settlement.admission).unwrap_or(usize::MAX);
        if let Some((_, amount)) = self.spent.get_mut(place) {
            *amount = std::cmp::min(*amount, settlement.actual);
        }
    }

    pub(super) fn intervals(&self) -> u64 {
        u64::try_from(self.spent.len()).unwrap_or(u64::MAX)
    }

    /// Looks at the worst interval that ends with each admission. `terms` gives the most that is refilled in a `window`, and
    /// the most of the burst, between two times.
    pub(super) fn audit(
        &self,
        window: u64,
        terms: impl Fn(u64, u64) -> (u64, u64),
    ) -> Result<(), (u64, String)> {
        let window = u128::from(window);
        let mut before = self.empty.unwrap_or(0);
        // What is taken from a full bucket, in parts of 1 / `window`.
        let mut taken = match self.empty {
            Some(at) => u128::from(terms(at, at).1) * window,
            None => 0,
        };
        for &(at, cost) in &self.spent {
            let (rate, burst) = terms(before, at);
            let refilled = u128::from(rate) * u128::from(at - before);
            taken = taken.saturating_sub(refilled) + u128::from(cost) * window;
            before = at;
            if taken > u128::from(burst) * window {
                let sum = taken.div_ceil(window);
                return Err((at, format!("{sum} taken of a burst of {burst}")));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn one_too_many_is_found_in_whatever_interval_it_is() {
        let mut rng = Rng::new(12);
        for round in 0..2_000 {
            let (window, rate, burst) = (rng.within(1, 50), rng.within(1, 9), rng.within(1, 20));
            let mut bucket = Bucket::default();
            let mut at = 0;
            for _ in 0..rng.within(1, 12) {
                at += rng.below(20);
                bucket.admitted(at, rng.within(1, 4));
            }
            let log = &bucket.spent;
            let fits = (0..log.len()).all(|first| {
                (first..log.len()).all(|last| {
                    let sum: u64 = log[first..=last].iter().map(|(_, cost)| cost).sum();
                    let time = log[last].0 - log[first].0;
                    sum * window <= burst * window + rate * time
                })
            });
            let said = bucket.audit(window, |_, _| (rate, burst));
            assert_eq!(said.is_ok(), fits, "round {round}: {bucket:?}");
        }
    }
}
