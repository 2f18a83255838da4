//! Which terms were in force when, as the documentation says it: the highest generation, as long as somebody speaks of it.

use crate::cluster::scenario::HEARTBEAT;

/// A node that was not heard of for so long is gone.
const GONE: u64 = 3 * HEARTBEAT;

/// The terms in force over time; terms are numbered from the lowest generation to the highest.
#[derive(Debug)]
pub(super) struct InForce {
    /// From when on which were.
    history: Vec<(u64, usize)>,
    now: Option<usize>,
    /// When each was last spoken of.
    said: Vec<u64>,
}

impl InForce {
    pub(super) fn new() -> Self {
        Self {
            history: vec![(0, 0)],
            now: None,
            said: Vec::new(),
        }
    }

    /// A call arrived that spoke of these.
    pub(super) fn said(&mut self, at: u64, terms: usize) {
        if self.said.len() <= terms {
            self.said.resize(terms + 1, 0);
        }
        let higher = match self.now {
            Some(now) => terms >= now || self.said[now] + GONE <= at,
            None => true,
        };
        self.said[terms] = at;
        if higher && self.now != Some(terms) {
            self.now = Some(terms);
            self.history.push((at, terms));
        }
    }

    /// The store knows of no terms any more.
    pub(super) fn forget(&mut self) {
        self.now = None;
    }

    /// The terms that were in force at some time from `since` to `until`.
    pub(super) fn during(&self, since: u64, until: u64) -> impl Iterator<Item = usize> {
        let ended = move |&place: &usize| match self.history.get(place + 1) {
            Some(&(next, _)) => next <= since,
            None => false,
        };
        let places = (0..self.history.len()).rev();
        let lasting = places.take_while(move |place| !ended(place));
        let begun = lasting.map(|place| self.history[place]);
        begun.filter_map(move |(from, terms)| (from <= until).then_some(terms))
    }

    /// The most that any of them gives.
    pub(super) fn most(&self, since: u64, until: u64, gives: impl Fn(usize) -> u64) -> u64 {
        self.during(since, until).map(gives).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_generation_is_in_force_until_nobody_speaks_of_it() {
        let mut in_force = InForce::new();
        in_force.said(10, 0);
        in_force.said(20, 1);
        in_force.said(30, 0);
        let most = |in_force: &InForce, from, to| in_force.most(from, to, |place| [7, 5][place]);
        assert_eq!(most(&in_force, 20, 40), 5);
        assert_eq!(most(&in_force, 19, 40), 7);
        in_force.said(20 + GONE, 0);
        assert_eq!(most(&in_force, 30, 19 + GONE), 5);
        assert_eq!(most(&in_force, 30, 20 + GONE), 7);
    }
}
