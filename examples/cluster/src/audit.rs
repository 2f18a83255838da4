//! The most that was admitted in any interval of a length: exactly, by nothing but times and amounts.

use std::collections::BTreeMap;

use crate::figures::{double, share};
use crate::log::Admission;

/// An admission, as the audit sees it. It was made at some time from `from` to `at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge {
    /// The earliest time.
    pub from: u64,
    /// The latest one, which is the one that counts.
    pub at: u64,
    /// What was charged.
    pub cost: u64,
}

/// What was admitted to one tenant.
#[derive(Debug, Clone, Default)]
pub struct Ledger(Vec<Charge>);

/// What was admitted, by tenant.
pub type Ledgers = BTreeMap<String, Ledger>;

/// Files an admission under its tenant.
pub fn file(ledgers: &mut Ledgers, admission: &Admission<'_>) {
    let charge = Charge {
        from: std::cmp::min(admission.from_ns, admission.ns),
        at: admission.ns,
        cost: admission.costs.requests,
    };
    if let Some(ledger) = ledgers.get_mut(&*admission.tenant) {
        ledger.0.push(charge);
    } else {
        let tenant = admission.tenant.clone().into_owned();
        ledgers.insert(tenant, Ledger(vec![charge]));
    }
}

impl FromIterator<Charge> for Ledger {
    fn from_iter<I: IntoIterator<Item = Charge>>(charges: I) -> Self {
        Self(charges.into_iter().collect())
    }
}

impl Ledger {
    /// How many there are.
    pub fn count(&self) -> u64 {
        u64::try_from(self.0.len()).unwrap_or(u64::MAX)
    }

    /// The most in any interval [t, t + `window`), by the times at which the admissions were done.
    ///
    /// # Complexity
    /// O(n log n).
    pub fn most(&self, window: u64) -> u64 {
        most(self.0.iter().map(|charge| (charge.at, *charge)), window)
    }

    /// The most in any interval of that length, counting only what was admitted in it without a doubt: after its start and
    /// before its end. What [`most`](Self::most) finds beyond that may be due to processes that stood still between a
    /// decision and the reading of the clock.
    pub fn certain(&self, window: u64) -> u64 {
        most(self.0.iter().map(|charge| (charge.from, *charge)), window)
    }

    /// How much was in the intervals of that length that lie within `from` to `to`, on average over all of them; 0 if there is
    /// none.
    pub fn mean(&self, window: u64, from: u64, to: u64) -> f64 {
        let last = to.saturating_sub(window);
        if last <= from {
            return 0.0;
        }
        // An admission is in the intervals that begin in (at − window, at].
        let within = |charge: &Charge| {
            let first = charge.at.saturating_sub(window).clamp(from, last);
            let sum = charge.at.clamp(from, last).saturating_sub(first);
            u128::from(sum).saturating_mul(u128::from(charge.cost))
        };
        let area: u128 = self.0.iter().map(within).sum();
        let width = u128::from(last.saturating_sub(from));
        // In millionths, so that whole numbers do.
        let millionths = area.saturating_mul(1_000_000).checked_div(width);
        double(u64::try_from(millionths.unwrap_or(0)).unwrap_or(u64::MAX)) / 1e6
    }

    /// Everything.
    pub fn sum(&self) -> u64 {
        self.0.iter().map(|charge| charge.cost).sum()
    }

    /// What was admitted from one time until (exclusive) another.
    pub fn between(&self, from: u64, to: u64) -> u64 {
        let inside = self
            .0
            .iter()
            .filter(|charge| (from..to).contains(&charge.at));
        inside.map(|charge| charge.cost).sum()
    }

    /// The times of the first and the last.
    pub fn ends(&self) -> Option<(u64, u64)> {
        let at = || self.0.iter().map(|charge| charge.at);
        Some((at().min()?, at().max()?))
    }
}

/// Each charge is in the intervals that begin in (at − window, start]: sweeps over their beginnings.
fn most(charges: impl Iterator<Item = (u64, Charge)>, window: u64) -> u64 {
    let mut changes = Vec::new();
    for (start, charge) in charges {
        // Shifted by the window, so that none is below zero: it comes in at at + 1, and goes after start + window.
        let comes = u128::from(charge.at).saturating_add(1);
        let goes = u128::from(start).saturating_add(u128::from(window) + 1);
        if comes < goes {
            changes.push((comes, true, charge.cost));
            changes.push((goes, false, charge.cost));
        }
    }
    // At the same time, what goes is gone before something comes.
    changes.sort_unstable_by_key(|&(when, comes, _)| (when, comes));
    let (mut sum, mut most) = (0_u64, 0_u64);
    for (_, comes, cost) in changes {
        if comes {
            sum = sum.saturating_add(cost);
            most = std::cmp::max(most, sum);
        } else {
            sum = sum.saturating_sub(cost);
        }
    }
    most
}

/// What an audit says of one tenant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Finding {
    /// How many admissions there were.
    pub count: u64,
    /// The most in any interval.
    pub most: u64,
    /// The same, without a doubt.
    pub certain: u64,
    /// The limit.
    pub limit: u64,
}

impl Finding {
    /// What is found in a ledger.
    pub fn of(ledger: &Ledger, window: u64, limit: u64) -> Self {
        Self {
            count: ledger.count(),
            most: ledger.most(window),
            certain: ledger.certain(window),
            limit,
        }
    }

    /// Whether no interval held more than the limit.
    pub fn holds(&self) -> bool {
        self.most <= self.limit
    }

    /// The most, as a multiple of the limit.
    pub fn ratio(&self) -> f64 {
        share(self.most, self.limit)
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (most, limit) = (self.most, self.limit);
        let count = self.count;
        write!(f, "{count} admissions, {most} of {limit} in any interval")?;
        write!(f, " ({:.4} × the limit", self.ratio())?;
        if !self.holds() {
            write!(f, "; {} of them without a doubt", self.certain)?;
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn charge() -> impl Strategy<Value = Charge> {
        // Few times, so that many are equal or a window apart.
        (0_u64..60, 0_u64..30, 0_u64..5).prop_map(|(from, took, cost)| Charge {
            from,
            at: from + took,
            cost,
        })
    }

    /// Every start that there is, one by one.
    fn slowly(charges: &[Charge], window: u64, inside: impl Fn(&Charge, i64) -> bool) -> u64 {
        let first = -i64::try_from(window).unwrap();
        let sum = |start: i64| {
            let inside = charges.iter().filter(|charge| inside(charge, start));
            inside.map(|charge| charge.cost).sum::<u64>()
        };
        (first..100).map(sum).max().unwrap_or(0)
    }

    proptest! {
        #[test]
        fn the_most_is_what_trying_every_interval_finds(
            charges in prop::collection::vec(charge(), 0..40),
            window in 0_u64..40,
        ) {
            let ledger: Ledger = charges.iter().copied().collect();
            let length = i64::try_from(window).unwrap();
            let signed = |time: u64| i64::try_from(time).unwrap();
            let most = slowly(&charges, window, |charge, start| {
                (start..start + length).contains(&signed(charge.at))
            });
            prop_assert_eq!(ledger.most(window), most);
            let certain = slowly(&charges, window, |charge, start| {
                start <= signed(charge.from) && signed(charge.at) < start + length
            });
            prop_assert_eq!(ledger.certain(window), certain);
        }

        #[test]
        fn the_mean_is_that_of_every_interval(
            charges in prop::collection::vec(charge(), 0..40),
            window in 1_u64..40,
            from in 0_u64..40,
            length in 0_u64..60,
        ) {
            let ledger: Ledger = charges.iter().copied().collect();
            let to = from + window + length;
            // An interval that begins between two ticks holds what the one that begins at the later tick holds.
            let starts = (from + 1)..=(to - window);
            let sums: Vec<u64> = starts
                .map(|start| ledger.between(start, start + window))
                .collect();
            let mean = if sums.is_empty() {
                0.0
            } else {
                double(sums.iter().sum()) / double(u64::try_from(sums.len()).unwrap())
            };
            prop_assert!((ledger.mean(window, from, to) - mean).abs() < 1e-5);
        }
    }

    #[test]
    fn an_interval_does_not_hold_its_end() {
        let at = |at| Charge {
            from: at,
            at,
            cost: 1,
        };
        let ledger: Ledger = [at(0), at(10)].into_iter().collect();
        assert_eq!((ledger.most(10), ledger.most(11)), (1, 2));
    }
}
