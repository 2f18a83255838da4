//! Random histories of windows: no window of rows ever holds more than the capacity, but for debts.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tollgate::cluster::Shape;

use super::nodes::{Config, Fleet, Step, everyday};

const HALVES: Config = Config {
    shape: Shape::Sliding {
        step: 500_000,
        rows: 5,
    },
    capacity: 100,
};
const THIRDS: Config = Config {
    shape: Shape::Sliding {
        step: 333_333,
        rows: 4,
    },
    capacity: 120,
};

fn fleet_after(configs: &[Config], steps: &[Step]) -> Fleet {
    let mut fleet = Fleet::new(configs);
    for step in steps {
        fleet.step(step);
    }
    fleet
}

/// Runs histories, and says how much happened in them.
fn run(configs: &[Config], cases: u32, steps: impl Strategy<Value = Step>) -> (usize, usize) {
    let mut runner = TestRunner::new(ProptestConfig::with_cases(cases));
    let totals = std::cell::Cell::new((0, 0));
    let histories = prop::collection::vec(steps, 1..80);
    let result = runner.run(&histories, |steps| {
        let record = fleet_after(configs, &steps).record;
        let (grants, changes) = totals.get();
        totals.set((grants + record.grants, changes + record.changes));
        Ok(())
    });
    result.unwrap();
    totals.get()
}

#[test]
fn no_window_is_exceeded_by_calls_that_are_lost_repeated_and_overtaken() {
    let (grants, _) = run(&[HALVES], 3000, everyday());
    assert!(grants > 3000, "{grants}");
}

#[test]
fn no_window_is_exceeded_but_by_debts() {
    let debts = (0..4_usize, 1..30_u64).prop_map(|(node, amount)| Step::Debt(node, amount));
    let (grants, _) = run(&[HALVES], 2000, prop_oneof![8 => everyday(), 1 => debts]);
    assert!(grants > 2000, "{grants}");
}

#[test]
fn no_window_is_exceeded_by_a_store_that_forgets() {
    let steps = prop_oneof![
        20 => everyday(),
        2 => Just(Step::Copy),
        1 => (any::<bool>(), 0..4_usize)
            .prop_map(|(replica, first)| Step::Lose { replica, first }),
    ];
    let (grants, _) = run(&[HALVES], 3000, steps);
    assert!(grants > 3000, "{grants}");
}

#[test]
fn no_window_is_exceeded_when_configs_change() {
    let higher = Config {
        capacity: 150,
        ..HALVES
    };
    let configs = [HALVES, higher, THIRDS, HALVES];
    let steps = prop_oneof![
        15 => everyday(),
        1 => (0..4_usize).prop_map(Step::Upgrade),
    ];
    let (grants, changes) = run(&configs, 3000, steps);
    assert!(grants > 3000 && changes > 500, "{grants}, {changes}");
}
