//! The engine decides as an obviously right twin does, at every step of any history.

use proptest::prelude::*;
use tollgate::{Cost, Dimension, LimitConfig, ManualClock, Timestamp};

use crate::drive::Drive;
use crate::twins::Twins;
use crate::world::{Op, bytes, history, rules, secs, tenant};

fn same(rules: &[crate::world::Rule], ops: &[Op], clock: ManualClock, look_always: bool) {
    let mut twins = Twins::new(rules, clock.now().as_nanos());
    let mut drive = Drive::new(rules, clock);
    for op in ops {
        drive.step(op, &mut twins);
        if look_always {
            drive.step(&Op::Look, &mut twins);
        }
    }
    drive.step(&Op::Look, &mut twins);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_decides_as_its_twin(rules in rules(), ops in history(60, false)) {
        same(&rules, &ops, ManualClock::new(), false);
    }

    #[test]
    fn the_engine_shows_what_its_twin_shows_after_every_step(rules in rules(), ops in history(40, true)) {
        same(&rules, &ops, ManualClock::new(), true);
    }

    #[test]
    fn the_engine_decides_as_its_twin_near_the_beginning_of_time(
        rules in rules(),
        ops in history(40, false),
        start in 0_u64..5_000_000,
    ) {
        same(&rules, &ops, ManualClock::at(Timestamp::from_nanos(start)), false);
    }
}

/// Found by the audit of the first version: what was shown of a named dimension stood still.
#[test]
fn usage_of_a_named_dimension_moves_on_with_time() {
    for other in [
        None,
        Some(LimitConfig::sliding(
            "r",
            Dimension::Requests,
            10,
            secs(3_600),
        )),
    ] {
        let named = LimitConfig::sliding("b", bytes(), 10, secs(1));
        let (tenant, clock) = tenant([named].into_iter().chain(other));
        assert!(
            tenant
                .try_acquire(&Cost::none().and(bytes(), 10))
                .is_admitted()
        );
        assert_eq!(tenant.usage().remaining(&bytes()), Some(0));
        clock.advance(secs(10));
        assert_eq!(tenant.usage().remaining(&bytes()), Some(10));
    }
}

/// The histories are worth something: they meet denials.
#[test]
fn histories_meet_denials() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut denials = 0;
    for _ in 0..200 {
        let rules = rules().new_tree(&mut runner).unwrap().current();
        let ops = history(60, false).new_tree(&mut runner).unwrap().current();
        let clock = ManualClock::new();
        let mut twins = Twins::new(&rules, clock.now().as_nanos());
        let mut drive = Drive::new(&rules, clock);
        drive.run(&ops, &mut twins);
        denials += twins.denials;
    }
    assert!(denials > 500, "{denials}");
}
