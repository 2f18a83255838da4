//! Random trees with limits of every kind, random histories on any of their tenants: every answer is what the
//! plain logs of the whole line say together.

use proptest::prelude::*;
use proptest::sample::Index;
use tollgate::{
    Clock, Cost, Decision, DenialReason, ManualClock, Permit, ReconfigureError, Slot, Status,
    Tenant, Timestamp,
};

use super::history::{Op, PARENTS, op};
use super::twin::{About, Logs, Say, Term, config_of, terms};
use crate::drive::times;
use crate::model::When;
use crate::world::{Shape, cost_of, edge, nanos};

struct Held {
    number: usize,
    line: Vec<usize>,
    permit: Permit<'static>,
}

struct Tree {
    tenants: Vec<Tenant>,
    logs: Vec<Logs>,
    clock: ManualClock,
    seen: u64,
    held: Vec<Held>,
    slots: Vec<(usize, Vec<usize>, Slot<'static>)>,
    retry_at: Option<Timestamp>,
    count: usize,
    denials: usize,
    exact: usize,
}

fn line(node: usize) -> Vec<usize> {
    std::iter::successors(Some(node), |node| PARENTS[*node]).collect()
}

/// Limits that go with those of the ancestors.
fn fitted(mut terms: Vec<Term>, above: &[&Logs]) -> Vec<Term> {
    for term in &mut terms {
        let dimension = term.rule.dimension.clone();
        let theirs = above.iter().flat_map(|logs| &logs.terms);
        for other in theirs.filter(|other| other.rule.dimension == dimension) {
            let rule = &mut term.rule;
            rule.capacity = std::cmp::min(rule.capacity, other.rule.capacity);
            if let Shape::Bucket { burst, .. } = &mut rule.shape {
                *burst = std::cmp::min(*burst, other.rule.most());
            }
        }
    }
    terms
}

impl Tree {
    fn new(limits: &[Vec<Term>]) -> Self {
        let clock = ManualClock::new();
        let seen = clock.now().as_nanos();
        let (mut tenants, mut logs) = (Vec::<Tenant>::new(), Vec::<Logs>::new());
        for (node, parent) in PARENTS.into_iter().enumerate() {
            let above: Vec<_> = line(node)[1..].iter().map(|&above| &logs[above]).collect();
            let terms = fitted(limits[node].clone(), &above);
            let config = config_of(node, parent, &terms);
            tenants.push(match parent {
                Some(parent) => Tenant::under(&tenants[parent], &config).unwrap(),
                None => Tenant::new(&config, Clock::manual(&clock)).unwrap(),
            });
            logs.push(Logs::new(&terms, seen));
        }
        Self {
            tenants,
            logs,
            clock,
            seen,
            held: Vec::new(),
            slots: Vec::new(),
            retry_at: None,
            count: 0,
            denials: 0,
            exact: 0,
        }
    }

    fn see(&mut self) -> u64 {
        self.seen = std::cmp::max(self.seen, self.clock.now().as_nanos());
        self.seen
    }

    fn say(&mut self, node: usize, ask: (About, &Cost), strictly: bool) -> Say {
        let (at, line) = (self.see(), line(node));
        let logs = self.logs.iter_mut().enumerate();
        let logs = logs.filter(|(node, _)| line.contains(node));
        Say::of(logs.map(|(_, logs)| logs), at, ask, strictly)
    }

    fn ask(&mut self, node: usize, about: About, cost: &Cost) {
        let at = self.see();
        let tenant = self.tenants[node].clone();
        let closed = line(node).iter().any(|&node| self.logs[node].suspended);
        match tenant.try_acquire_in(&about.scope(), cost).into_owned() {
            Decision::Admitted(permit) => {
                assert!(!closed, "{cost} was admitted at {at}");
                let verdict = self.say(node, (about, cost), false).verdict();
                assert_eq!(verdict, When::Now, "{cost} of n{node} was admitted at {at}");
                self.admit(node, about, permit);
            }
            Decision::Denied(denial) if closed => {
                assert_eq!(denial.reason(), DenialReason::Suspended);
            }
            Decision::Denied(denial) => {
                self.denials += 1;
                let say = self.say(node, (about, cost), true);
                self.exact += usize::from(say.check(at, self.clock.now().as_nanos(), &denial));
                self.retry_at = denial.retry_at().or(self.retry_at);
            }
        }
    }

    fn admit(&mut self, node: usize, about: About, permit: Permit<'static>) {
        let (at, line) = (self.see(), line(node));
        self.count += 1;
        let number = self.count;
        let mut told = Vec::new();
        for &node in &line {
            told.extend(self.logs[node].admit(number, at, about, permit.cost()));
        }
        let stated = permit.shadow_denials(&about.scope());
        let stated: Vec<_> = stated.iter().map(ToString::to_string).collect();
        assert_eq!(stated, told, "shadows of {} at {at}", permit.cost());
        self.held.push(Held {
            number,
            line,
            permit,
        });
    }

    fn pick(&mut self, index: &Index) -> Option<Held> {
        let at = (!self.held.is_empty()).then(|| index.index(self.held.len()))?;
        Some(self.held.swap_remove(at))
    }

    fn release(&mut self, number: usize, line: &[usize]) {
        for &node in line {
            self.logs[node].release(number);
        }
    }

    fn settle(&mut self, permit: &Index, percent: u64) {
        let Some(Held {
            number,
            line,
            permit,
        }) = self.pick(permit)
        else {
            return;
        };
        let (at, actual) = (self.see(), times(permit.cost(), percent));
        for &node in &line {
            self.logs[node].settle(number, at, permit.cost(), &actual);
        }
        let slot = if percent == 0 {
            permit.refund()
        } else {
            permit.settle(&actual)
        };
        self.slots.push((number, line, slot));
    }

    /// Puts other limits of a tenant in force, if they go with its ancestors'.
    fn swap(&mut self, node: usize, terms: &[Term], suspended: bool) {
        let mut config = config_of(node, PARENTS[node], terms);
        if suspended {
            config.status = Status::Suspended;
        }
        match self.tenants[node].reconfigure(&config) {
            Ok(()) => {
                let at = self.see();
                self.logs[node].swap(terms, at);
                self.logs[node].suspended = suspended;
            }
            Err(ReconfigureError::InvalidConfig(_)) => {
                assert_ne!(
                    terms, self.logs[node].terms,
                    "what is in force is not refused"
                );
            }
            Err(other) => panic!("{other}"),
        }
    }

    fn change(&mut self, node: usize, change: impl FnOnce(&mut Vec<Term>)) {
        let mut terms = self.logs[node].terms.clone();
        if !terms.is_empty() {
            change(&mut terms);
            self.swap(node, &terms, self.logs[node].suspended);
        }
    }

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
                    limit.get_mut(terms).rule.capacity = *capacity
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
