//! P2: a request is charged to all of its limits or to none, and a denied one has changed nothing.

use proptest::prelude::*;
use tollgate::{Cost, Decision, Denial, Dimension, LimitConfig, ManualClock};

use crate::drive::{Drive, Witness};
use crate::world::{Op, Rule, cost_of, history, rules, secs, tenant};

/// What a tenant answered, step by step.
#[derive(Debug, Default, PartialEq)]
struct Answers(Vec<String>);

impl Witness for Answers {
    fn admitted(&mut self, permit: usize, at: u64, cost: &Cost) {
        self.0.push(format!("{at} {permit} {cost}"));
    }

    fn denied(&mut self, at: u64, denial: &Denial<'_>) {
        self.0.push(format!(
            "{at} {:?} {:?}",
            denial.reason(),
            denial.retry_at()
        ));
    }

    fn looked(&mut self, at: u64, usage: &tollgate::Usage) {
        let levels: Vec<_> = usage
            .iter()
            .map(|level| (level.used, level.remaining))
            .collect();
        self.0.push(format!("{at} {levels:?}"));
    }
}

/// Asks for more than fits, which must be denied; says whether it was.
fn ask_in_vain(drive: &Drive, requests: u64, tokens: u64) {
    let tenant = &drive.tenant;
    let levels = || -> Vec<_> {
        let usage = tenant.usage();
        usage
            .iter()
            .map(|level| (level.used, level.remaining, level.next_in, level.full_in))
            .collect()
    };
    let before = levels();
    let left = |dimension: &Dimension| tenant.usage().remaining(dimension);
    // One more than is left of a dimension that is limited, beside a little of the others.
    let cost = match (left(&Dimension::Requests), left(&Dimension::Tokens)) {
        (Some(left), _) => cost_of(left + 1 + requests, tokens, 0),
        (None, Some(left)) => cost_of(requests, left + 1 + tokens, 0),
        (None, None) => return,
    };
    match tenant.try_acquire(&cost) {
        Decision::Admitted(permit) => panic!("{permit:?} of {before:?}"),
        Decision::Denied(denial) => assert!(!denial.to_string().is_empty()),
    }
    assert_eq!(levels(), before, "{cost}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 800, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_tenant_that_was_denied_answers_as_one_that_never_asked(
        rules in rules(),
        ops in history(50, true),
        vain in prop::collection::vec((any::<bool>(), 0_u64..9, 0_u64..9), 50),
    ) {
        let (mut asked, mut calm) = (Answers::default(), Answers::default());
        {
            let mut drive = Drive::new(&rules, ManualClock::new());
            for (op, (ask, requests, tokens)) in ops.iter().zip(&vain) {
                drive.step(op, &mut asked);
                if *ask {
                    ask_in_vain(&drive, *requests, *tokens);
                }
            }
            drive.step(&Op::Look, &mut asked);
        }
        let mut drive = Drive::new(&rules, ManualClock::new());
        for op in ops.iter().take(vain.len()) {
            drive.step(op, &mut calm);
        }
        drive.step(&Op::Look, &mut calm);
        // What a bucket gives back is a bound that looking tightens; without refunds it is exact.
        let bucket = |rule: &Rule| matches!(rule.shape, crate::world::Shape::Bucket { .. });
        let refunds = |op: &Op| matches!(op, Op::Refund(_) | Op::Settle { .. });
        if !(rules.iter().any(bucket) && ops.iter().any(refunds)) {
            prop_assert_eq!(asked, calm);
        }
    }
}

#[test]
fn the_limit_that_has_room_is_not_charged_for_the_one_that_has_not() {
    for algorithm in ["sliding", "bucket", "calendar", "slots"] {
        let tight = match algorithm {
            "sliding" => LimitConfig::sliding("tight", Dimension::Tokens, 10, secs(60)),
            "bucket" => LimitConfig::bucket("tight", Dimension::Tokens, 10, secs(60), 10),
            "calendar" => {
                LimitConfig::calendar("tight", Dimension::Tokens, 10, tollgate::Period::Hour)
            }
            _ => LimitConfig::concurrency("tight", Dimension::Tokens, 10),
        };
        let wide = LimitConfig::sliding("wide", Dimension::Requests, 1_000, secs(60));
        let (tenant, _clock) = tenant([wide, tight]);
        let held = tenant.try_acquire(&cost_of(1, 8, 0)).into_result().unwrap();
        for tokens in [3, 11] {
            for _ in 0..5 {
                assert!(tenant.try_acquire(&cost_of(100, tokens, 0)).is_denied());
            }
        }
        let usage = tenant.usage();
        assert_eq!(usage.get("wide").unwrap().used, 1, "{algorithm}");
        assert_eq!(usage.get("tight").unwrap().used, 8, "{algorithm}");
        assert!(tenant.try_acquire(&cost_of(999, 2, 0)).is_admitted());
        drop(held);
    }
}
