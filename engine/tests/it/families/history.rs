//! What can happen to a tree of tenants.

use proptest::prelude::*;
use proptest::sample::Index;

use super::twin::{About, Term, terms};
use crate::world::{SECOND, Shape, shape};

/// Who is whose parent: a root, two children, a grandchild and its child.
pub(super) const PARENTS: [Option<usize>; 5] = [None, Some(0), Some(0), Some(1), Some(3)];
/// Who is given up for a new one now and then: tenants without children.
const LEAVES: [usize; 2] = [2, 4];

/// One thing that happens to a tree; the number is the tenant's.
#[derive(Debug, Clone)]
pub(super) enum Op {
    Ask(usize, About, [u64; 3]),
    Wait(u64),
    ToEdge(usize, Index, u64, i64),
    ToRetry {
        before: bool,
    },
    Settle(Index, u64),
    Drop(Index),
    FreeSlots,
    Back(u64),
    Look(usize),
    Resize(usize, Index, u64),
    Reshape(usize, Index, Shape),
    /// Denies from now on, or only watches.
    Toggle(usize),
    Replace(usize, Vec<Term>),
    Suspend(usize, bool),
    Reset(usize),
    /// A new tenant takes the place of a leaf.
    Reborn(usize),
}

pub(super) fn op() -> impl Strategy<Value = Op> {
    let node = || 0..PARENTS.len();
    let about = prop_oneof![3 => Just(About::Nothing), 1 => Just(About::Gpt4)];
    let amount = || prop_oneof![2 => Just(0_u64), 6 => 1_u64..6, 2 => 1_u64..30, 1 => 1_u64..900];
    let bytes = prop_oneof![3 => Just(0), 1 => amount()];
    let ask = (node(), about, amount(), amount(), bytes);
    let wait = prop_oneof![
        1_u64..2_000,
        1_u64..2_000_000,
        1_u64..100_000_000,
        Just(61 * SECOND)
    ];
    let rows = prop_oneof![4 => 0_u64..3, 1 => 0_u64..130];
    let percent = prop_oneof![Just(0_u64), 0_u64..100, Just(100), 100_u64..400];
    let capacity = prop_oneof![1_u64..24, 1_u64..1_000];
    let limit = any::<Index>;
    prop_oneof![
        30 => ask.prop_map(|(node, about, r, t, b)| Op::Ask(node, about, [r, t, b])),
        2 => wait.prop_map(Op::Wait),
        6 => (node(), limit(), rows, -1_i64..=1).prop_map(|(n, l, r, o)| Op::ToEdge(n, l, r, o)),
        3 => any::<bool>().prop_map(|before| Op::ToRetry { before }),
        5 => (limit(), percent).prop_map(|(permit, percent)| Op::Settle(permit, percent)),
        2 => limit().prop_map(Op::Drop),
        1 => Just(Op::FreeSlots),
        1 => (1_u64..50_000_000).prop_map(Op::Back),
        3 => node().prop_map(Op::Look),
        2 => (node(), limit(), capacity).prop_map(|(n, l, c)| Op::Resize(n, l, c)),
        1 => (node(), limit(), shape()).prop_map(|(n, l, s)| Op::Reshape(n, l, s)),
        1 => node().prop_map(Op::Toggle),
        1 => (node(), terms()).prop_map(|(n, t)| Op::Replace(n, t)),
        2 => (node(), prop_oneof![1 => Just(true), 3 => Just(false)]).prop_map(|(n, s)| Op::Suspend(n, s)),
        1 => node().prop_map(Op::Reset),
        1 => (0..LEAVES.len()).prop_map(|leaf| Op::Reborn(LEAVES[leaf])),
    ]
}
