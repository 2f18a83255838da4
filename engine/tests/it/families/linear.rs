//! P1 to P5 and P11 in a family at once: whatever three threads do to a parent and its two children, some order
//! of their calls explains every answer.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{scope, yield_now};

use tollgate::{DenialReason, ManualClock, Tenant};

use super::{child, root};
use crate::linear_check::{Call, Spec, is_linearizable, overlaps};
use crate::linear_spec::{Answer, EARLIER, Op, PermitId, Plan, ROW, Rule, State};
use crate::linearizable::{CALLS, Dice, Hands, SLOTS, THREADS, WINDOWS, call, cost, slots, window};
use crate::world::nanos;

/// Of the parent: none below what a child may have.
const WIDE: &[Plan] = &[
    &[window("r", 0, 11), window("t", 1, 70)],
    &[window("r", 0, 13), window("t", 1, 60)],
    &[window("x", 0, 9), window("t", 1, 65), window("r", 0, 12)],
];
const WIDE_SLOTS: &[Plan] = &[
    &[window("r", 0, 14), slots(4)],
    &[slots(5), window("r", 0, 11), window("t", 1, 90)],
    &[window("r", 0, 12), window("t", 1, 80)],
];

/// An operation of one of the family; the parent is 0.
type OfOne = (usize, Op);

/// Each of the three is a machine of its own, and a request is one of two, or of neither.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Family([State; 3]);

impl Family {
    fn acquire(&mut self, who: usize, op: &Op) -> Answer {
        let mut next = self.clone();
        let mut line = vec![next.0[who].apply(op)];
        if who > 0 {
            line.push(next.0[0].apply(op));
        }
        let denied = line.iter().filter(|answer| **answer != Answer::Admitted);
        let Some(denied) = denied.max_by_key(|answer| rank(answer)) else {
            *self = next;
            return Answer::Admitted;
        };
        denied.clone()
    }
}

/// Denials by how long they last.
fn rank(answer: &Answer) -> (usize, u64) {
    use DenialReason::{InUse, Never, Quota, Suspended};
    let Answer::Denied(reason, at) = answer else {
        panic!("{answer:?} is no denial")
    };
    let reasons = [Quota, InUse, Never, Suspended];
    let lasts = reasons.iter().position(|known| known == reason).unwrap();
    (lasts, at.map_or(0, tollgate::Timestamp::as_nanos))
}

impl Spec for Family {
    type Op = OfOne;
    type Answer = Answer;

    fn apply(&mut self, (who, op): &OfOne) -> Answer {
        match op {
            Op::Acquire { .. } => self.acquire(*who, op),
            // What a permit was charged to is settled and freed in both.
            Op::Settle { .. } | Op::Drop(_) => {
                self.0[0].apply(op);
                self.0[*who].apply(op)
            }
            Op::Reconfigure { .. } | Op::Reset | Op::Usage => self.0[*who].apply(op),
        }
    }
}

type History = Vec<Call<OfOne, Answer>>;

/// A thread's choices and what it holds, of which each permit is somebody's.
struct Hand<'t> {
    dice: Dice,
    hands: Hands<'t>,
    whose: HashMap<PermitId, usize>,
}

impl Hand<'_> {
    fn choose(&mut self, id: PermitId, plans: [&'static [Plan]; 2]) -> OfOne {
        let who = usize::try_from(self.dice.below(3)).unwrap();
        let op = self
            .hands
            .choose(&mut self.dice, id, plans[usize::from(who > 0)]);
        let who = match &op {
            Op::Settle { permit, .. } | Op::Drop(permit) => self.whose[permit],
            Op::Acquire { permit, .. } => {
                self.whose.insert(*permit, who);
                who
            }
            Op::Reconfigure { .. } | Op::Reset | Op::Usage => who,
        };
        (who, op)
    }
}

/// A family whose children have both asked in the row before.
fn family(plans: [&'static [Plan]; 2]) -> ([Tenant; 3], Family) {
    let clock = ManualClock::new();
    let parent = root(&clock, plans[0][0].iter().map(Rule::config));
    let below = |name| child(&parent, name, plans[1][0].iter().map(Rule::config));
    let children = [below("a"), below("b")];
    for child in &children {
        assert!(child.try_acquire(&cost(EARLIER)).is_admitted());
    }
    clock.advance(nanos(ROW));
    let (now, [a, b]) = (clock.now(), children);
    let of_child = State::new(plans[1][0], now);
    let states = [
        State::charged(plans[0][0], now, 2),
        of_child.clone(),
        of_child,
    ];
    ([parent, a, b], Family(states))
}

fn history(plans: [&'static [Plan]; 2], seed: u64) -> (Family, History) {
    let (tenants, state) = family(plans);
    let (time, ready) = (AtomicU64::new(0), AtomicU64::new(0));
    let work = |thread: usize| {
        let (dice, hands) = (Dice(seed << 8 | thread as u64), Hands::default());
        let mut hand = Hand {
            dice,
            hands,
            whose: HashMap::new(),
        };
        let mut calls = Vec::with_capacity(CALLS);
        ready.fetch_add(1, Ordering::SeqCst);
        while ready.load(Ordering::SeqCst) < THREADS as u64 {
            yield_now();
        }
        for number in 0..CALLS {
            let (who, op) = hand.choose((thread, number), plans);
            let began = time.fetch_add(1, Ordering::SeqCst);
            if hand.dice.below(16) == 0 {
                // So that calls overlap on a machine of one core too.
                yield_now();
            }
            let answer = call(&tenants[who], &mut hand.hands, &op);
            let ended = time.fetch_add(1, Ordering::SeqCst);
            let op = (who, op);
            calls.push(Call {
                op,
                answer,
                began,
                ended,
            });
        }
        // Dropping what is still held would be calls of their own.
        (calls, hand.hands)
    };
    let mut calls = Vec::new();
    scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| scope.spawn(move || work(thread)))
            .collect();
        let done: Vec<_> = threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect();
        let (own, hands): (Vec<_>, Vec<_>) = done.into_iter().unzip();
        calls.extend(own.into_iter().flatten());
        for (who, tenant) in tenants.iter().enumerate() {
            let began = time.fetch_add(2, Ordering::SeqCst);
            let answer = call(tenant, &mut Hands::default(), &Op::Usage);
            let (op, ended) = ((who, Op::Usage), began + 1);
            calls.push(Call {
                op,
                answer,
                began,
                ended,
            });
        }
        drop(hands);
    });
    (state, calls)
}

fn explain(plans: [&'static [Plan]; 2], histories: u64) {
    let (mut overlapping, mut denied) = (0, 0);
    for seed in 0..histories {
        let (state, calls) = history(plans, seed);
        overlapping += usize::from(overlaps(&calls) > 0);
        denied += calls
            .iter()
            .filter(|call| matches!(call.answer, Answer::Denied(..)))
            .count();
        assert!(
            is_linearizable(&state, &calls),
            "seed {seed}: nothing explains {calls:#?}"
        );
    }
    assert!(
        overlapping > 50 && denied > 500,
        "{overlapping} overlapped, {denied} were denied"
    );
}

#[test]
fn some_order_explains_every_answer_of_a_family_with_windows() {
    explain([WIDE, WINDOWS], 5_000);
}

#[test]
fn some_order_explains_every_answer_of_a_family_with_slots() {
    explain([WIDE_SLOTS, SLOTS], 5_000);
}

/// The search says no where it must: a child and its parent's last request are not both admitted.
#[test]
fn a_wrong_answer_of_a_family_is_not_explained() {
    let (_, state) = family([WIDE, WINDOWS]);
    let ask = |thread: usize, who: usize, requests: u64| {
        (
            who,
            Op::Acquire {
                permit: (thread, 0),
                cost: [requests, 0],
            },
        )
    };
    let at = |op, answer, began| Call {
        op,
        answer,
        began,
        ended: began + 9,
    };
    let calls = |last| {
        [
            at(ask(0, 1, 3), Answer::Admitted, 0),
            at(ask(1, 2, 3), Answer::Admitted, 1),
            at(ask(2, 0, 4), last, 2),
        ]
    };
    // Eleven, of which two were spent before: three requests are left for the parent's own.
    assert!(!is_linearizable(&state, &calls(Answer::Admitted)));
    let mut right = state.clone();
    right.apply(&ask(0, 1, 3));
    right.apply(&ask(1, 2, 3));
    let denied = right.apply(&ask(2, 0, 4));
    assert!(is_linearizable(&state, &calls(denied)));
}
