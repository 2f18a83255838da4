//! What was really granted, as a plain list, and the sums that may not be exceeded; nothing in here knows how a store counts.

use std::collections::BTreeMap;

use tollgate::cluster::{Answer, Call, Shape};

use super::nodes::Config;

/// One node's part of one row.
#[derive(Debug, Clone, Default)]
struct Part {
    /// When the total of what it was granted rose, and to what.
    rises: Vec<(u64, u64)>,
    returned: u64,
    debt: u64,
}

impl Part {
    fn granted(&self) -> u64 {
        self.rises.iter().map(|rise| rise.1).max().unwrap_or(0)
    }

    fn net(&self) -> u64 {
        self.granted() - std::cmp::min(self.returned, self.granted())
    }
}

/// Everything that anybody was granted, and has not said it gives back.
#[derive(Debug)]
pub(super) struct Record {
    config: Config,
    generation: u64,
    /// By row and node. Node 0 stands for what was carried over from other rows.
    parts: BTreeMap<(u64, u64), Part>,
    pub(super) grants: usize,
    pub(super) changes: usize,
    losses: usize,
}

impl Record {
    pub(super) fn new(config: Config) -> Self {
        Self {
            config,
            generation: 0,
            parts: BTreeMap::new(),
            grants: 0,
            changes: 0,
            losses: 0,
        }
    }

    pub(super) fn returned(&mut self, epoch: u64, node: u64, amount: u64) {
        self.parts.entry((epoch, node)).or_default().returned += amount;
    }

    /// What a node says, and what it is told, whether or not it hears it.
    pub(super) fn heard(&mut self, now: u64, call: &Call, answer: &Answer) {
        let ask = &call.asks[0];
        if answer.generation != self.generation {
            self.change(now, ask.shape, answer);
        }
        if ask.shape != self.config.shape {
            assert!(answer.rows.is_empty(), "rows of another shape");
            return;
        }
        self.config.capacity = answer.capacity;
        for row in &ask.rows {
            if answer.rows.iter().any(|there| there.epoch == row.epoch) {
                let part = self.parts.entry((row.epoch, call.node)).or_default();
                let more = row.granted.saturating_sub(part.granted());
                part.debt += more;
                if more > 0 {
                    part.rises.push((now, row.granted));
                }
            }
        }
        for row in &answer.rows {
            let part = self.parts.entry((row.epoch, call.node)).or_default();
            if row.granted > part.granted() {
                part.rises.push((now, row.granted));
                self.grants += 1;
                // A replica may know of a grant that nobody has heard of.
                let was_wanted = row.epoch == answer.epoch && ask.want.is_some();
                assert!(
                    was_wanted || self.losses > 0,
                    "granted where nothing was wanted"
                );
                self.audit_windows(row.epoch);
            }
        }
    }

    /// What nobody has heard of is lost with the store.
    pub(super) fn forget_unheard(&mut self, node: u64, known: impl Fn(u64) -> Option<u64>) {
        self.losses += 1;
        for ((epoch, of), part) in &mut self.parts {
            if let Some(known) = known(*epoch).filter(|_| *of == node) {
                part.rises
                    .iter_mut()
                    .for_each(|rise| rise.1 = std::cmp::min(rise.1, known));
            } else if *of == node {
                part.returned = part.returned.max(part.granted());
            }
        }
    }

    /// Another config is in force. In other rows, what still counted is there in the row that the clock stands in.
    fn change(&mut self, now: u64, shape: Shape, answer: &Answer) {
        self.generation = answer.generation;
        self.config.capacity = answer.capacity;
        if shape == self.config.shape {
            return;
        }
        self.changes += 1;
        let Shape::Sliding { step, rows } = self.config.shape else {
            panic!("only windows change here");
        };
        let first = (now / step + 1).saturating_sub(rows);
        let counts = self.parts.iter().filter(|((epoch, _), _)| *epoch >= first);
        let (mut all, mut debt) = (0, 0);
        for (_, part) in counts {
            all += part.net();
            debt += part.debt;
        }
        self.config.shape = shape;
        self.parts.clear();
        let carried = Part {
            rises: vec![(now, all)],
            returned: 0,
            debt,
        };
        self.parts.insert((answer.epoch, 0), carried);
    }

    /// Every window of rows that holds this one.
    fn audit_windows(&self, epoch: u64) {
        let Shape::Sliding { rows, .. } = self.config.shape else {
            return;
        };
        for end in epoch..epoch + rows {
            let window = (end + 1 - rows)..=end;
            let parts = self
                .parts
                .iter()
                .filter(|((row, _), _)| window.contains(row));
            let (mut net, mut debt) = (0, 0);
            for (_, part) in parts {
                net += part.net();
                debt += part.debt;
            }
            assert!(
                net <= self.config.capacity + debt,
                "{net} of {} and debts of {debt} in rows {window:?}",
                self.config.capacity
            );
        }
    }

    /// Every interval: what nodes can have spent in it, each row's part whenever it may be, against burst + rate · time.
    ///
    /// A lease is spent from when it was granted, half a slack before its row at the earliest, to half a slack after it.
    pub(super) fn audit_bucket(&self, burst: u64) {
        let Shape::Bucket { window, .. } = self.config.shape else {
            panic!("a bucket");
        };
        let mut starts: Vec<_> = self
            .parts
            .values()
            .flat_map(|part| &part.rises)
            .map(|rise| rise.0)
            .collect();
        let spans = self
            .parts
            .keys()
            .map(|(epoch, _)| self.config.shape.span(*epoch));
        let (opens, ends): (Vec<_>, Vec<_>) = spans.unzip();
        starts.extend(opens);
        for from in &ends {
            for to in starts.iter().chain([from]).filter(|to| *to >= from) {
                let spent: u64 = self
                    .parts
                    .iter()
                    .map(|(key, part)| self.spendable(*key, part, *from, *to))
                    .sum();
                let bound = u128::from(burst) * u128::from(window)
                    + u128::from(self.config.capacity) * u128::from(to - from);
                assert!(
                    u128::from(spent) * u128::from(window) <= bound,
                    "{spent} in {} µs, of a burst of {burst}",
                    to - from
                );
            }
        }
    }

    fn spendable(&self, (epoch, _): (u64, u64), part: &Part, from: u64, to: u64) -> u64 {
        let (opens, ends) = self.config.shape.span(epoch);
        if ends < from || to < opens {
            return 0;
        }
        let granted = part
            .rises
            .iter()
            .filter(|rise| rise.0 <= to)
            .map(|rise| rise.1)
            .max();
        std::cmp::min(granted.unwrap_or(0), part.net())
    }
}
