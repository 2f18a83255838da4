//! P3: denied until exactly the stated instant, and admitted at it.

use proptest::prelude::*;
use tollgate::{
    Cost, DenialReason, Dimension, LimitConfig, ManualClock, Period, Tenant, Timestamp,
};

use crate::drive::{Drive, Witness};
use crate::world::{Op, bytes, cost_of, history, nanos, rules, secs, tenant};

fn retry_at(tenant: &Tenant, cost: &Cost) -> Timestamp {
    let denial = tenant.try_acquire(cost).into_result().unwrap_err();
    assert_eq!(denial.reason(), DenialReason::Quota, "{denial}");
    denial.retry_at().unwrap()
}

/// Denied the nanosecond before, each time with the same answer, and admitted at the instant.
fn holds(tenant: &Tenant, clock: &ManualClock, cost: &Cost) {
    let at = retry_at(tenant, cost);
    assert!(at > clock.now(), "a retry that is due is no denial");
    for _ in 0..2 {
        assert_eq!(retry_at(tenant, cost), at, "the answer stands");
    }
    let denial = tenant.try_acquire(cost).into_result().unwrap_err();
    assert_eq!(denial.retry_after(), Some(at.since(clock.now())));
    clock.set(at.saturating_sub(nanos(1)));
    assert_eq!(retry_at(tenant, cost), at);
    clock.set(at);
    assert!(tenant.try_acquire(cost).is_admitted(), "{cost} at {at:?}");
}

/// Nobody's account: a history only makes the state random.
struct Nobody;
impl Witness for Nobody {}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn after_any_history_a_denial_holds_until_its_instant_and_no_longer(
        rules in rules(),
        ops in history(40, false),
        requests in 0_u64..40,
        tokens in 0_u64..40,
        named in 0_u64..20,
        others in prop::collection::vec((0_u64..12, 0_u64..12), 0..3),
    ) {
        let mut drive = Drive::new(&rules, ManualClock::new());
        drive.run(&ops, &mut Nobody);
        let cost = cost_of(requests, tokens, named);
        // Denials of other costs in between: what is remembered of one must not answer for another.
        for (requests, tokens) in others {
            let other = Op::Acquire { requests, tokens, bytes: 0 };
            drive.step(&other, &mut Nobody);
            let denied = drive.tenant.try_acquire(&cost).into_result().err();
            if denied.is_none_or(|denial| denial.reason() != DenialReason::Quota) {
                return Ok(());
            }
        }
        let denied = drive.tenant.try_acquire(&cost).into_result().err();
        if denied.is_some_and(|denial| denial.reason() == DenialReason::Quota) {
            holds(&drive.tenant, &drive.clock, &cost);
        }
    }
}

#[test]
fn the_latest_of_several_limits_decides() {
    let limits = [
        LimitConfig::sliding("second", Dimension::Requests, 5, secs(1)).sub_windows(10),
        LimitConfig::calendar("minute", Dimension::Requests, 5, Period::Minute),
        LimitConfig::bucket("bucket", Dimension::Tokens, 60, secs(60), 10),
    ];
    let (tenant, clock) = tenant(limits);
    assert!(tenant.try_acquire(&cost_of(5, 10, 0)).is_admitted());
    let denial = tenant
        .try_acquire(&cost_of(1, 10, 0))
        .into_result()
        .unwrap_err();
    assert_eq!(denial.binding_name().as_deref(), Some("minute"));
    let denial = tenant
        .try_acquire(&Cost::tokens(10))
        .into_result()
        .unwrap_err();
    assert_eq!(denial.binding_name().as_deref(), Some("bucket"));
    holds(&tenant, &clock, &cost_of(1, 10, 0));
}

#[test]
fn what_can_never_be_admitted_has_no_instant_and_says_so() {
    let limits = [
        LimitConfig::sliding("sliding", Dimension::Requests, 100, secs(1)),
        LimitConfig::bucket("bucket", Dimension::Tokens, 600, secs(60), 20),
        LimitConfig::concurrency("slots", bytes(), 8),
    ];
    let (tenant, _clock) = tenant(limits);
    assert!(tenant.try_acquire(&cost_of(100, 20, 0)).is_admitted());
    for (cost, name) in [
        (cost_of(101, 1, 0), "sliding"),
        (cost_of(1, 21, 1), "bucket"),
        (cost_of(1, 0, 9), "slots"),
    ] {
        for _ in 0..2 {
            let denial = tenant.try_acquire(&cost).into_result().unwrap_err();
            assert_eq!(denial.reason(), DenialReason::Never, "{cost}");
            assert_eq!((denial.retry_at(), denial.retry_after()), (None, None));
            assert_eq!(denial.binding_name().as_deref(), Some(name));
        }
    }
}

#[test]
fn slots_have_no_instant_and_outlast_every_instant() {
    let limits = [
        LimitConfig::sliding("sliding", Dimension::Requests, 1, secs(1)),
        LimitConfig::concurrency("slots", Dimension::Requests, 1),
    ];
    let (tenant, clock) = tenant(limits);
    let held = tenant.try_acquire(&Cost::request()).into_result().unwrap();
    let denial = tenant
        .try_acquire(&Cost::request())
        .into_result()
        .unwrap_err();
    assert_eq!(
        (denial.reason(), denial.retry_at()),
        (DenialReason::InUse, None)
    );
    assert_eq!(denial.binding_name().as_deref(), Some("slots"));
    drop(held);
    holds(&tenant, &clock, &Cost::request());
}

#[test]
fn debt_moves_the_instant_and_the_answer_is_exact_again() {
    let limits = [
        LimitConfig::sliding("sliding", Dimension::Requests, 10, secs(10)).sub_windows(5),
        LimitConfig::bucket("bucket", Dimension::Requests, 10, secs(10), 10),
    ];
    let (tenant, clock) = tenant(limits);
    let permit = tenant
        .try_acquire(&Cost::requests(10))
        .into_result()
        .unwrap();
    let before = retry_at(&tenant, &Cost::requests(2));
    drop(permit.settle(&Cost::requests(35)));
    let after = retry_at(&tenant, &Cost::requests(2));
    assert!(after > before);
    holds(&tenant, &clock, &Cost::requests(2));
}

#[test]
fn a_refund_makes_a_remembered_denial_void_at_once() {
    for shape in ["sliding", "bucket"] {
        let limit = match shape {
            "sliding" => LimitConfig::sliding("l", Dimension::Requests, 10, secs(10)),
            _ => LimitConfig::bucket("l", Dimension::Requests, 10, secs(10), 10),
        };
        let (tenant, clock) = tenant([limit]);
        let permit = tenant
            .try_acquire(&Cost::requests(6))
            .into_result()
            .unwrap();
        let kept = tenant
            .try_acquire(&Cost::requests(4))
            .into_result()
            .unwrap();
        for _ in 0..3 {
            let _at = retry_at(&tenant, &Cost::requests(5));
        }
        drop(permit.refund());
        assert!(
            tenant.try_acquire(&Cost::requests(5)).is_admitted(),
            "{shape}"
        );
        holds(&tenant, &clock, &Cost::requests(5));
        drop(kept);
    }
}

#[test]
fn admissions_of_small_costs_between_denials_of_large_ones_move_the_instant() {
    let limit = LimitConfig::bucket("l", Dimension::Tokens, 100, secs(100), 10);
    let (tenant, clock) = tenant([limit]);
    assert!(tenant.try_acquire(&Cost::tokens(8)).is_admitted());
    let first = retry_at(&tenant, &Cost::tokens(9));
    assert_eq!(
        retry_at(&tenant, &Cost::tokens(7)).since(clock.now()),
        secs(5)
    );
    assert!(tenant.try_acquire(&Cost::tokens(1)).is_admitted());
    let second = retry_at(&tenant, &Cost::tokens(9));
    assert_eq!(second.since(first), secs(1), "one more token to wait for");
    assert_eq!(retry_at(&tenant, &Cost::tokens(9)), second);
    holds(&tenant, &clock, &Cost::tokens(9));
}

#[test]
fn who_waits_for_a_slot_and_for_a_window_is_told_the_window_s_time_too() {
    let slots = LimitConfig::concurrency("slots", Dimension::Requests, 1);
    let window = LimitConfig::sliding("window", Dimension::Requests, 1, secs(60)).sub_windows(1);
    let (tenant, _clock) = tenant([slots, window]);
    let permit = tenant.try_acquire(&Cost::request()).into_result().unwrap();
    let denial = tenant
        .try_acquire(&Cost::request())
        .into_result()
        .unwrap_err();
    assert_eq!(denial.reason(), DenialReason::InUse);
    assert_eq!(
        denial.retry_after(),
        None,
        "nobody knows when the slot is freed"
    );
    assert_eq!(denial.not_before(), Some(secs(120)));
    drop(permit);
    let denial = tenant
        .try_acquire(&Cost::request())
        .into_result()
        .unwrap_err();
    assert_eq!(
        (denial.retry_after(), denial.not_before()),
        (Some(secs(120)), Some(secs(120)))
    );
}
