//! Random trees with limits of every kind, and random histories on any of their tenants.

use proptest::prelude::*;
use tollgate::{Cost, Tenant};

use super::history::{Op, PARENTS, op};
use super::tree::{Held, Tree};
use super::twin::{Logs, Term, config_of, terms};
use crate::world::{cost_of, edge, nanos};

impl Tree {
    fn step(&mut self, op: &Op) {
        match op {
            Op::Ask(node, about, [r, t, b]) => self.ask(*node, *about, &cost_of(*r, *t, *b)),
            Op::Wait(by) => self.clock.advance(nanos(*by)),
            Op::ToEdge(node, limit, rows, offset) => {
                let terms = &self.logs[*node].terms;
                if !terms.is_empty() {
                    let rule = &limit.get(terms).rule;
                    self.clock.set(edge(self.clock.now(), rule, *rows, *offset));
                }
            }
            Op::ToRetry { before } => {
                if let Some(at) = self.retry_at {
                    let at = at.saturating_sub(nanos(u64::from(*before)));
                    self.clock.set(std::cmp::max(at, self.clock.now()));
                }
            }
            Op::Settle(permit, percent) => self.settle(permit, *percent),
            Op::Drop(permit) => {
                if let Some(Held {
                    number,
                    line,
                    permit,
                }) = self.pick(permit)
                {
                    drop(permit);
                    self.see();
                    self.release(number, &line);
                }
            }
            Op::FreeSlots => {
                for (number, line, slot) in std::mem::take(&mut self.slots) {
                    drop(slot);
                    self.see();
                    self.release(number, &line);
                }
            }
            Op::Back(by) => {
                // The fast path reads the time and does not write it down; this asks every ledger.
                self.tenants
                    .iter()
                    .for_each(|tenant| drop(tenant.try_acquire(&Cost::none())));
                self.see();
                self.clock.set(self.clock.now().saturating_sub(nanos(*by)));
            }
            Op::Look(node) => self.look(*node),
            Op::Resize(node, limit, capacity) => {
                self.change(*node, |terms| {
                    limit.get_mut(terms).rule.capacity = *capacity;
                });
            }
            Op::Reshape(node, limit, shape) => self.change(*node, |terms| {
                let term = limit.get_mut(terms);
                if term.is_plain() {
                    term.rule.shape = *shape;
                }
            }),
            Op::Toggle(node) => self.change(*node, |terms| {
                terms
                    .iter_mut()
                    .filter(|term| !term.is_plain())
                    .for_each(|term| term.shadow ^= true);
            }),
            Op::Replace(node, terms) => self.swap(*node, terms, self.logs[*node].suspended),
            Op::Suspend(node, suspended) => {
                let terms = self.logs[*node].terms.clone();
                self.swap(*node, &terms, *suspended);
            }
            Op::Reset(node) => {
                self.tenants[*node].reset();
                let at = self.see();
                self.logs[*node].reset(at);
            }
            Op::Reborn(leaf) => self.reborn(*leaf),
        }
    }

    /// What the old one has out stays charged to the ancestors; its permits are settled with them.
    fn reborn(&mut self, leaf: usize) {
        let parent = PARENTS[leaf].unwrap();
        let terms = self.logs[leaf].terms.clone();
        let config = config_of(leaf, Some(parent), &terms);
        if let Ok(next) = Tenant::under(&self.tenants[parent], &config) {
            self.tenants[leaf] = next;
            self.logs[leaf] = Logs::new(&terms, self.clock.now().as_nanos());
        }
    }

    fn look(&mut self, node: usize) {
        let usage = self.tenants[node].usage();
        let at = self.see();
        self.logs[node].look(at, &usage);
    }

    fn look_at_all(&mut self) {
        (0..PARENTS.len()).for_each(|node| self.look(node));
    }

    /// Usage takes back what is lent, so that looking at everything each time would hide half of the engine.
    fn run(&mut self, history: &[Op], often: bool) {
        for op in history {
            self.step(op);
            if often {
                self.look_at_all();
            }
        }
        self.look_at_all();
    }
}

fn trees() -> impl Strategy<Value = Vec<Vec<Term>>> {
    let some = prop_oneof![2 => terms(), 1 => Just(Vec::new())];
    proptest::collection::vec(some, PARENTS.len())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_request_is_charged_to_its_whole_line_or_to_nobody(
        limits in trees(),
        history in proptest::collection::vec(op(), 1..90),
        often in any::<bool>(),
    ) {
        Tree::new(&limits).run(&history, often);
    }
}

/// The histories are worth something: they meet admissions, and denials that are compared to the nanosecond.
#[test]
fn histories_of_trees_meet_exact_denials() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut admitted, mut denials, mut exact) = (0, 0, 0);
    for _ in 0..200 {
        let limits = trees().new_tree(&mut runner).unwrap().current();
        let history = proptest::collection::vec(op(), 1..90);
        let history = history.new_tree(&mut runner).unwrap().current();
        let mut tree = Tree::new(&limits);
        tree.run(&history, false);
        admitted += tree.count;
        denials += tree.denials;
        exact += tree.exact;
    }
    assert!(
        admitted > 500 && exact > 300,
        "{admitted}, {denials}, {exact}"
    );
}
