//! P1, P2, P4, P5, P11 at once: whatever three threads do to a tenant, some order of their calls explains
//! every answer — admissions, retry instants, and what is shown as remaining.

use std::sync::atomic::{AtomicU64, Ordering};

use tollgate::{Clock, Cost, Decision, ManualClock, Permit, Slot, Status, Tenant};

use crate::linear_check::{Call, is_linearizable, overlaps};
use crate::linear_spec::{Amounts, Answer, EARLIER, Kind, Op, PermitId, Plan, ROW, Rule, State};
use crate::world::{config, nanos};

pub(crate) const THREADS: usize = 3;
pub(crate) const CALLS: usize = 4;

pub(crate) const fn window(name: &'static str, dimension: usize, capacity: u64) -> Rule {
    Rule {
        name,
        dimension,
        capacity,
        kind: Kind::Window,
    }
}

pub(crate) const fn slots(capacity: u64) -> Rule {
    Rule {
        name: "c",
        dimension: 0,
        capacity,
        kind: Kind::Slots,
    }
}

const fn bucket(burst: u64) -> Rule {
    Rule {
        name: "b",
        dimension: 1,
        capacity: burst,
        kind: Kind::Bucket,
    }
}

/// Plans that a tenant may change between.
pub(crate) const WINDOWS: &[Plan] = &[
    &[window("r", 0, 6), window("t", 1, 40)],
    &[window("r", 0, 9), window("t", 1, 25)],
    &[window("r", 0, 4), window("x", 0, 5), window("t", 1, 40)],
];
pub(crate) const SLOTS: &[Plan] = &[
    &[window("r", 0, 9), window("t", 1, 60), slots(4)],
    &[slots(2), window("t", 1, 40), window("r", 0, 9)],
    &[window("r", 0, 7), window("t", 1, 60)],
];
/// A bucket may give back less than is refunded, so here nothing is.
const BUCKETS: &[Plan] = &[
    &[window("r", 0, 8), bucket(40)],
    &[bucket(25), window("r", 0, 8)],
    &[bucket(60), slots(3)],
];

/// Steele, Lea and Flood's splitmix64: enough for choosing calls.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ bits >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        (bits ^ bits >> 31) % most
    }
}

pub(crate) fn cost(amounts: Amounts) -> Cost {
    Cost::requests(amounts[0]).and_tokens(amounts[1])
}

/// What one thread holds.
#[derive(Default)]
pub(crate) struct Hands<'t> {
    permits: Vec<(PermitId, Amounts, Permit<'t>)>,
    slots: Vec<(PermitId, Slot<'t>)>,
}

impl Hands<'_> {
    /// The next call of thread `thread`.
    pub(crate) fn choose(&self, dice: &mut Dice, id: PermitId, plans: &'static [Plan]) -> Op {
        let refunds = plans != BUCKETS;
        match (dice.below(12), self.permits.first(), self.slots.first()) {
            (0..=1, Some((permit, reserved, _)), _) => {
                let actual = reserved.map(|amount| match dice.below(3) {
                    0 if refunds => 0,
                    1 => amount + dice.below(4),
                    _ => amount,
                });
                let permit = *permit;
                Op::Settle { permit, actual }
            }
            (2, Some((permit, ..)), _) | (3..=4, _, Some((permit, _))) => Op::Drop(*permit),
            (5, ..) => Op::Reconfigure {
                plan: plans[usize::try_from(dice.below(3)).unwrap()],
                active: dice.below(3) > 0,
            },
            (6..=7, ..) => Op::Usage,
            (8, ..) if dice.below(4) == 0 => Op::Reset,
            _ => Op::Acquire {
                permit: id,
                cost: [dice.below(4), dice.below(3) * dice.below(9)],
            },
        }
    }
}

pub(crate) fn call<'t>(tenant: &'t Tenant, hands: &mut Hands<'t>, op: &Op) -> Answer {
    match *op {
        Op::Acquire { permit, cost: ask } => match tenant.try_acquire(&cost(ask)) {
            Decision::Admitted(held) => {
                hands.permits.push((permit, ask, held));
                Answer::Admitted
            }
            Decision::Denied(denial) => Answer::Denied(denial.reason(), denial.retry_at()),
        },
        Op::Settle { permit, actual } => {
            let (id, _, held) = hands.permits.remove(0);
            assert_eq!(id, permit);
            hands.slots.push((id, held.settle(&cost(actual))));
            Answer::Done
        }
        Op::Drop(permit) => {
            hands.permits.retain(|(id, ..)| *id != permit);
            hands.slots.retain(|(id, _)| *id != permit);
            Answer::Done
        }
        Op::Reconfigure { plan, active } => {
            let status = if active {
                Status::Active
            } else {
                Status::Suspended
            };
            let mut next = config(plan.iter().map(Rule::config)).status(status);
            next.tenant_id = tenant.id().clone();
            next.parent = tenant.parent().map(|parent| parent.id().clone());
            tenant.reconfigure(&next).unwrap();
            Answer::Done
        }
        Op::Reset => {
            tenant.reset();
            Answer::Done
        }
        Op::Usage => {
            let usage = tenant.usage();
            Answer::Levels(
                usage
                    .iter()
                    .map(|level| (level.used, level.remaining))
                    .collect(),
            )
        }
    }
}

type History = Vec<Call<Op, Answer>>;

/// Three threads that make four calls each, and a look at the end.
fn history(plans: &'static [Plan], seed: u64) -> (State, History) {
    let clock = ManualClock::new();
    let tenant = Tenant::new(
        &config(plans[0].iter().map(Rule::config)),
        Clock::manual(&clock),
    );
    let tenant = tenant.unwrap();
    // A bucket would fill up again until the others begin, so it starts full.
    let tokens = if plans == BUCKETS { 0 } else { EARLIER[1] };
    let earlier = [EARLIER[0], tokens];
    assert!(tenant.try_acquire(&cost(earlier)).is_admitted());
    clock.advance(nanos(ROW));
    let state = State::new(plans[0], clock.now());
    let (time, ready) = (AtomicU64::new(0), AtomicU64::new(0));
    let work = |thread: usize| {
        let mut dice = Dice(seed << 8 | thread as u64);
        let mut hands = Hands::default();
        let mut calls = Vec::with_capacity(CALLS);
        ready.fetch_add(1, Ordering::SeqCst);
        while ready.load(Ordering::SeqCst) < THREADS as u64 {
            std::thread::yield_now();
        }
        for number in 0..CALLS {
            let op = hands.choose(&mut dice, (thread, number), plans);
            let began = time.fetch_add(1, Ordering::SeqCst);
            if dice.below(16) == 0 {
                // So that calls overlap on a machine of one core too.
                std::thread::yield_now();
            }
            let answer = call(&tenant, &mut hands, &op);
            let ended = time.fetch_add(1, Ordering::SeqCst);
            calls.push(Call {
                op,
                answer,
                began,
                ended,
            });
        }
        // Dropping what is still held would be calls of their own.
        (calls, hands)
    };
    let mut calls = Vec::with_capacity(THREADS * CALLS + 1);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| scope.spawn(move || work(thread)))
            .collect();
        let done: Vec<_> = threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect();
        let (own, hands): (Vec<_>, Vec<_>) = done.into_iter().unzip();
        calls.extend(own.into_iter().flatten());
        let began = time.fetch_add(1, Ordering::SeqCst);
        let answer = call(&tenant, &mut Hands::default(), &Op::Usage);
        let (op, ended) = (Op::Usage, began + 1);
        calls.push(Call {
            op,
            answer,
            began,
            ended,
        });
        drop(hands);
    });
    (state, calls)
}

/// Runs so many histories and explains each.
fn explain(plans: &'static [Plan], histories: u64) {
    let mut overlapping = 0;
    for seed in 0..histories {
        let (state, calls) = history(plans, seed);
        overlapping += usize::from(overlaps(&calls) > 0);
        assert!(
            is_linearizable(&state, &calls),
            "seed {seed}: nothing explains {calls:#?}"
        );
    }
    assert!(
        overlapping > 50,
        "only {overlapping} histories had calls that overlapped"
    );
}

#[test]
fn some_order_explains_every_answer_of_windows() {
    explain(WINDOWS, 8_000);
}

#[test]
fn some_order_explains_every_answer_of_slots() {
    explain(SLOTS, 8_000);
}

#[test]
fn some_order_explains_every_answer_of_buckets() {
    explain(BUCKETS, 8_000);
}
