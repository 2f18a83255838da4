//! A tree of tenants beside its logs: each answer is held against what the logs of the whole line say together.

use proptest::sample::Index;
use tollgate::{
    Clock, Cost, Decision, DenialReason, ManualClock, Permit, ReconfigureError, Slot, Status,
    Tenant, Timestamp,
};

use super::history::PARENTS;
use super::twin::{About, Logs, Say, Term, config_of};
use crate::drive::times;
use crate::model::When;
use crate::world::Shape;

pub(super) struct Held {
    pub(super) number: usize,
    pub(super) line: Vec<usize>,
    pub(super) permit: Permit<'static>,
}

pub(super) struct Tree {
    pub(super) tenants: Vec<Tenant>,
    pub(super) logs: Vec<Logs>,
    pub(super) clock: ManualClock,
    seen: u64,
    pub(super) held: Vec<Held>,
    pub(super) slots: Vec<(usize, Vec<usize>, Slot<'static>)>,
    pub(super) retry_at: Option<Timestamp>,
    pub(super) count: usize,
    pub(super) denials: usize,
    pub(super) exact: usize,
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
    pub(super) fn new(limits: &[Vec<Term>]) -> Self {
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

    pub(super) fn see(&mut self) -> u64 {
        self.seen = std::cmp::max(self.seen, self.clock.now().as_nanos());
        self.seen
    }

    fn say(&mut self, node: usize, ask: (About, &Cost), strictly: bool) -> Say {
        let (at, line) = (self.see(), line(node));
        let logs = self.logs.iter_mut().enumerate();
        let logs = logs.filter(|(node, _)| line.contains(node));
        Say::of(logs.map(|(_, logs)| logs), at, ask, strictly)
    }

    pub(super) fn ask(&mut self, node: usize, about: About, cost: &Cost) {
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

    pub(super) fn pick(&mut self, index: &Index) -> Option<Held> {
        let at = (!self.held.is_empty()).then(|| index.index(self.held.len()))?;
        Some(self.held.swap_remove(at))
    }

    pub(super) fn release(&mut self, number: usize, line: &[usize]) {
        for &node in line {
            self.logs[node].release(number);
        }
    }

    pub(super) fn settle(&mut self, permit: &Index, percent: u64) {
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
    pub(super) fn swap(&mut self, node: usize, terms: &[Term], suspended: bool) {
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

    pub(super) fn change(&mut self, node: usize, change: impl FnOnce(&mut Vec<Term>)) {
        let mut terms = self.logs[node].terms.clone();
        if !terms.is_empty() {
            change(&mut terms);
            self.swap(node, &terms, self.logs[node].suspended);
        }
    }
}
