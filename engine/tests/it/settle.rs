//! P4: settled once, in the sub-window that was charged; slots freed in any case.

use tollgate::{Cost, Dimension, LimitConfig, OnDrop, Permit, Tenant};

use crate::world::{bytes, cost_of, nanos, secs, tenant};

fn left(tenant: &Tenant, dimension: &Dimension) -> u64 {
    tenant.usage().remaining(dimension).unwrap()
}

fn take(tenant: &Tenant, cost: &Cost) -> Permit<'static> {
    tenant.try_acquire(cost).into_owned().into_result().unwrap()
}

#[test]
fn less_than_reserved_comes_back_and_more_becomes_debt() {
    let (tenant, _clock) = tenant([LimitConfig::sliding("s", Dimension::Tokens, 100, secs(60))]);
    drop(take(&tenant, &Cost::tokens(60)).settle(&Cost::tokens(10)));
    assert_eq!(left(&tenant, &Dimension::Tokens), 90);
    drop(take(&tenant, &Cost::tokens(10)).settle(&Cost::tokens(100)));
    let usage = tenant.usage();
    let level = usage.get("s").unwrap();
    assert_eq!((level.used, level.remaining), (110, 0));
    assert!(tenant.try_acquire(&Cost::tokens(1)).is_denied());
}

#[test]
fn debt_and_refunds_go_to_the_sub_window_that_was_charged() {
    const PARTS: u64 = 4;
    let row = secs(10);
    for settled_after in 0..=PARTS + 2 {
        for (actual, kept) in [(2_u64, 2_u64), (30, 30)] {
            let limit = LimitConfig::sliding("s", Dimension::Requests, 100, row * 4).sub_windows(4);
            let (tenant, clock) = tenant([limit]);
            let start = clock.now();
            let permit = take(&tenant, &Cost::requests(10));
            clock.advance(row * u32::try_from(settled_after).unwrap());
            drop(take(&tenant, &Cost::requests(5)));
            drop(permit.settle(&Cost::requests(actual)));
            let first = if settled_after <= PARTS { kept } else { 0 };
            assert_eq!(
                left(&tenant, &Dimension::Requests),
                95 - first,
                "{settled_after} {actual}"
            );
            // The first row leaves when it would have left anyway, whatever was settled since.
            clock.set(start.saturating_add(row * 5));
            let second = if settled_after == 0 { 0 } else { 5 };
            assert_eq!(
                left(&tenant, &Dimension::Requests),
                100 - second,
                "{settled_after} {actual}"
            );
        }
    }
}

#[test]
fn a_dimension_that_is_not_named_keeps_its_reservation() {
    let limits = [
        LimitConfig::sliding("r", Dimension::Requests, 10, secs(60)),
        LimitConfig::sliding("t", Dimension::Tokens, 100, secs(60)),
        LimitConfig::sliding("b", bytes(), 1_000, secs(60)),
    ];
    let (tenant, _clock) = tenant(limits);
    drop(take(&tenant, &cost_of(1, 50, 500)).settle(&Cost::tokens(20)));
    assert_eq!(left(&tenant, &Dimension::Requests), 9);
    assert_eq!(left(&tenant, &Dimension::Tokens), 80);
    assert_eq!(left(&tenant, &bytes()), 500);
    // What was not reserved and is settled is debt from the first unit.
    drop(take(&tenant, &Cost::request()).settle(&Cost::none().and(bytes(), 600)));
    assert_eq!(left(&tenant, &bytes()), 0);
    assert_eq!(tenant.usage().get("b").unwrap().used, 1_100);
}

#[test]
fn a_dropped_permit_does_what_its_holder_chose() {
    let limits = [
        LimitConfig::sliding("s", Dimension::Requests, 10, secs(60)),
        LimitConfig::concurrency("c", Dimension::Requests, 5),
    ];
    let (tenant, _clock) = tenant(limits);
    let remaining = |name: &str| tenant.usage().get(name).unwrap().remaining;
    drop(take(&tenant, &Cost::request()));
    assert_eq!((remaining("s"), remaining("c")), (9, 5), "kept by default");
    drop(take(&tenant, &Cost::request()).on_drop(OnDrop::Keep));
    assert_eq!((remaining("s"), remaining("c")), (8, 5));
    drop(take(&tenant, &Cost::request()).on_drop(OnDrop::Refund));
    assert_eq!((remaining("s"), remaining("c")), (8, 5), "refunded");
}

#[test]
fn the_rule_for_dropping_does_not_touch_a_permit_that_was_settled() {
    let (tenant, _clock) = tenant([LimitConfig::sliding("s", Dimension::Requests, 10, secs(60))]);
    let refunding = || take(&tenant, &Cost::requests(2)).on_drop(OnDrop::Refund);
    drop(refunding().keep());
    assert_eq!(left(&tenant, &Dimension::Requests), 8);
    drop(refunding().settle(&Cost::requests(1)));
    assert_eq!(left(&tenant, &Dimension::Requests), 7);
    drop(refunding().refund());
    assert_eq!(left(&tenant, &Dimension::Requests), 7);
    drop(refunding().keep().into_owned());
    assert_eq!(left(&tenant, &Dimension::Requests), 5);
}

#[test]
fn an_owned_permit_is_the_same_one_and_not_a_second() {
    let limits = [
        LimitConfig::sliding("s", Dimension::Requests, 10, secs(60)),
        LimitConfig::concurrency("c", Dimension::Requests, 5),
    ];
    let (tenant, _clock) = tenant(limits);
    let permit = tenant
        .try_acquire(&Cost::requests(2))
        .into_result()
        .unwrap();
    let permit = permit.on_drop(OnDrop::Refund).into_owned().into_owned();
    let level = |name: &str| tenant.usage().get(name).unwrap().used;
    assert_eq!((level("s"), level("c")), (2, 2));
    let thread = std::thread::spawn(move || drop(permit));
    thread.join().unwrap();
    assert_eq!((level("s"), level("c")), (0, 0));
}

#[test]
fn a_slot_is_held_until_what_is_left_of_the_permit_is_dropped() {
    let (tenant, clock) = tenant([LimitConfig::concurrency("c", Dimension::Requests, 2)]);
    let in_use = || tenant.usage().get("c").unwrap().used;
    let endings: [fn(Permit<'static>) -> Option<tollgate::Slot<'static>>; 5] = [
        |permit| Some(permit.settle(&Cost::requests(0))),
        |permit| Some(permit.settle(&Cost::requests(9))),
        |permit| Some(permit.keep().into_owned()),
        |permit| Some(permit.refund()),
        |permit| {
            drop(permit);
            None
        },
    ];
    for end in endings {
        let permit = take(&tenant, &Cost::requests(2));
        clock.advance(secs(3_600));
        assert_eq!(in_use(), 2);
        assert!(tenant.try_acquire(&Cost::request()).is_denied());
        if let Some(slot) = end(permit) {
            assert_eq!(in_use(), 2, "settling frees no slot");
            assert!(tenant.try_acquire(&Cost::request()).is_denied());
            drop(slot);
        }
        assert_eq!(in_use(), 0);
    }
}

#[test]
fn slots_of_a_named_dimension_are_freed_too() {
    let (tenant, _clock) = tenant([LimitConfig::concurrency("c", bytes(), 100)]);
    let permit = take(&tenant, &Cost::request().and(bytes(), 60));
    assert!(
        tenant
            .try_acquire(&Cost::none().and(bytes(), 50))
            .is_denied()
    );
    drop(permit);
    assert!(
        tenant
            .try_acquire(&Cost::none().and(bytes(), 100))
            .is_admitted()
    );
}

/// Found by the audit of the first version: what a full bucket has lost was given back.
#[test]
fn a_refund_gives_back_nothing_that_a_full_bucket_has_lost_since() {
    let (tenant, clock) = tenant([LimitConfig::bucket(
        "b",
        Dimension::Requests,
        600,
        secs(60),
        20,
    )]);
    drop(take(&tenant, &Cost::requests(5)));
    let permit = take(&tenant, &Cost::requests(5));
    clock.advance(secs(10));
    assert_eq!(left(&tenant, &Dimension::Requests), 20, "full again");
    drop(take(&tenant, &Cost::requests(20)));
    drop(permit.refund());
    assert_eq!(
        left(&tenant, &Dimension::Requests),
        0,
        "20 at once is all that a burst of 20 holds"
    );
}

/// As above, but nothing looks at the bucket while it is full.
#[test]
fn a_refund_gives_back_nothing_that_a_full_bucket_has_lost_unseen() {
    for waited in [1, 2, 3, 10] {
        let limit = LimitConfig::bucket("b", Dimension::Requests, 600, secs(60), 20);
        let (tenant, clock) = tenant([limit]);
        drop(take(&tenant, &Cost::requests(5)));
        let permit = take(&tenant, &Cost::requests(5));
        clock.advance(secs(waited));
        assert!(
            tenant.try_acquire(&Cost::requests(20)).is_admitted(),
            "full after one second"
        );
        drop(permit.refund());
        assert!(
            tenant.try_acquire(&Cost::requests(1)).is_denied(),
            "{waited}"
        );
    }
}

#[test]
fn a_refund_at_once_comes_back_whole_from_a_bucket() {
    for before in [0, 5] {
        let limit = LimitConfig::bucket("b", Dimension::Requests, 600, secs(60), 20);
        let (tenant, clock) = tenant([limit]);
        drop(take(&tenant, &Cost::requests(1 + before)));
        let permit = take(&tenant, &Cost::requests(4));
        clock.advance(nanos(1));
        drop(permit.refund());
        assert_eq!(left(&tenant, &Dimension::Requests), 19 - before, "{before}");
    }
}

/// Found by the audit of the first version: each refund alone was within what the bucket could hold.
#[test]
fn two_refunds_give_back_together_no_more_than_the_bucket_could_have_held() {
    // A named dimension is charged under the lock, each time in an epoch of its own.
    for dimension in [Dimension::Requests, bytes()] {
        let limit = LimitConfig::bucket("b", dimension.clone(), 600, secs(60), 20);
        let (tenant, clock) = tenant([limit]);
        let cost = |amount| Cost::none().and(dimension.clone(), amount);
        let (first, second) = (take(&tenant, &cost(5)), take(&tenant, &cost(5)));
        clock.advance(nanos(500_000_000));
        drop(take(&tenant, &cost(10)));
        drop(first.refund());
        drop(second.refund());
        // Without the two it would have been full after half a second, and have lost the rest.
        let left = left(&tenant, &dimension);
        assert!(left <= 10, "{dimension}: more than 20 in one instant");
    }
}

#[test]
fn debt_in_a_dimension_that_was_not_reserved_counts_from_the_admission_on() {
    let (tenant, clock) = tenant([LimitConfig::sliding("s", bytes(), 10, secs(10))]);
    drop(take(&tenant, &Cost::request()));
    clock.advance(secs(100));
    let permit = take(&tenant, &Cost::request());
    drop(permit.settle(&cost_of(0, 0, 8)));
    assert_eq!(left(&tenant, &bytes()), 2);
}

#[test]
fn a_charge_outlives_its_slot_and_each_is_given_back_once() {
    let slots = LimitConfig::concurrency("slots", Dimension::Requests, 2);
    let tokens = LimitConfig::sliding("s", Dimension::Tokens, 100, secs(60));
    let (tenant, _clock) = tenant([slots, tokens]);
    let free = || tenant.usage().get("slots").unwrap().remaining;
    let cost = Cost::request().and_tokens(60);
    for rule in [OnDrop::Keep, OnDrop::Refund] {
        tenant.reset();
        let (charge, slot) = take(&tenant, &cost).on_drop(rule).split();
        assert_eq!(free(), 1);
        drop(slot);
        assert_eq!(free(), 2, "{rule:?}");
        assert_eq!(left(&tenant, &Dimension::Tokens), 40);
        drop(charge);
        assert_eq!(free(), 2, "{rule:?}");
        let after = if rule == OnDrop::Keep { 40 } else { 100 };
        assert_eq!(left(&tenant, &Dimension::Tokens), after);
    }
    // The other way round: the slot is held although the charge is settled.
    let (charge, slot) = take(&tenant, &cost).split();
    drop(charge.settle(&Cost::tokens(10)));
    assert_eq!((free(), left(&tenant, &Dimension::Tokens)), (1, 90));
    drop(slot);
    assert_eq!((free(), left(&tenant, &Dimension::Tokens)), (2, 90));
}

#[test]
fn a_permit_that_is_split_twice_frees_its_slots_once() {
    let limit = LimitConfig::concurrency("c", Dimension::Requests, 10);
    let (tenant, _clock) = tenant([limit]);
    let other = take(&tenant, &Cost::requests(3));
    let used = || tenant.usage().get("c").unwrap().used;
    let (charge, slot) = take(&tenant, &Cost::requests(3)).split();
    let (charge, nothing) = charge.split();
    drop(nothing);
    assert_eq!(used(), 6, "the slot is out");
    drop(slot);
    drop(charge);
    assert_eq!(used(), 3, "the other permit's");
    drop(other);
    assert_eq!(used(), 0);
}

#[test]
fn the_charge_of_a_split_permit_is_settled_before_or_after_its_slots_are_freed() {
    let refund_on_drop = |charge: Permit<'static>| drop(charge.on_drop(OnDrop::Refund));
    let settle = |charge: Permit<'static>| drop(charge.settle(&Cost::requests(7)));
    let refund = |charge: Permit<'static>| drop(charge.into_owned().refund());
    let ways: [(fn(Permit<'static>), u64); 4] =
        [(drop, 5), (refund_on_drop, 0), (settle, 7), (refund, 0)];
    for (way, left_charged) in ways {
        for slot_first in [true, false] {
            let slots = LimitConfig::concurrency("c", Dimension::Requests, 10);
            let window = LimitConfig::sliding("s", Dimension::Requests, 100, secs(60));
            let (tenant, _clock) = tenant([slots, window]);
            let used = |name: &str| tenant.usage().get(name).unwrap().used;
            let (charge, slot) = take(&tenant, &Cost::requests(5)).split();
            if slot_first {
                drop(slot.into_owned());
                assert_eq!((used("c"), used("s")), (0, 5));
                way(charge);
            } else {
                way(charge);
                assert_eq!((used("c"), used("s")), (5, left_charged));
                drop(slot);
            }
            assert_eq!((used("c"), used("s")), (0, left_charged));
        }
    }
}
