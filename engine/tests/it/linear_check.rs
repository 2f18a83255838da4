//! Is there an order of these calls that explains every answer? The search of Wing and Gong, with a memory.

use std::collections::HashSet;
use std::hash::Hash;

/// A call that was made, with what it answered. The numbers are of one clock that all threads share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Call<O, A> {
    pub(crate) op: O,
    pub(crate) answer: A,
    pub(crate) began: u64,
    pub(crate) ended: u64,
}

/// A sequential machine that says what each operation must answer.
pub(crate) trait Spec: Clone + Eq + Hash {
    type Op;
    type Answer: PartialEq;

    fn apply(&mut self, op: &Self::Op) -> Self::Answer;
}

/// Whether the calls, of which at most 64 are looked at, took effect in some order that `spec` explains: each
/// between its beginning and its end.
///
/// # Complexity
/// Exponential in the number of calls that overlap; the memory cuts off what was tried before.
pub(crate) fn is_linearizable<S: Spec>(spec: &S, calls: &[Call<S::Op, S::Answer>]) -> bool {
    assert!(calls.len() <= 64, "a bit each");
    search(spec, calls, 0, &mut HashSet::new())
}

fn search<S: Spec>(
    spec: &S,
    calls: &[Call<S::Op, S::Answer>],
    done: u64,
    failed: &mut HashSet<(u64, S)>,
) -> bool {
    let left = || (0..calls.len()).filter(move |at| done >> at & 1 == 0);
    // Whatever ended first must not be overtaken by a call that began later.
    let Some(first_end) = left().map(|at| calls[at].ended).min() else {
        return true;
    };
    if !failed.insert((done, spec.clone())) {
        return false;
    }
    left().filter(|&at| calls[at].began < first_end).any(|at| {
        let mut next = spec.clone();
        next.apply(&calls[at].op) == calls[at].answer
            && search(&next, calls, done | 1 << at, failed)
    })
}

/// How many pairs of calls were under way at the same time.
pub(crate) fn overlaps<O, A>(calls: &[Call<O, A>]) -> usize {
    let both = |a: &Call<O, A>, b: &Call<O, A>| a.began < b.ended && b.began < a.ended;
    let with_later = |at: usize| calls[at + 1..].iter().filter(move |b| both(&calls[at], b));
    (0..calls.len()).map(|at| with_later(at).count()).sum()
}

/// A register that can be written and read: what the search itself is tested with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Register(u64);

#[derive(Debug, Clone, Copy)]
enum Access {
    Write(u64),
    Read,
}

impl Spec for Register {
    type Op = Access;
    type Answer = u64;

    fn apply(&mut self, op: &Access) -> u64 {
        if let Access::Write(value) = *op {
            self.0 = value;
        }
        self.0
    }
}

fn call(op: Access, answer: u64, began: u64, ended: u64) -> Call<Access, u64> {
    Call {
        op,
        answer,
        began,
        ended,
    }
}

#[test]
fn calls_that_overlap_may_take_effect_in_either_order() {
    for read in [0, 1] {
        let calls = [
            call(Access::Write(1), 1, 0, 3),
            call(Access::Read, read, 1, 2),
        ];
        assert!(is_linearizable(&Register(0), &calls), "{read}");
        assert_eq!(overlaps(&calls), 1);
    }
}

#[test]
fn a_call_that_ended_is_not_overtaken() {
    let calls = [call(Access::Write(1), 1, 0, 1), call(Access::Read, 0, 2, 3)];
    assert!(!is_linearizable(&Register(0), &calls));
    assert_eq!(overlaps(&calls), 0);
}

#[test]
fn what_was_seen_is_not_unseen() {
    // The new value, then the old one, both while the write is under way.
    let calls = [
        call(Access::Write(1), 1, 0, 9),
        call(Access::Read, 1, 1, 2),
        call(Access::Read, 0, 3, 4),
    ];
    assert!(!is_linearizable(&Register(0), &calls));
}
