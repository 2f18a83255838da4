//! A tenant on a clock that stands still, as a sequential machine: every limit a list of what was charged.

use tollgate::{DenialReason, Dimension, LimitConfig, Timestamp};

use crate::linear_check::{Call, Spec, is_linearizable};
use crate::world::{nanos, secs};

/// The clock stands in the second row of a window of two; the first one was charged with [`EARLIER`].
pub(crate) const ROW: u64 = 30_000_000_000;
pub(crate) const EARLIER: [u64; 2] = [1, 5];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Window,
    Slots,
    /// Refilled by its burst in a minute.
    Bucket,
}

/// A limit; `dimension` is 0 for requests and 1 for tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    pub(crate) dimension: usize,
    pub(crate) capacity: u64,
    pub(crate) kind: Kind,
}

impl Rule {
    pub(crate) fn config(&self) -> LimitConfig {
        let dimension = [Dimension::Requests, Dimension::Tokens][self.dimension].clone();
        let (name, capacity) = (self.name, self.capacity);
        match self.kind {
            Kind::Window => {
                LimitConfig::sliding(name, dimension, capacity, secs(60)).sub_windows(2)
            }
            Kind::Slots => LimitConfig::concurrency(name, dimension, capacity),
            Kind::Bucket => LimitConfig::bucket(name, dimension, capacity, secs(60), capacity),
        }
    }
}

/// Requests and tokens.
pub(crate) type Amounts = [u64; 2];
pub(crate) type Plan = &'static [Rule];
/// The thread and the call that a permit is of.
pub(crate) type PermitId = (usize, usize);

#[derive(Debug, Clone, Copy)]
pub(crate) enum Op {
    Acquire {
        permit: PermitId,
        cost: Amounts,
    },
    /// Its slots stay held.
    Settle {
        permit: PermitId,
        actual: Amounts,
    },
    Drop(PermitId),
    Reconfigure {
        plan: Plan,
        active: bool,
    },
    Reset,
    Usage,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Admitted,
    Denied(DenialReason, Option<Timestamp>),
    /// Used and remaining, in the plan's order.
    Levels(Vec<(u64, u64)>),
    Done,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Meter {
    rule: Rule,
    earlier: u64,
    /// Sorted, so that equal states are equal.
    entries: Vec<(PermitId, u64)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct State {
    now: Timestamp,
    active: bool,
    meters: Vec<Meter>,
}

impl Meter {
    fn used(&self) -> u64 {
        self.earlier + self.entries.iter().map(|(_, amount)| amount).sum::<u64>()
    }

    fn level(&self) -> (u64, u64) {
        let used = self.used();
        (used, self.rule.capacity.saturating_sub(used))
    }

    /// Why `amount` is refused, if it is. Reasons are ordered by how long they last.
    fn refusal(&self, amount: u64, now: Timestamp) -> Option<(u8, Option<Timestamp>)> {
        let (used, remaining) = self.level();
        if amount == 0 || amount <= remaining {
            return None;
        }
        if amount > self.rule.capacity {
            return Some((2, None));
        }
        let short = used + amount - self.rule.capacity;
        match self.rule.kind {
            Kind::Slots => Some((1, None)),
            Kind::Bucket => {
                let wait = (short * 60_000_000_000).div_ceil(self.rule.capacity);
                Some((0, Some(now.saturating_add(nanos(wait)))))
            }
            Kind::Window => {
                // A row leaves when the third row after it begins; the clock is in the one after the first.
                let rows = if short <= self.earlier { 2 } else { 3 };
                let row = now.as_nanos() / ROW;
                Some((0, Some(Timestamp::from_nanos((row + rows) * ROW))))
            }
        }
    }
}

impl State {
    /// A tenant of this plan at `now`, when the first row was charged with [`EARLIER`].
    pub(crate) fn new(plan: Plan, now: Timestamp) -> Self {
        Self::charged(plan, now, 1)
    }

    /// As [`new`](Self::new), charged so many times.
    pub(crate) fn charged(plan: Plan, now: Timestamp, times: u64) -> Self {
        let meter = |rule: &Rule| Meter {
            rule: *rule,
            earlier: if rule.kind == Kind::Window {
                EARLIER[rule.dimension] * times
            } else {
                0
            },
            entries: Vec::new(),
        };
        let meters = plan.iter().map(meter).collect();
        let active = true;
        Self {
            now,
            active,
            meters,
        }
    }

    fn acquire(&mut self, permit: PermitId, cost: Amounts) -> Answer {
        if !self.active {
            return Answer::Denied(DenialReason::Suspended, None);
        }
        let refusals = self.meters.iter();
        let refusals =
            refusals.filter_map(|meter| meter.refusal(cost[meter.rule.dimension], self.now));
        if let Some((reason, at)) = refusals.max() {
            let reasons = [
                DenialReason::Quota,
                DenialReason::InUse,
                DenialReason::Never,
            ];
            return Answer::Denied(reasons[usize::from(reason)], at);
        }
        for meter in &mut self.meters {
            meter.entries.push((permit, cost[meter.rule.dimension]));
            meter.entries.sort_unstable();
        }
        Answer::Admitted
    }

    fn settle(&mut self, permit: PermitId, actual: Amounts) {
        for meter in self
            .meters
            .iter_mut()
            .filter(|meter| meter.rule.kind != Kind::Slots)
        {
            let own = meter
                .entries
                .iter_mut()
                .filter(|(known, _)| *known == permit);
            own.for_each(|(_, amount)| *amount = actual[meter.rule.dimension]);
        }
    }

    fn reconfigure(&mut self, plan: Plan) {
        let kept = |rule: &Rule| {
            let same = |meter: &&Meter| meter.rule.name == rule.name;
            let old = self.meters.iter().find(same).cloned();
            let fresh = Meter {
                rule: *rule,
                earlier: 0,
                entries: Vec::new(),
            };
            Meter {
                rule: *rule,
                ..old.unwrap_or(fresh)
            }
        };
        self.meters = plan.iter().map(kept).collect();
    }
}

impl Spec for State {
    type Op = Op;
    type Answer = Answer;

    fn apply(&mut self, op: &Op) -> Answer {
        match *op {
            Op::Acquire { permit, cost } => return self.acquire(permit, cost),
            Op::Settle { permit, actual } => self.settle(permit, actual),
            Op::Drop(permit) => {
                let slots = self.meters.iter_mut();
                let slots = slots.filter(|meter| meter.rule.kind == Kind::Slots);
                slots.for_each(|meter| meter.entries.retain(|(known, _)| *known != permit));
            }
            Op::Reconfigure { plan, active } => {
                self.active = active;
                self.reconfigure(plan);
            }
            Op::Reset => {
                let spent = self.meters.iter_mut();
                for meter in spent.filter(|meter| meter.rule.kind != Kind::Slots) {
                    meter.earlier = 0;
                    meter.entries.clear();
                }
            }
            Op::Usage => return Answer::Levels(self.meters.iter().map(Meter::level).collect()),
        }
        Answer::Done
    }
}

/// The twin says no where it must: an answer that no order explains is found.
#[test]
fn a_wrong_answer_is_not_explained() {
    const fn window(name: &'static str, dimension: usize, capacity: u64) -> Rule {
        let kind = Kind::Window;
        Rule {
            name,
            dimension,
            capacity,
            kind,
        }
    }
    const PLAN: Plan = &[window("r", 0, 6), window("t", 1, 40)];
    let state = State::new(PLAN, Timestamp::from_nanos(3 * ROW));
    let acquire = |thread| Op::Acquire {
        permit: (thread, 0),
        cost: [3, 0],
    };
    // Six requests a minute, of which one was spent in the row before: three are admitted once.
    let at = |op, answer, began| Call {
        op,
        answer,
        began,
        ended: began + 5,
    };
    let denied = |rows: u64| {
        let retry_at = Timestamp::from_nanos((3 + rows) * ROW);
        Answer::Denied(DenialReason::Quota, Some(retry_at))
    };
    let levels = |used| Answer::Levels(vec![(used, 6 - used), (5, 35)]);
    let right = [
        at(acquire(0), Answer::Admitted, 0),
        at(acquire(1), denied(2), 1),
        at(Op::Usage, levels(1), 2),
        at(Op::Usage, levels(4), 6),
    ];
    assert!(is_linearizable(&state, &right));
    for (call, wrong) in [
        (1, Answer::Admitted),
        (1, denied(3)),
        (1, Answer::Denied(DenialReason::Never, None)),
        (0, denied(2)),
        (2, levels(0)),
        (3, levels(1)),
        (3, levels(6)),
    ] {
        let mut calls = right.clone();
        calls[call].answer = wrong;
        assert!(!is_linearizable(&state, &calls), "{calls:#?}");
    }
}
