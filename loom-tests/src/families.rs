//! A parent and its children: what one of them takes, the others don't, and what one gives back, they find.

use tollgate::{Dimension, LimitConfig, Status};

use super::waiters::{wait, wait_for};
use super::*;

fn umbrella() -> TenantConfig {
    TenantConfig::new("umbrella".parse().unwrap())
}

/// A child without limits of its own.
fn child(name: &str, parent: &Tenant) -> Tenant {
    let config = TenantConfig::new(name.parse().unwrap()).parent(parent.id().clone());
    Tenant::under(parent, &config).unwrap()
}

/// A parent of this plan and two children.
fn family(plan: &TenantConfig) -> (Tenant, [Tenant; 2], ManualClock) {
    let clock = ManualClock::new();
    let parent = Tenant::new(plan, Clock::manual(&clock)).unwrap();
    let children = ["acme", "globex"].map(|name| child(name, &parent));
    // For ever: a child that goes takes the locks, and where a mutant deadlocks that would panic in the cleaning up.
    std::mem::forget(children.clone());
    (parent, children, clock)
}

/// A family that has spent two of five: one of the rest is free, two lie in the first child's word.
fn two_in_a_word() -> (Tenant, [Tenant; 2], ManualClock) {
    let family = family(&umbrella().requests_per_minute(5));
    for child in &family.1 {
        assert!(take(child, &Cost::request()));
    }
    family
}

fn spent(parent: &Tenant) -> u64 {
    used(parent, "requests_per_minute")
}

#[test]
fn the_last_of_a_parent_goes_to_exactly_one_of_two_children() {
    check("family, last one", || {
        let (parent, [acme, globex], _clock) = two_in_a_word();
        let other = spawn(&globex, |globex| take(globex, &Cost::requests(2)));
        let here = take(&acme, &Cost::requests(2));
        let there = other.join().unwrap();
        assert!(here ^ there, "of three: here {here}, there {there}");
        assert_eq!(spent(&parent), 4);
    });
}

#[test]
fn what_is_called_back_from_a_child_is_spent_or_returned() {
    check("family, recall", || {
        let (parent, [acme, globex], _clock) = two_in_a_word();
        let other = spawn(&acme, |acme| take(acme, &Cost::request()));
        // More than is free: what its sibling has out is called back.
        let here = take(&globex, &Cost::requests(2));
        let there = other.join().unwrap();
        assert!(here && there, "three for three: here {here}, there {there}");
        assert_eq!(spent(&parent), 5);
    });
}

#[test]
fn two_children_that_call_back_from_each_other_do_not_wait_for_each_other() {
    check("family, recall both ways", || {
        let (parent, [acme, globex], _clock) = family(&umbrella().requests_per_minute(9));
        assert!(take(&acme, &Cost::request()) && take(&globex, &Cost::request()));
        // Seven are left: four in the one's word, one in the other's, two in the ledger.
        let other = spawn(&acme, |acme| take(acme, &Cost::requests(7)));
        let here = take(&globex, &Cost::requests(4));
        let there = other.join().unwrap();
        assert!(here ^ there, "of seven: here {here}, there {there}");
        assert_eq!(spent(&parent), if here { 6 } else { 9 });
    });
}

#[test]
fn what_is_called_back_from_a_grandchild_is_spent_or_returned() {
    check("family, recall from below", || {
        let (parent, [acme, globex], _clock) = family(&umbrella().requests_per_minute(5));
        let lab = child("lab", &acme);
        assert!(take(&lab, &Cost::request()) && take(&globex, &Cost::request()));
        let other = spawn(&lab, |lab| take(lab, &Cost::request()));
        let here = take(&globex, &Cost::requests(2));
        let there = other.join().unwrap();
        assert!(here && there, "three for three: here {here}, there {there}");
        assert_eq!(spent(&parent), 5);
    });
}

#[test]
fn a_refund_of_a_child_beside_its_sibling_is_not_lost() {
    check("family, refund", || {
        let (parent, [acme, globex], _clock) = family(&umbrella().requests_per_minute(1));
        let permit = acme.try_acquire(&Cost::request()).into_result().unwrap();
        let other = spawn(&globex, |globex| take(globex, &Cost::request()));
        drop(permit.refund());
        let there = other.join().unwrap();
        let here = take(&globex, &Cost::request());
        assert!(here ^ there, "one was freed: here {here}, there {there}");
        assert_eq!(spent(&parent), 1);
    });
}

#[test]
fn no_child_is_admitted_once_its_parent_is_suspended() {
    check("family, suspend", || {
        let plan = umbrella().requests_per_minute(8);
        let (parent, [acme, _], _clock) = family(&plan);
        assert!(take(&acme, &Cost::request()));
        let other = spawn(&acme, |acme| take(acme, &Cost::request()));
        let suspended = plan.clone().status(Status::Suspended);
        parent.reconfigure(&suspended).unwrap();
        assert!(!take(&acme, &Cost::request()));
        let there = other.join().unwrap();
        assert_eq!(spent(&parent), 1 + u64::from(there));
    });
}

#[test]
fn neither_of_two_children_is_admitted_once_their_parent_is_suspended() {
    check_three("family of three, suspend", || {
        let plan = umbrella().requests_per_minute(9);
        let (parent, children, _clock) = family(&plan);
        for child in &children {
            assert!(take(child, &Cost::request()));
        }
        let others = children
            .each_ref()
            .map(|child| spawn(child, |child| take(child, &Cost::request())));
        let suspended = plan.clone().status(Status::Suspended);
        parent.reconfigure(&suspended).unwrap();
        assert!(!children.iter().any(|child| take(child, &Cost::request())));
        let admitted = others.map(|other| u64::from(other.join().unwrap()));
        assert_eq!(spent(&parent), 2 + admitted.into_iter().sum::<u64>());
    });
}

#[test]
fn a_child_is_charged_by_its_parents_old_plan_or_by_the_new_one() {
    check("family, swap", || {
        let limit = |name: &str, capacity| {
            LimitConfig::sliding(name, Dimension::Requests, capacity, MINUTE)
        };
        let plan = umbrella().limit(limit("old", 8));
        let (parent, [acme, _], _clock) = family(&plan);
        assert!(take(&acme, &Cost::request()));
        let other = spawn(&acme, |acme| take(acme, &Cost::request()));
        parent
            .reconfigure(&umbrella().limit(limit("new", 1)).tokens_per_minute(1))
            .unwrap();
        let here = take(&acme, &Cost::request());
        assert!(other.join().unwrap() || here, "each plan has room for one");
        assert_eq!(used(&parent, "new"), 1, "whoever came after the swap");
    });
}

#[test]
fn a_permit_of_a_child_lightens_no_limit_of_its_parent_that_it_did_not_charge() {
    check("family, swap and refund", || {
        let limit = |name: &str| LimitConfig::sliding(name, Dimension::Requests, 8, MINUTE);
        let (parent, [acme, globex], _clock) = family(&umbrella().limit(limit("old")));
        assert!(take(&acme, &Cost::request()));
        let permit = acme.try_acquire(&Cost::request()).into_result().unwrap();
        let permit = permit.into_owned();
        let other = thread::spawn(move || drop(permit.refund()));
        // The new limit gets the old one's seat.
        parent.reconfigure(&umbrella().limit(limit("new"))).unwrap();
        assert!(take(&globex, &Cost::request()));
        other.join().unwrap();
        assert_eq!(used(&parent, "new"), 1);
    });
}

fn slots(capacity: u64) -> TenantConfig {
    let in_flight = LimitConfig::concurrency("in-flight", Dimension::Requests, capacity);
    umbrella().limit(in_flight)
}

#[test]
fn a_slot_of_a_parent_is_freed_once_by_whichever_child_held_it() {
    check("family, freed slot", || {
        let (parent, [acme, globex], _clock) = family(&slots(4));
        let kept = acme.try_acquire(&Cost::request()).into_result().unwrap();
        let permit = acme.try_acquire(&Cost::request()).into_result().unwrap();
        let other = spawn(&globex, |globex| take(globex, &Cost::requests(2)));
        drop(permit);
        assert!(other.join().unwrap(), "three are held at most");
        assert_eq!(used(&parent, "in-flight"), 1, "each is freed once");
        drop(kept);
        assert_eq!(used(&parent, "in-flight"), 0);
    });
}

#[test]
fn a_slot_that_a_parent_asks_for_since_its_swap_is_freed_by_its_child() {
    check("family, slots come with a swap", || {
        let (parent, [acme, _], _clock) = family(&umbrella());
        let other = spawn(&acme, |acme| take(acme, &Cost::request()));
        parent.reconfigure(&slots(2)).unwrap();
        assert!(take(&acme, &Cost::request()), "there is one for each");
        assert!(other.join().unwrap());
        assert_eq!(used(&parent, "in-flight"), 0, "both are gone");
    });
}

#[test]
fn a_refund_of_a_child_wakes_who_waits_at_its_sibling() {
    check("family, wait and refund", || {
        let (_parent, [acme, globex], _clock) = family(&umbrella().requests_per_minute(1));
        let permit = acme.try_acquire(&Cost::request()).into_result().unwrap();
        let permit = permit.into_owned();
        let waiter = spawn(&globex, wait);
        drop(permit.refund());
        assert_eq!(waiter.join().unwrap(), Ok(()));
    });
}

#[test]
fn a_slot_that_a_child_had_ready_when_it_went_wakes_who_waits_at_its_sibling() {
    check("family, wait and go", || {
        let clock = ManualClock::new();
        let parent = Tenant::new(&slots(4), Clock::manual(&clock)).unwrap();
        let (acme, globex) = (child("acme", &parent), child("globex", &parent));
        // One is free; the others lie in the words, two of them in the one's that goes.
        assert!(take(&globex, &Cost::request()) && take(&acme, &Cost::request()));
        let waiter = spawn(&globex, |globex| wait_for(globex, Cost::requests(4)));
        drop(acme);
        assert_eq!(waiter.join().unwrap(), Ok(()));
    });
}
