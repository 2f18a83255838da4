//! What `explain` says is what a decision then says, and it changes nothing.

use proptest::prelude::*;
use tollgate::{
    Clock, Cost, Denial, DenialReason, Dimension, LimitConfig, ManualClock, MatchConfig, Scope,
    Status, Tenant, TenantConfig, Timestamp,
};

use crate::drive::{Drive, Witness};
use crate::world::{Op, Rule, config, cost_of, history, id, rules, secs};

const EVERYTHING: Scope<'static> = Scope {
    model: None,
    tool: None,
    route: None,
};

/// A denial, so far as it can be told.
type Told = (DenialReason, Option<Timestamp>, Option<String>);

fn told(denial: &Denial<'_>) -> Told {
    let name = denial.binding_name().map(|name| name.to_string());
    (denial.reason(), denial.retry_at(), name)
}

/// Everything that was answered, one after the other.
#[derive(Debug, Default, PartialEq)]
struct Answers(Vec<Result<usize, Told>>);

impl Witness for Answers {
    fn admitted(&mut self, permit: usize, _at: u64, _cost: &Cost) {
        self.0.push(Ok(permit));
    }

    fn denied(&mut self, _at: u64, denial: &Denial<'_>) {
        self.0.push(Err(told(denial)));
    }
}

/// Asks before each acquisition, and holds what was said against what is then decided.
fn explained_then_run(drive: &mut Drive, ops: &[Op]) -> Answers {
    let mut answers = Answers::default();
    for op in ops {
        let &Op::Acquire {
            requests,
            tokens,
            bytes,
        } = op
        else {
            drive.step(op, &mut answers);
            continue;
        };
        let cost = cost_of(requests, tokens, bytes);
        let explained = drive.tenant.explain(&EVERYTHING, &cost);
        let all_fit = explained.limits.iter().all(|answer| answer.fits);
        assert_eq!(explained.is_admitted(), all_fit, "{explained:?}");
        drive.step(op, &mut answers);
        let said = explained.denial.as_ref().map(told);
        let decided = answers.0.last().unwrap().as_ref().err().cloned();
        assert_eq!(said, decided, "{cost}: {explained:?}");
    }
    answers
}

proptest! {
    #[test]
    fn what_is_explained_is_what_is_decided_and_explaining_changes_nothing(
        rules in rules(), ops in history(60, false),
    ) {
        let mut asked = Drive::new(&rules, ManualClock::new());
        let mut unasked = Drive::new(&rules, ManualClock::new());
        let with = explained_then_run(&mut asked, &ops);
        let mut without = Answers::default();
        unasked.run(&ops, &mut without);
        prop_assert_eq!(with, without);
    }

    #[test]
    fn so_it_is_below_a_parent_whose_other_child_spends_too(
        rules in rules(), above in rules(), ops in history(40, false), spent in prop::collection::vec(0_u64..6, 40),
    ) {
        let clock = ManualClock::new();
        let limits = |rules: &[Rule]| config(rules.iter().map(Rule::config));
        let parent = Tenant::new(&limits(&above), Clock::manual(&clock)).unwrap();
        let sibling = TenantConfig::new(id("sibling")).parent(id("acme"));
        let sibling = Tenant::under(&parent, &sibling).unwrap();
        let mut below = limits(&rules).parent(id("acme"));
        below.tenant_id = id("child");
        // A limit may be above its parent's: then this family can't be.
        let Ok(child) = Tenant::under(&parent, &below) else { return Ok(()) };
        let mut drive = Drive::of(child, &rules, clock);
        for (op, spent) in ops.iter().zip(spent) {
            drop(sibling.try_acquire(&Cost::requests(spent).and_tokens(spent)));
            explained_then_run(&mut drive, std::slice::from_ref(op));
        }
    }
}

#[test]
fn each_limit_says_for_itself_whether_it_applies_and_fits() {
    let mut gpt = MatchConfig::default();
    gpt.models = vec!["gpt-4*".into()];
    let top = TenantConfig::new(id("top"))
        .limit(LimitConfig::sliding("gpt", Dimension::Tokens, 40, secs(60)).only_for(gpt))
        .limit(LimitConfig::sliding("dark", Dimension::Tokens, 5, secs(60)).shadow())
        .limit(LimitConfig::concurrency("slots", Dimension::Requests, 1));
    let top = Tenant::new(&top, Clock::manual(&ManualClock::new())).unwrap();
    let child = TenantConfig::new(id("child"))
        .parent(id("top"))
        .tokens_per_minute(100);
    let child = Tenant::under(&top, &child).unwrap();
    let gpt = Scope {
        model: Some("gpt-4o"),
        ..EVERYTHING
    };
    let cost = Cost::request().and_tokens(30);
    let held = child.try_acquire_in(&gpt, &cost).into_result().unwrap();

    let answer = child.explain(&gpt, &cost);
    let said = answer.limits.iter().map(|answer| {
        let (owner, name) = (answer.tenant.id().as_str(), answer.limit.name());
        (
            owner,
            name,
            answer.applies,
            answer.used,
            answer.remaining,
            answer.fits,
        )
    });
    let said: Vec<_> = said.collect();
    assert_eq!(
        said,
        [
            ("child", "tokens_per_minute", true, 30, 70, true),
            ("top", "gpt", true, 30, 10, false),
            ("top", "dark", true, 0, 5, false),
            ("top", "slots", true, 1, 0, false),
        ]
    );
    let denial = answer.denial.unwrap();
    assert_eq!(denial.reason(), DenialReason::InUse);
    assert_eq!(
        denial.not_before(),
        Some(secs(62)),
        "until the tokens of `gpt` are back"
    );

    drop(held.refund());
    let answer = child.explain(&EVERYTHING, &cost);
    assert!(answer.is_admitted(), "{answer:?}");
    assert!(!answer.limits[1].applies && answer.limits[1].cost == 0);
    assert!(!answer.limits[2].fits, "a shadow says so too");
}

#[test]
fn of_a_suspended_tenant_the_limits_are_told_all_the_same() {
    let mut config = TenantConfig::new(id("acme")).requests_per_minute(10);
    config.status = Status::Suspended;
    let acme = Tenant::new(&config, Clock::manual(&ManualClock::new())).unwrap();
    let answer = acme.explain(&EVERYTHING, &Cost::request());
    assert_eq!(answer.denial.unwrap().reason(), DenialReason::Suspended);
    assert!(answer.limits[0].fits);
}
