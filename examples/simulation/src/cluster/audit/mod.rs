//! The auditor: hears what was admitted when, by the true time, and shares no code with the engine.
//!
//! What was reserved counts until it is settled. Debts are audited apart: what was reserved must fit without them, and
//! also beside those that the store had been told of before whatever is spent now can have been granted, and those of the
//! node itself in the row that it spends.

mod bucket;
mod in_force;
mod slots;
mod window;

use std::fmt;

use self::bucket::Bucket;
use self::in_force::InForce;
use self::slots::Slots;
use self::window::{Span, Window};
use crate::cluster::scenario::{Kind, MILLI, Rule, SECOND, Scenario};

/// A promise that was not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Violation {
    pub(super) at: u64,
    pub(super) what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {} ns: {}", self.at, self.what)
    }
}

/// How an admission was settled.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settlement {
    pub(super) admission: u64,
    pub(super) life: u64,
    pub(super) at: u64,
    pub(super) reserved: u64,
    pub(super) actual: u64,
}

/// What was admitted.
#[derive(Debug, Clone, Copy)]
struct Admission {
    number: u64,
    at: u64,
    life: u64,
    cost: u64,
    /// The row that it was charged to, if there is no doubt.
    row: Option<Row>,
}

/// A row of a grid: how long they are, and which it is.
type Row = (u64, u64);

/// Keeps a log of what was admitted.
#[derive(Debug)]
pub(super) struct Auditor {
    in_force: InForce,
    logs: Vec<Log>,
    /// How many admissions it has heard of: each has the number of those before it.
    admissions: u64,
    /// How many intervals it has looked at.
    pub(super) intervals: u64,
    /// What the store's clock said at time 0.
    began: u64,
}

#[derive(Debug)]
struct Log {
    /// Of each generation.
    rules: Vec<Rule>,
    /// What is spent was granted no longer ago.
    lease: u64,
    kept: Kept,
}

#[derive(Debug)]
enum Kept {
    /// One for each length that some terms have: of those in force the shortest is audited.
    Windows(Vec<Window>),
    Bucket(Bucket),
    Slots(Slots),
}

impl Auditor {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let many = scenario.terms[0].rules.len();
        let log = |place: usize| {
            let rules: Vec<Rule> = scenario
                .terms
                .iter()
                .map(|terms| terms.rules[place])
                .collect();
            let row = rules.iter().map(Rule::row).max().unwrap_or(0);
            let kept = match rules[0].kind {
                Kind::Sliding { .. } => Kept::Windows(sliding(&rules)),
                Kind::Minute => {
                    let began = scenario.began;
                    Kept::Windows(vec![Window::new(Span::Minute { began })])
                }
                Kind::Bucket { .. } => Kept::Bucket(Bucket::default()),
                Kind::Slots { .. } => Kept::Slots(Slots::default()),
            };
            // This row, the one before it, and half the slack on either side.
            let lease = 2 * row + 10 * MILLI;
            Log { rules, lease, kept }
        };
        Self {
            in_force: InForce::new(),
            logs: (0..many).map(log).collect(),
            admissions: 0,
            intervals: 0,
            began: scenario.began,
        }
    }

    /// A call arrived at the store, in which a node spoke of the terms of this place; it was sent at `sent`.
    pub(super) fn called(&mut self, at: u64, life: u64, sent: u64, terms: usize) {
        self.in_force.said(at, terms);
        for log in &mut self.logs {
            match &mut log.kept {
                Kept::Windows(windows) => {
                    for window in windows {
                        window.told(at, life, sent);
                    }
                }
                Kept::Slots(slots) => slots.told(at, life),
                Kept::Bucket(bucket) => bucket.told(at),
            }
        }
    }

    /// The store has lost what it knew.
    pub(super) fn lost(&mut self) {
        self.in_force.forget();
    }

    /// A request of this cost to every limit was admitted by a node that goes by these terms; gives the number of the admission.
    pub(super) fn admitted(
        &mut self,
        at: u64,
        life: u64,
        terms: usize,
        cost: u64,
    ) -> Result<u64, Violation> {
        let number = self.admissions;
        self.admissions += 1;
        for (place, log) in self.logs.iter_mut().enumerate() {
            self.intervals += 1;
            let within = match &mut log.kept {
                Kept::Bucket(bucket) => {
                    bucket.admitted(at, cost);
                    Ok(())
                }
                Kept::Slots(slots) => {
                    // What is held may have been granted at any time.
                    let bound = self.in_force.most(0, at, |terms| log.rules[terms].capacity);
                    slots.admitted(at, life, cost, bound)
                }
                Kept::Windows(windows) => {
                    let longest = log.rules.iter().map(Rule::length).max().unwrap_or(0);
                    let since = at.saturating_sub(longest + log.lease);
                    let in_force = self.in_force.during(since, at);
                    let admission = Admission {
                        number,
                        at,
                        life,
                        cost,
                        row: row(&log.rules[terms], self.began + at),
                    };
                    let rules = in_force.map(|terms| log.rules[terms]);
                    windows_admitted(windows, &admission, rules, log.lease)
                }
            };
            within.map_err(|excess| Violation {
                at,
                what: format!("limit l{place}, {:?}: {excess}", log.rules[0]),
            })?;
        }
        Ok(number)
    }

    /// An admission cost less, or more, than was reserved.
    pub(super) fn settled(&mut self, settlement: &Settlement) {
        for log in &mut self.logs {
            match &mut log.kept {
                Kept::Bucket(bucket) => bucket.settled(settlement),
                Kept::Windows(windows) => {
                    for window in windows {
                        window.settled(settlement);
                    }
                }
                Kept::Slots(_) => {}
            }
        }
    }

    /// What an admission held is free again.
    pub(super) fn released(&mut self, life: u64, cost: u64) {
        for log in &mut self.logs {
            if let Kept::Slots(slots) = &mut log.kept {
                slots.released(life, cost);
            }
        }
    }

    /// A node is no more.
    pub(super) fn died(&mut self, life: u64) {
        for log in &mut self.logs {
            if let Kept::Slots(slots) = &mut log.kept {
                slots.died(life);
            }
        }
    }

    /// What can only be told when all is known.
    pub(super) fn finish(&mut self) -> Result<(), Violation> {
        for (place, log) in self.logs.iter().enumerate() {
            let Kept::Bucket(bucket) = &log.kept else {
                continue;
            };
            self.intervals += bucket.intervals();
            let terms_in = |from: u64, to: u64| {
                let since = from.saturating_sub(log.lease);
                let rate = self
                    .in_force
                    .most(since, to, |terms| log.rules[terms].capacity);
                let burst = self
                    .in_force
                    .most(since, to, |terms| log.rules[terms].burst());
                (rate, burst)
            };
            let Kind::Bucket { window, .. } = log.rules[0].kind else {
                continue;
            };
            bucket
                .audit(window, terms_in)
                .map_err(|(at, excess)| Violation {
                    at,
                    what: format!("limit l{place}, {:?}: {excess}", log.rules[0]),
                })?;
        }
        Ok(())
    }
}

/// A window of each length that there is.
fn sliding(rules: &[Rule]) -> Vec<Window> {
    let mut lengths: Vec<u64> = rules.iter().map(Rule::length).collect();
    lengths.sort_unstable();
    lengths.dedup();
    let spans = lengths.into_iter().map(Span::Sliding);
    spans.map(Window::new).collect()
}

/// Each window hears of the admission; that which is as long as the shortest of the rules in force must not hold more than
/// the highest of them allows.
fn windows_admitted(
    windows: &mut [Window],
    admission: &Admission,
    rules: impl Iterator<Item = Rule>,
    lease: u64,
) -> Result<(), String> {
    let (mut shortest, mut most) = (u64::MAX, 0);
    for rule in rules {
        shortest = std::cmp::min(shortest, rule.length());
        most = std::cmp::max(most, rule.capacity);
    }
    for window in windows {
        let said = window.admitted(admission, most, lease);
        if window.length() == shortest {
            said?;
        }
    }
    Ok(())
}

/// The row in which a node spends when the store's clock says this; not near the end of one, where it may take either.
fn row(rule: &Rule, clock: u64) -> Option<Row> {
    let slack = 6 * MILLI;
    let length = match rule.kind {
        Kind::Minute => return Some((60 * SECOND, clock / (60 * SECOND))),
        Kind::Sliding { .. } => rule.step()?,
        Kind::Bucket { .. } | Kind::Slots { .. } => return None,
    };
    let (first, last) = ((clock - slack) / length, (clock + slack) / length);
    (first == last).then_some((length, first))
}
