//! The twins of a tenant's limits, as a witness that compares every answer with theirs.

use tollgate::{Cost, Denial, DenialReason, Usage};

use crate::drive::Witness;
use crate::model::{Entry, Twin, When};
use crate::world::{Rule, Shape};

/// All limits' twins: one that refunds, and one that does not for the lower bound of buckets.
#[derive(Debug)]
pub(crate) struct Twins {
    upper: Vec<Twin>,
    lower: Vec<Twin>,
    refunded_bucket: bool,
    pub(crate) denials: usize,
}

impl Twins {
    pub(crate) fn new(rules: &[Rule], began: u64) -> Self {
        let twins = |forgiving| {
            rules
                .iter()
                .map(|rule| Twin::new(rule, began, forgiving))
                .collect()
        };
        Self {
            upper: twins(true),
            lower: twins(false),
            refunded_bucket: false,
            denials: 0,
        }
    }

    fn each(&mut self) -> impl Iterator<Item = &mut Twin> {
        self.upper.iter_mut().chain(&mut self.lower)
    }

    /// The latest of the limits' answers.
    fn verdict(twins: &[Twin], now: u64, cost: &Cost) -> When {
        let order = |when: &When| match *when {
            When::Now => (0, 0),
            When::At(at) => (1, at),
            When::Freed => (2, 0),
            When::Never => (3, 0),
        };
        let answers = twins
            .iter()
            .map(|twin| twin.when(now, cost.get(&twin.rule.dimension)));
        answers.max_by_key(order).unwrap_or(When::Now)
    }
}

impl Witness for Twins {
    fn admitted(&mut self, permit: usize, at: u64, cost: &Cost) {
        let verdict = Self::verdict(&self.upper, at, cost);
        assert_eq!(verdict, When::Now, "{cost} was admitted at {at}: {self:?}");
        for twin in self.each() {
            let amount = cost.get(&twin.rule.dimension);
            twin.entries.push(Entry {
                at,
                amount,
                permit,
                released: false,
            });
        }
    }

    fn denied(&mut self, at: u64, denial: &Denial<'_>) {
        self.denials += 1;
        let verdict = Self::verdict(&self.lower, at, denial.cost());
        assert_ne!(verdict, When::Now, "{denial} at {at}: {self:?}");
        if self.refunded_bucket {
            return;
        }
        let stated = match denial.reason() {
            DenialReason::Quota => When::At(denial.retry_at().unwrap().as_nanos()),
            DenialReason::InUse => When::Freed,
            DenialReason::Never => When::Never,
            other => panic!("{other:?}"),
        };
        assert_eq!(stated, verdict, "{denial} at {at}: {self:?}");
    }

    fn settled(&mut self, permit: usize, at: u64, reserved: &Cost, actual: &Cost) {
        let mut refunded_bucket = self.refunded_bucket;
        for twin in self.each() {
            let dimension = &twin.rule.dimension;
            let Some(actual) = actual.named_amount(dimension) else {
                continue;
            };
            if twin.rule.shape == Shape::Slots {
                continue;
            }
            let bucket = matches!(twin.rule.shape, Shape::Bucket { .. });
            let reserved = reserved.get(dimension);
            if bucket && actual > reserved {
                // A bucket's debt is paid from now on.
                let amount = actual - reserved;
                twin.entries.push(Entry {
                    at,
                    amount,
                    permit: 0,
                    released: false,
                });
            } else if actual != reserved {
                refunded_bucket |= bucket;
                if bucket && !twin.forgiving {
                    continue;
                }
                let entry = twin.entries.iter_mut().find(|entry| entry.permit == permit);
                entry.unwrap().amount = actual;
            }
        }
        self.refunded_bucket = refunded_bucket;
    }

    fn released(&mut self, permit: usize, _at: u64) {
        for twin in self.each() {
            let entries = twin.entries.iter_mut();
            entries
                .filter(|entry| entry.permit == permit)
                .for_each(|entry| entry.released = true);
        }
    }

    fn looked(&mut self, at: u64, usage: &Usage) {
        let levels: Vec<_> = usage.iter().collect();
        assert_eq!(levels.len(), self.upper.len());
        for ((level, upper), lower) in levels.iter().zip(&self.upper).zip(&self.lower) {
            let exact = !self.refunded_bucket || !matches!(upper.rule.shape, Shape::Bucket { .. });
            if exact {
                upper.check_level(at, usage.at().as_nanos(), *level);
            } else {
                let bounds = lower.remaining(at)..=upper.remaining(at);
                assert!(
                    bounds.contains(&level.remaining),
                    "{level:?}, {bounds:?}: {self:?}"
                );
            }
        }
    }
}
