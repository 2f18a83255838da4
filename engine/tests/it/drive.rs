//! Runs a random history on a real tenant and tells witnesses what happened.

use tollgate::{
    Clock, Cost, Decision, Denial, ManualClock, Permit, Slot, Tenant, Timestamp, Usage,
};

use crate::world::{Op, Rule, config, cost_of, edge, nanos};

/// Who keeps an own account of what a tenant does. Times are nanoseconds and never go back.
pub(crate) trait Witness {
    fn admitted(&mut self, _permit: usize, _at: u64, _cost: &Cost) {}
    fn denied(&mut self, _at: u64, _denial: &Denial<'_>) {}
    /// A dimension that `actual` does not name keeps what was reserved.
    fn settled(&mut self, _permit: usize, _at: u64, _reserved: &Cost, _actual: &Cost) {}
    /// Its slots are free from now on.
    fn released(&mut self, _permit: usize, _at: u64) {}
    fn looked(&mut self, _at: u64, _usage: &Usage) {}
}

struct Held {
    number: usize,
    permit: Permit<'static>,
}

/// A tenant under test, its clock, and the permits that are out.
pub(crate) struct Drive {
    pub(crate) rules: Vec<Rule>,
    pub(crate) tenant: Tenant,
    pub(crate) clock: ManualClock,
    seen: u64,
    permits: Vec<Held>,
    slots: Vec<(usize, Slot<'static>)>,
    retry_at: Option<Timestamp>,
    count: usize,
}

impl Drive {
    pub(crate) fn new(rules: &[Rule], clock: ManualClock) -> Self {
        let config = config(rules.iter().map(Rule::config));
        let tenant = Tenant::new(&config, Clock::manual(&clock)).unwrap();
        Self::of(tenant, rules, clock)
    }

    /// Drives a tenant that runs on this clock and is as good as new.
    pub(crate) fn of(tenant: Tenant, rules: &[Rule], clock: ManualClock) -> Self {
        let seen = clock.now().as_nanos();
        Self {
            rules: rules.to_vec(),
            tenant,
            clock,
            seen,
            permits: Vec::new(),
            slots: Vec::new(),
            retry_at: None,
            count: 0,
        }
    }

    /// Whether no permit and no slot is out.
    pub(crate) fn holds_nothing(&self) -> bool {
        self.permits.is_empty() && self.slots.is_empty()
    }

    /// The latest time that the engine was asked at.
    pub(crate) fn see(&mut self) -> u64 {
        self.seen = std::cmp::max(self.seen, self.clock.now().as_nanos());
        self.seen
    }

    pub(crate) fn run(&mut self, ops: &[Op], witness: &mut impl Witness) {
        for op in ops {
            self.step(op, witness);
        }
    }

    pub(crate) fn step(&mut self, op: &Op, witness: &mut impl Witness) {
        match op {
            &Op::Acquire {
                requests,
                tokens,
                bytes,
            } => {
                self.acquire(&cost_of(requests, tokens, bytes), witness);
            }
            &Op::Wait(by) => self.clock.advance(nanos(by)),
            Op::ToEdge {
                limit,
                rows,
                offset,
            } => {
                let rule = limit.get(&self.rules);
                self.clock.set(edge(self.clock.now(), rule, *rows, *offset));
            }
            &Op::ToRetry { before } => self.go_to_retry(before),
            Op::Settle { permit, percent } => self.settle(permit, *percent, witness),
            Op::Refund(permit) => {
                if let Some(Held { number, permit }) = self.pick(permit) {
                    let nothing = times(permit.cost(), 0);
                    let at = self.see();
                    witness.settled(number, at, permit.cost(), &nothing);
                    drop(permit.refund());
                    witness.released(number, at);
                }
            }
            Op::Keep(permit) => {
                if let Some(Held { number, permit }) = self.pick(permit) {
                    drop(permit);
                    let at = self.see();
                    witness.released(number, at);
                } else if let Some((number, slot)) = self.slots.pop() {
                    drop(slot);
                    let at = self.see();
                    witness.released(number, at);
                }
            }
            &Op::Back(by) => {
                // The fast path reads the time and does not write it down; this asks the ledger.
                drop(self.tenant.try_acquire(&Cost::none()));
                self.see();
                self.clock.set(self.clock.now().saturating_sub(nanos(by)));
            }
            Op::Look => {
                let usage = self.tenant.usage();
                let at = self.see();
                witness.looked(at, &usage);
            }
        }
    }

    pub(crate) fn acquire(&mut self, cost: &Cost, witness: &mut impl Witness) -> bool {
        let at = self.see();
        match self.tenant.try_acquire(cost).into_owned() {
            Decision::Admitted(permit) => {
                self.count += 1;
                let number = self.count;
                witness.admitted(number, at, cost);
                self.permits.push(Held { number, permit });
                true
            }
            Decision::Denied(denial) => {
                witness.denied(at, &denial);
                self.retry_at = denial.retry_at().or(self.retry_at);
                false
            }
        }
    }

    fn go_to_retry(&mut self, before: bool) {
        if let Some(at) = self.retry_at {
            let at = at.saturating_sub(nanos(u64::from(before)));
            self.clock.set(std::cmp::max(at, self.clock.now()));
        }
    }

    fn settle(
        &mut self,
        permit: &proptest::sample::Index,
        percent: u64,
        witness: &mut impl Witness,
    ) {
        let Some(Held { number, permit }) = self.pick(permit) else {
            return;
        };
        let actual = times(permit.cost(), percent);
        let at = self.see();
        witness.settled(number, at, permit.cost(), &actual);
        let slot = permit.settle(&actual);
        if percent.is_multiple_of(2) {
            drop(slot);
            witness.released(number, at);
        } else {
            self.slots.push((number, slot));
        }
    }

    fn pick(&mut self, index: &proptest::sample::Index) -> Option<Held> {
        if self.permits.is_empty() {
            return None;
        }
        let at = index.index(self.permits.len());
        Some(self.permits.swap_remove(at))
    }
}

/// `percent` of a cost, in each dimension that it names.
pub(crate) fn times(cost: &Cost, percent: u64) -> Cost {
    cost.iter()
        .fold(Cost::none(), |actual, (dimension, amount)| {
            actual.and(dimension.clone(), amount * percent / 100)
        })
}
