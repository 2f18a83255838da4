//! What was admitted in the interval that ends now: a sliding window, or a minute of the calendar.

use std::collections::VecDeque;

use super::{Admission, Row, Settlement};
use crate::cluster::scenario::SECOND;

/// Which intervals must not hold more than the capacity.
#[derive(Debug, Clone, Copy)]
pub(super) enum Span {
    /// Every one of this length, half open.
    Sliding(u64),
    /// The minutes of UTC, which was `began` at time 0.
    Minute { began: u64 },
}

impl Span {
    /// The first time that counts beside `at`.
    fn first(self, at: u64) -> u64 {
        match self {
            Self::Sliding(length) => (at + 1).saturating_sub(length),
            Self::Minute { began } => at.saturating_sub((began + at) % (60 * SECOND)),
        }
    }
}

#[derive(Debug)]
pub(super) struct Window {
    span: Span,
    /// What was admitted, less what was refunded.
    spent: VecDeque<Admission>,
    sum: u64,
    owed: VecDeque<Debt>,
}

/// What was spent beyond what was reserved.
#[derive(Debug)]
struct Debt {
    /// When it had been admitted.
    admitted: u64,
    amount: u64,
    life: u64,
    row: Option<Row>,
    settled: u64,
    /// Since when the store knows of it.
    told: Option<u64>,
}

impl Window {
    pub(super) fn new(span: Span) -> Self {
        Self {
            span,
            spent: VecDeque::new(),
            sum: 0,
            owed: VecDeque::new(),
        }
    }

    pub(super) fn length(&self) -> u64 {
        match self.span {
            Span::Sliding(length) => length,
            Span::Minute { .. } => 60 * SECOND,
        }
    }

    /// Says by how much the interval that ends with this admission holds too much. What is spent now was granted in the last `lease`.
    pub(super) fn admitted(
        &mut self,
        admission: &Admission,
        bound: u64,
        lease: u64,
    ) -> Result<(), String> {
        let at = admission.at;
        let first = self.span.first(at);
        while let Some(oldest) = self.spent.front() {
            if oldest.at >= first {
                break;
            }
            self.sum -= oldest.cost;
            self.spent.pop_front();
        }
        self.owed.retain(|debt| debt.admitted >= first);
        self.spent.push_back(*admission);
        self.sum += admission.cost;
        let sum = self.sum;
        if sum > bound {
            return Err(format!("[{first}, {at}] ns: sum {sum}, bound {bound}"));
        }
        let known = |debt: &&Debt| {
            let own = debt.life == admission.life && debt.row == admission.row;
            debt.told.is_some_and(|told| told + lease <= at) || own && debt.row.is_some()
        };
        let owed: u64 = self.owed.iter().filter(known).map(|debt| debt.amount).sum();
        if owed > 0 && sum + owed > bound {
            return Err(format!(
                "[{first}, {at}] ns: sum {sum} and debts of {owed} that were known, bound {bound}"
            ));
        }
        Ok(())
    }

    pub(super) fn settled(&mut self, settlement: &Settlement) {
        let Some(oldest) = self.spent.front() else {
            return;
        };
        // Numbers have no gaps.
        let place = settlement.admission.checked_sub(oldest.number);
        let place = place.and_then(|place| usize::try_from(place).ok());
        let Some(settled) = place.and_then(|place| self.spent.get_mut(place)) else {
            return;
        };
        if settlement.actual < settlement.reserved {
            self.sum -= settled.cost - settlement.actual;
            settled.cost = settlement.actual;
        } else if settlement.actual > settlement.reserved {
            self.owed.push_back(Debt {
                admitted: settled.at,
                amount: settlement.actual - settlement.reserved,
                life: settlement.life,
                row: settled.row,
                settled: settlement.at,
                told: None,
            });
        }
    }

    /// A call that this life of a node had sent at `sent` arrived at the store.
    pub(super) fn told(&mut self, at: u64, life: u64, sent: u64) {
        for debt in &mut self.owed {
            if debt.life == life && debt.settled <= sent && debt.told.is_none() {
                debt.told = Some(at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn one_too_many_is_found_in_whatever_interval_it_is() {
        let mut rng = Rng::new(11);
        for round in 0..2_000 {
            let length = rng.within(1, 50);
            let mut window = Window::new(Span::Sliding(length));
            let mut log: Vec<(u64, u64)> = Vec::new();
            let mut at = 0;
            for number in 0..rng.within(1, 20) {
                at += rng.below(20);
                let cost = rng.within(1, 5);
                log.push((at, cost));
                let brute = (0..=at).map(|from| {
                    let inside = log
                        .iter()
                        .filter(|(when, _)| (from..from + length).contains(when));
                    inside.map(|(_, cost)| cost).sum::<u64>()
                });
                let bound = 12;
                let fits = brute.max().unwrap_or(0) <= bound;
                let said = window.admitted(&admission(number, at, cost), bound, 0);
                assert_eq!(said.is_ok(), fits, "round {round}: {log:?} in {length}");
                if !fits {
                    break;
                }
            }
        }
    }

    fn admission(number: u64, at: u64, cost: u64) -> Admission {
        Admission {
            number,
            at,
            life: 1,
            cost,
            row: None,
        }
    }

    fn settlement(actual: u64) -> Settlement {
        Settlement {
            admission: 0,
            life: 1,
            at: 5,
            reserved: 6,
            actual,
        }
    }

    #[test]
    fn a_refund_makes_room() {
        let mut window = Window::new(Span::Sliding(100));
        window.admitted(&admission(0, 0, 6), 10, 0).unwrap();
        window.settled(&settlement(2));
        window.admitted(&admission(1, 10, 8), 10, 0).unwrap();
        assert!(window.admitted(&admission(2, 11, 1), 10, 0).is_err());
    }

    #[test]
    fn a_debt_counts_once_the_store_has_known_it_for_a_lease() {
        let late = |told: u64| {
            let mut window = Window::new(Span::Sliding(1_000));
            window.admitted(&admission(0, 0, 6), 10, 20).unwrap();
            window.settled(&settlement(9));
            window.told(told, 1, 5);
            window.told(told, 2, 9);
            window.admitted(&admission(1, 40, 2), 10, 20)
        };
        assert!(late(20).is_err());
        assert!(late(21).is_ok());
    }

    #[test]
    fn a_debt_counts_at_once_for_the_node_and_the_row_that_owe_it() {
        let spends = |life: u64, row: u64| {
            let in_row = |row| Some((50, row));
            let mut window = Window::new(Span::Sliding(1_000));
            let mut one = admission(0, 0, 6);
            one.row = in_row(3);
            window.admitted(&one, 10, 20).unwrap();
            window.settled(&settlement(9));
            let mut other = admission(1, 10, 2);
            (other.life, other.row) = (life, in_row(row));
            window.admitted(&other, 10, 20)
        };
        assert!(spends(1, 3).is_err());
        assert!(spends(1, 4).is_ok());
        assert!(spends(2, 3).is_ok());
    }

    #[test]
    fn a_minute_begins_anew() {
        let span = Span::Minute { began: 59 * SECOND };
        let mut window = Window::new(span);
        let mut admitted = |number, at, cost| window.admitted(&admission(number, at, cost), 10, 0);
        admitted(0, SECOND - 1, 10).unwrap();
        admitted(1, SECOND, 10).unwrap();
        assert!(admitted(2, 61 * SECOND - 1, 1).is_err());
    }
}
