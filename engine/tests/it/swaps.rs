//! P5: a new config takes effect at once, and usage is kept: not forgotten, not gifted.

use tollgate::{Cost, Dimension, LimitConfig, Permit, Tenant};

use crate::world::{Rule, SECOND, Shape, config, nanos, secs, tenant};

const SHAPES: [Shape; 9] = [
    Shape::Sliding {
        window: 60 * SECOND,
        parts: 6,
    },
    Shape::Sliding {
        window: 60 * SECOND,
        parts: 30,
    },
    Shape::Sliding {
        window: SECOND,
        parts: 10,
    },
    Shape::Sliding {
        window: 600 * SECOND,
        parts: 3,
    },
    Shape::Bucket {
        window: 60 * SECOND,
        burst: 100,
    },
    Shape::Bucket {
        window: SECOND,
        burst: 30,
    },
    Shape::Minute,
    Shape::Hour,
    Shape::Slots,
];

fn rule(capacity: u64, shape: Shape) -> Rule {
    let (name, dimension) = ("l".to_owned(), Dimension::Requests);
    Rule {
        name,
        dimension,
        capacity,
        shape,
    }
}

fn limit(capacity: u64, shape: Shape) -> LimitConfig {
    rule(capacity, shape).config()
}

fn take(tenant: &Tenant, amount: u64) -> Permit<'static> {
    let decision = tenant.try_acquire(&Cost::requests(amount)).into_owned();
    decision.into_result().unwrap()
}

fn level(tenant: &Tenant) -> (u64, u64) {
    let usage = tenant.usage();
    let level = usage.get("l").unwrap();
    (level.used, level.remaining)
}

/// Everything that can be had at this instant, one at a time.
fn spend_all(tenant: &Tenant) -> (u64, Vec<Permit<'static>>) {
    let mut permits = Vec::new();
    while let Ok(permit) = tenant
        .try_acquire(&Cost::request())
        .into_owned()
        .into_result()
    {
        permits.push(permit);
        assert!(permits.len() < 10_000, "no limit");
    }
    (permits.len() as u64, permits)
}

#[test]
fn what_is_used_stays_used_when_the_capacity_rises_or_falls() {
    for shape in SHAPES {
        let (tenant, _clock) = tenant([limit(100, shape)]);
        let held = take(&tenant, 20);
        for capacity in [150, 40, 20, 10, 100] {
            tenant
                .reconfigure(&config([limit(capacity, shape)]))
                .unwrap();
            let most = rule(capacity, shape).most();
            assert_eq!(
                level(&tenant),
                (20, most.saturating_sub(20)),
                "{shape:?} {capacity}"
            );
        }
        let free = rule(100, shape).most() - 20;
        assert_eq!(spend_all(&tenant).0, free, "{shape:?}");
        drop(held);
    }
}

#[test]
fn a_new_shape_never_gifts_what_was_used() {
    for old in SHAPES {
        for new in SHAPES {
            if (old == Shape::Slots) != (new == Shape::Slots) {
                continue; // what is held says nothing of what was spent
            }
            for waited in [0, 1, 500_000_000, 3 * SECOND] {
                let (tenant, clock) = tenant([limit(30, old)]);
                let held = take(&tenant, 20);
                clock.advance(nanos(waited));
                let (used, _) = level(&tenant);
                tenant.reconfigure(&config([limit(30, new)])).unwrap();
                let most = rule(30, new).most();
                let (kept, remaining) = level(&tenant);
                let lost = look_back(new).is_some_and(|span| span <= waited);
                if !lost {
                    assert!(
                        kept >= used,
                        "{old:?} to {new:?} after {waited}: {used} became {kept}"
                    );
                    assert!(remaining <= most.saturating_sub(used), "{old:?} to {new:?}");
                }
                assert_eq!(
                    spend_all(&tenant).0,
                    remaining,
                    "{old:?} to {new:?}: usage tells the truth"
                );
                drop(held);
            }
        }
    }
}

/// After how long a limit of this shape may forget, if not before.
fn look_back(shape: Shape) -> Option<u64> {
    match shape {
        Shape::Sliding { window, .. } => Some(window),
        // It refills: what was used comes back by and by.
        Shape::Bucket { .. } => Some(1),
        Shape::Minute | Shape::Hour | Shape::Slots => None,
    }
}

#[test]
fn a_swap_takes_effect_for_decisions_that_begin_after_it() {
    let minute = |capacity| {
        config([LimitConfig::sliding(
            "l",
            Dimension::Requests,
            capacity,
            secs(60),
        )])
    };
    let (tenant, _clock) = tenant(minute(1).quota.limits);
    drop(take(&tenant, 1));
    assert!(tenant.try_acquire(&Cost::request()).is_denied());
    assert!(
        tenant.try_acquire(&Cost::request()).is_denied(),
        "remembered"
    );
    tenant.reconfigure(&minute(3)).unwrap();
    assert_eq!(spend_all(&tenant).0, 2);
    tenant.reconfigure(&minute(1_000)).unwrap();
    drop(take(&tenant, 1)); // fills the word from 1,000
    tenant.reconfigure(&minute(5)).unwrap();
    assert_eq!(
        spend_all(&tenant).0,
        1,
        "what lay in the word is not spent past the new limit"
    );
}

#[test]
fn an_invalid_config_changes_nothing() {
    let (tenant, _clock) = tenant([limit(10, SHAPES[0])]);
    drop(take(&tenant, 4));
    assert!(tenant.reconfigure(&config([limit(0, SHAPES[0])])).is_err());
    assert_eq!(level(&tenant), (4, 6));
}

#[test]
fn limits_are_added_removed_and_reordered_by_name() {
    let sliding =
        |name: &str, capacity| LimitConfig::sliding(name, Dimension::Requests, capacity, secs(60));
    let (tenant, _clock) = tenant([sliding("a", 10), sliding("b", 20)]);
    drop(take(&tenant, 4));
    let used = |name: &str| tenant.usage().get(name).map(|level| level.used);
    tenant
        .reconfigure(&config([
            sliding("b", 20),
            sliding("c", 30),
            sliding("a", 10),
        ]))
        .unwrap();
    assert_eq!(
        (used("a"), used("b"), used("c")),
        (Some(4), Some(4), Some(0))
    );
    drop(take(&tenant, 1));
    tenant
        .reconfigure(&config([sliding("c", 30), sliding("b", 20)]))
        .unwrap();
    assert_eq!((used("a"), used("b"), used("c")), (None, Some(5), Some(1)));
    let tokens = LimitConfig::sliding("b", Dimension::Tokens, 20, secs(60));
    tenant.reconfigure(&config([tokens])).unwrap();
    assert_eq!(used("b"), Some(0), "another dimension is another limit");
}

#[test]
fn a_permit_of_before_does_not_lighten_a_limit_that_did_not_charge_it() {
    for shape in SHAPES {
        let other = LimitConfig::sliding("other", Dimension::Requests, 30, secs(60));
        let (tenant, _clock) = tenant([other.clone()]);
        let old = take(&tenant, 10);
        let other_old = take(&tenant, 10);
        tenant
            .reconfigure(&config([other, limit(30, shape)]))
            .unwrap();
        let held = take(&tenant, 10);
        drop(old.refund());
        assert_eq!(level(&tenant).0, 10, "{shape:?}");
        drop(other_old.settle(&Cost::requests(500)));
        assert_eq!(level(&tenant).0, 10, "{shape:?}: nor burden it");
        drop(held);
    }
}

/// Found by the audit of the first version: a refund lightened what others were charged.
#[test]
fn a_refund_after_a_swap_gives_back_nothing_that_was_not_carried_over() {
    for old in SHAPES {
        for new in SHAPES {
            for waited in [0, SECOND / 2, 5 * SECOND, 70 * SECOND, 700 * SECOND] {
                check_refund_after(old, new, waited);
            }
        }
    }
}

fn check_refund_after(old: Shape, new: Shape, waited: u64) {
    if old == Shape::Slots || new == Shape::Slots {
        return;
    }
    let (tenant, clock) = tenant([limit(30, old)]);
    let first = take(&tenant, 1);
    let second = take(&tenant, 9); // from the word, where there is one
    clock.advance(nanos(waited));
    tenant.reconfigure(&config([limit(30, new)])).unwrap();
    let (spent, _permits) = spend_all(&tenant);
    drop(first.refund());
    drop(second.refund());
    // Nothing else counts by now but what was spent since, all of it at this instant.
    let (more, _permits) = spend_all(&tenant);
    let most = rule(30, new).most();
    assert!(
        spent + more <= most,
        "{old:?} to {new:?} after {waited}: {spent} and {more} of {most} in one instant"
    );
}

#[test]
fn a_slot_of_before_a_swap_is_freed_once_and_only_where_it_was_taken() {
    let slots = |capacity| LimitConfig::concurrency("l", Dimension::Requests, capacity);
    let (tenant, _clock) = tenant([slots(10)]);
    let old = take(&tenant, 6);
    tenant.reconfigure(&config([slots(4)])).unwrap();
    assert_eq!(level(&tenant), (6, 0));
    assert!(tenant.try_acquire(&Cost::request()).is_denied());
    drop(old);
    assert_eq!(level(&tenant), (0, 4));

    let old = take(&tenant, 3);
    let sliding = LimitConfig::sliding("l", Dimension::Requests, 10, secs(60));
    tenant.reconfigure(&config([sliding])).unwrap();
    tenant.reconfigure(&config([slots(4)])).unwrap();
    let held = take(&tenant, 2);
    drop(old);
    assert_eq!(
        level(&tenant).0,
        2,
        "an older permit frees no newer one's slot"
    );
    drop(held);
    assert_eq!(level(&tenant).0, 0);
}
