//! P5, at random: whatever is swapped, settled and refunded, no limit is ever exceeded by what is known.

use proptest::prelude::*;
use proptest::sample::Index;
use tollgate::{Clock, Cost, Dimension, ManualClock, Permit, Tenant};

use crate::audit::Audit;
use crate::drive::Witness;
use crate::world::{Rule, SECOND, Shape, config, nanos};

#[derive(Debug, Clone)]
enum Op {
    Take(u64),
    Wait(u64),
    Refund(Index),
    Swap { shape: Index, capacity: u64 },
}

const SHAPES: [Shape; 10] = [
    Shape::Sliding {
        window: 60 * SECOND,
        parts: 6,
    },
    Shape::Sliding {
        window: 60 * SECOND,
        parts: 7,
    },
    Shape::Sliding {
        window: SECOND,
        parts: 10,
    },
    Shape::Sliding {
        window: 600 * SECOND,
        parts: 3,
    },
    Shape::Minute,
    Shape::Hour,
    Shape::Bucket {
        window: 60 * SECOND,
        burst: 10,
    },
    Shape::Bucket {
        window: 60 * SECOND,
        burst: 30,
    },
    Shape::Bucket {
        window: SECOND,
        burst: 20,
    },
    Shape::Bucket {
        window: 7 * SECOND + 1,
        burst: 25,
    },
];
/// Of those, the ones that know what they were charged; a bucket that is full has forgotten.
const REMEMBERING: usize = 6;

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let wait = prop_oneof![
        Just(0_u64),
        1_u64..SECOND,
        1_u64..20 * SECOND,
        Just(60 * SECOND),
        1_u64..700 * SECOND,
    ];
    let swap = (any::<Index>(), 1_u64..40);
    let op = prop_oneof![
        6 => (1_u64..12).prop_map(Op::Take),
        3 => wait.prop_map(Op::Wait),
        3 => any::<Index>().prop_map(Op::Refund),
        2 => swap.prop_map(|(shape, capacity)| Op::Swap { shape, capacity }),
    ];
    prop::collection::vec(op, 1..60)
}

fn rule(capacity: u64, shape: Shape) -> Rule {
    Rule {
        name: "l".to_owned(),
        dimension: Dimension::Requests,
        capacity,
        shape,
    }
}

/// One admission of the whole history.
#[derive(Debug, Clone, Copy)]
struct Entry {
    at: u64,
    net: u64,
    known: bool,
}

/// Whether a limit of this shape still knows, at `now`, of what it was charged at `at`.
fn knows(shape: Shape, at: u64, now: u64) -> bool {
    match shape {
        Shape::Sliding { window, .. } => at + window > now,
        Shape::Minute => at / (60 * SECOND) == now / (60 * SECOND),
        Shape::Hour => at / (3_600 * SECOND) == now / (3_600 * SECOND),
        Shape::Bucket { .. } | Shape::Slots => false,
    }
}

/// Runs the history; at each admission everything that is known must fit the limit in force.
fn run(shapes: &[Shape], ops: &[Op]) {
    let clock = ManualClock::new();
    let mut rule_now = rule(20, shapes[0]);
    let tenant = Tenant::new(&config([rule_now.config()]), Clock::manual(&clock)).unwrap();
    let mut entries: Vec<Entry> = Vec::new();
    let mut permits: Vec<(usize, Permit<'static>)> = Vec::new();
    for op in ops {
        let now = clock.now().as_nanos();
        match op {
            Op::Wait(by) => clock.advance(nanos(*by)),
            Op::Take(amount) => {
                let decision = tenant.try_acquire(&Cost::requests(*amount)).into_owned();
                if let Ok(permit) = decision.into_result() {
                    permits.push((entries.len(), permit));
                    entries.push(Entry {
                        at: now,
                        net: *amount,
                        known: true,
                    });
                    check(&rule_now, &entries);
                }
            }
            Op::Refund(index) => {
                if !permits.is_empty() {
                    let (entry, permit) = permits.swap_remove(index.index(permits.len()));
                    drop(permit.refund());
                    entries[entry].net = 0;
                }
            }
            Op::Swap { shape, capacity } => {
                for entry in &mut entries {
                    entry.known &= knows(rule_now.shape, entry.at, now);
                }
                rule_now = rule(*capacity, *shape.get(shapes));
                tenant.reconfigure(&config([rule_now.config()])).unwrap();
            }
        }
    }
}

/// Replays what is known through an audit of the limit in force; only the latest admission is judged,
/// since those before it were judged by the limit of their own time.
fn check(rule: &Rule, entries: &[Entry]) {
    let (latest, before) = entries.split_last().unwrap();
    let mut audit = Audit::new(std::slice::from_ref(rule));
    for entry in before.iter().filter(|entry| entry.known) {
        audit.note(entry.at, entry.net);
    }
    audit.admitted(usize::MAX, latest.at, &Cost::requests(latest.net));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_a_window_knows_is_kept_through_any_swaps(ops in ops()) {
        run(&SHAPES[..REMEMBERING], &ops);
    }

    #[test]
    fn whatever_the_shapes_what_was_admitted_since_the_swap_fits(ops in ops()) {
        run(&SHAPES, &ops);
    }

    #[test]
    fn a_bucket_that_changes_its_size_and_rate_gifts_nothing(ops in ops()) {
        run(&SHAPES[REMEMBERING..], &ops);
    }
}
