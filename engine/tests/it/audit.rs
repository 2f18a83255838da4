//! An independent log of what was admitted, checked over every interval that ends in an admission.

use std::collections::HashMap;

use tollgate::Cost;

use crate::drive::Witness;
use crate::world::{Rule, SECOND, Shape};

/// One admission: when, how much of it still counts (refunds taken off), and of which permit.
#[derive(Debug, Clone, Copy)]
struct Entry {
    at: u64,
    net: u64,
    permit: usize,
}

/// The log of one limit.
#[derive(Debug)]
struct Log {
    rule: Rule,
    entries: Vec<Entry>,
    /// Slots held, by permit.
    held: HashMap<usize, u64>,
}

/// A log for each limit.
#[derive(Debug)]
pub(crate) struct Audit(Vec<Log>);

impl Audit {
    pub(crate) fn new(rules: &[Rule]) -> Self {
        let log = |rule: &Rule| Log {
            rule: rule.clone(),
            entries: Vec::new(),
            held: HashMap::new(),
        };
        Self(rules.iter().map(log).collect())
    }

    /// Notes what was admitted under an earlier limit, and does not judge it.
    pub(crate) fn note(&mut self, at: u64, net: u64) {
        for log in &mut self.0 {
            log.entries.push(Entry {
                at,
                net,
                permit: usize::MAX,
            });
        }
    }
}

impl Log {
    fn check(&self, now: u64) {
        let capacity = self.rule.capacity;
        match self.rule.shape {
            Shape::Sliding { window, .. } => {
                // Half-open intervals of length `window` that hold `now`: the last one begins at it
                // and the first one just after `now - window`.
                let within = |entry: &&Entry| entry.at + window > now;
                let sum: u64 = self
                    .entries
                    .iter()
                    .filter(within)
                    .map(|entry| entry.net)
                    .sum();
                assert!(sum <= capacity, "{sum} in one window at {now}: {self:?}");
            }
            Shape::Bucket { window, burst } => {
                let mut sum = 0;
                for entry in self.entries.iter().rev() {
                    sum += u128::from(entry.net);
                    let refill = u128::from(capacity) * u128::from(now - entry.at);
                    let most = u128::from(burst) * u128::from(window) + refill;
                    assert!(
                        sum * u128::from(window) <= most,
                        "{sum} from {} to {now}: {self:?}",
                        entry.at
                    );
                }
            }
            Shape::Minute => self.check_aligned(now, 60 * SECOND),
            Shape::Hour => self.check_aligned(now, 3_600 * SECOND),
            Shape::Slots => {
                let held: u64 = self.held.values().sum();
                assert!(held <= capacity, "{held} at once: {self:?}");
            }
        }
    }

    fn check_aligned(&self, now: u64, length: u64) {
        let within = |entry: &&Entry| entry.at / length == now / length;
        let sum: u64 = self
            .entries
            .iter()
            .filter(within)
            .map(|entry| entry.net)
            .sum();
        assert!(
            sum <= self.rule.capacity,
            "{sum} in one period at {now}: {self:?}"
        );
    }
}

impl Witness for Audit {
    fn admitted(&mut self, permit: usize, at: u64, cost: &Cost) {
        for log in &mut self.0 {
            let net = cost.get(&log.rule.dimension);
            log.entries.push(Entry { at, net, permit });
            log.held.insert(permit, net);
            if net > 0 {
                log.check(at);
            }
        }
    }

    fn settled(&mut self, permit: usize, _at: u64, reserved: &Cost, actual: &Cost) {
        for log in &mut self.0 {
            let dimension = &log.rule.dimension;
            // More than was reserved is debt: it may exceed, and is not an admission.
            let actual = actual.named_amount(dimension).unwrap_or(u64::MAX);
            let net = std::cmp::min(actual, reserved.get(dimension));
            let entry = log.entries.iter_mut().find(|entry| entry.permit == permit);
            entry.unwrap().net = net;
        }
    }

    fn released(&mut self, permit: usize, _at: u64) {
        for log in &mut self.0 {
            log.held.remove(&permit);
        }
    }
}
