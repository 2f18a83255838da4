//! Honest nodes on a network that loses, repeats and overtakes, and a store that forgets: random histories.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tollgate::cluster::{Answer, Book, Call, Reply, Row, Shape, When};

use super::auditor::Record;
use super::{SECOND, START, ask, call_of, wish};

/// What becomes of a reply.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fate {
    Arrives,
    Late,
    Lost,
}

#[derive(Debug, Clone)]
pub(super) enum Step {
    Pass(u64),
    Call {
        node: usize,
        next: bool,
        need: u64,
        more: u64,
        silent: bool,
        fate: Fate,
    },
    /// Gives back some of a row that it holds.
    Return(usize, usize, u64),
    /// Spends more than it holds.
    Debt(usize, u64),
    /// An old call arrives once more, and nobody hears the reply.
    Repeat(usize),
    /// A late reply arrives.
    Arrive(usize),
    /// A node hears of the next config.
    Upgrade(usize),
    /// The replica catches up.
    Copy,
    /// The store is lost; the replica takes over, or it starts anew.
    Lose {
        replica: bool,
        first: usize,
    },
}

pub(super) fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![6 => Just(Fate::Arrives), 1 => Just(Fate::Late), 1 => Just(Fate::Lost)]
}

pub(super) fn call() -> impl Strategy<Value = Step> {
    let amounts = (0..4_u64, prop_oneof![Just(0), 1..60_u64], 0..150_u64);
    (0..4_usize, amounts, any::<(bool, bool)>(), fate()).prop_map(
        |(node, (none, need, more), (next, silent), fate)| Step::Call {
            node,
            next,
            need: if none == 0 { 0 } else { need },
            more,
            silent: silent && none == 1,
            fate,
        },
    )
}

/// Time, calls, returns, old calls, late replies: what every history is made of.
pub(super) fn everyday() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => prop_oneof![Just(0), 1..300_000_u64, 1..2_500_000_u64].prop_map(Step::Pass),
        6 => call(),
        3 => (0..4_usize, any::<usize>(), 1..100_u64)
            .prop_map(|(node, row, amount)| Step::Return(node, row, amount)),
        2 => any::<usize>().prop_map(Step::Repeat),
        1 => any::<usize>().prop_map(Step::Arrive),
    ]
}

/// One config of the limit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Config {
    pub(super) shape: Shape,
    pub(super) capacity: u64,
}

#[derive(Debug, Default)]
struct Node {
    id: u64,
    config: usize,
    /// What it knows it was granted, what of that it has given back, and what it spent beyond.
    rows: BTreeMap<u64, (u64, u64, u64)>,
    head: u64,
}

impl Node {
    fn reports(&self, all: bool) -> Vec<Row> {
        let last = self.rows.keys().next_back().copied();
        let rows = self
            .rows
            .iter()
            .filter(|(epoch, _)| all || Some(**epoch) == last);
        let row = |(epoch, (granted, returned, debt)): (&u64, &(u64, u64, u64))| Row {
            epoch: *epoch,
            granted: granted + debt,
            returned: *returned,
        };
        rows.map(row).collect()
    }

    fn hears(&mut self, reported: &[Row], answer: &Answer) {
        self.head = answer.epoch;
        for row in reported {
            if answer.rows.iter().all(|there| there.epoch != row.epoch) {
                self.rows.remove(&row.epoch);
            }
        }
        for row in answer.rows.iter().filter(|row| row.granted > 0) {
            let held = self.rows.entry(row.epoch).or_default();
            held.0 = held.0.max(row.granted.saturating_sub(held.2));
        }
    }
}

/// All nodes, the store, its replica, and what is on its way.
pub(super) struct Fleet {
    pub(super) record: Record,
    configs: Vec<Config>,
    nodes: Vec<Node>,
    book: Book,
    replica: Book,
    run: u64,
    now: u64,
    said: Vec<Call>,
    late: Vec<(usize, Call, Reply)>,
}

impl Fleet {
    pub(super) fn new(configs: &[Config]) -> Self {
        let book = Book::unwritten(0);
        let node = |id| Node {
            id,
            ..Node::default()
        };
        Self {
            record: Record::new(configs[0]),
            configs: configs.to_vec(),
            nodes: (1..=4).map(node).collect(),
            replica: book.clone(),
            book,
            run: 0,
            now: START,
            said: Vec::new(),
            late: Vec::new(),
        }
    }

    pub(super) fn step(&mut self, step: &Step) {
        match *step {
            Step::Pass(time) => self.now += time,
            Step::Call {
                node,
                next,
                need,
                more,
                silent,
                fate,
            } => {
                let want = (next, need, need + more);
                let call = self.words(node, !silent, Some(want));
                self.call(node, call, fate);
            }
            Step::Return(node, row, amount) => self.give_back(node, row, amount),
            Step::Debt(node, amount) => {
                let rows = self.nodes[node].rows.values_mut();
                if let Some(held) = rows.last() {
                    held.2 += amount;
                }
            }
            Step::Repeat(which) => {
                if let Some(call) = pick(&self.said, which).cloned() {
                    let reply = self.book.call(self.now, &call);
                    self.record.heard(self.now, &call, &reply.answers[0]);
                }
            }
            Step::Arrive(which) if !self.late.is_empty() => {
                let which = which % self.late.len();
                let (node, call, reply) = self.late.swap_remove(which);
                self.arrive(node, &call, &reply);
            }
            Step::Arrive(_) => {}
            Step::Upgrade(node) => self.upgrade(node),
            Step::Copy => self.replica = self.book.clone(),
            Step::Lose { replica, first } => self.lose(replica, first),
        }
    }

    fn words(&self, node: usize, all: bool, want: Option<(bool, u64, u64)>) -> Call {
        let node = &self.nodes[node];
        let config = self.configs[node.config];
        let want = want.map(|(next, need, most)| {
            let (when, row) = if next {
                (When::After(node.head), node.head + 1)
            } else {
                (When::Now, node.head)
            };
            let known = node.rows.get(&row).map_or(0, |held| held.0 + held.2);
            wish(when, known, need, most)
        });
        let mut ask = ask(config.shape, &node.reports(all), want);
        ask.generation = u64::try_from(node.config).unwrap();
        ask.capacity = config.capacity;
        call_of(node.id, ask)
    }

    fn call(&mut self, node: usize, call: Call, fate: Fate) {
        let reply = self.book.call(self.now, &call);
        self.record.heard(self.now, &call, &reply.answers[0]);
        self.said.push(call.clone());
        match fate {
            Fate::Arrives => self.arrive(node, &call, &reply),
            Fate::Late => self.late.push((node, call, reply)),
            Fate::Lost => {}
        }
    }

    fn arrive(&mut self, node: usize, call: &Call, reply: &Reply) {
        // An answer in rows that the node counts by no longer says nothing to it.
        let config = self.configs[self.nodes[node].config];
        if call.asks[0].shape == config.shape {
            self.nodes[node].hears(&call.asks[0].rows, &reply.answers[0]);
        }
    }

    fn give_back(&mut self, node: usize, row: usize, amount: u64) {
        let node = &mut self.nodes[node];
        let count = node.rows.len().max(1);
        if let Some((epoch, held)) = node.rows.iter_mut().nth(row % count) {
            let amount = std::cmp::min(amount, held.0 - held.1);
            held.1 += amount;
            self.record.returned(*epoch, node.id, amount);
        }
    }

    fn upgrade(&mut self, node: usize) {
        let node = &mut self.nodes[node];
        let old = self.configs[node.config];
        node.config = std::cmp::min(node.config + 1, self.configs.len() - 1);
        if self.configs[node.config].shape != old.shape {
            node.rows.clear();
            node.head = 0;
        }
    }

    /// All nodes report within a second, as nodes do.
    fn lose(&mut self, replica: bool, first: usize) {
        self.run += 1;
        self.book = if replica {
            self.replica.clone().promoted(self.run)
        } else {
            Book::new(self.run)
        };
        self.late.clear();
        for node in &self.nodes {
            self.record.forget_unheard(node.id, |epoch| {
                node.rows.get(&epoch).map(|held| held.0 + held.2)
            });
        }
        for offset in 0..self.nodes.len() {
            let node = (first + offset) % self.nodes.len();
            let call = self.words(node, true, Some((false, 1, 50)));
            self.call(node, call, Fate::Arrives);
            self.now += SECOND / 5;
        }
    }
}

fn pick<T>(from: &[T], which: usize) -> Option<&T> {
    from.get(which.checked_rem(from.len())?)
}
