//! Durable limits: what is spent was granted, what is given back was not spent, and an answer wakes who waits for it.

use tollgate::{Dimension, InMemoryOrigin, LimitConfig, Period};

use super::waiters::block_on;
use super::*;

/// Half of it is held ahead.
const PARTS: u64 = 2;

fn durable(capacity: u64) -> (Tenant, ManualClock) {
    let mut limit = LimitConfig::calendar("month", Dimension::Requests, capacity, Period::Month);
    limit.durable = true;
    let clock = ManualClock::new();
    let tenant = Tenant::with_origin(&config().limit(limit), Clock::manual(&clock), PARTS);
    (tenant.unwrap(), clock)
}

/// What the origin says that all have, once this one has given back what it has not spent.
fn charged(tenant: &Tenant, origin: &InMemoryOrigin) -> u64 {
    // The first visit may be told of a grant whose answer was lost; the second gives that back.
    tenant.visit(origin, true);
    tenant.visit(origin, true);
    used(tenant, "month")
}

#[test]
fn what_is_given_back_is_not_spent() {
    check("give back and take", || {
        let ((tenant, _clock), origin) = (durable(8), InMemoryOrigin::new());
        tenant.visit(&origin, false);
        // From the word, which was filled with half of what was granted.
        assert!(take(&tenant, &Cost::request()));
        let (there, away) = (tenant.clone(), origin.clone());
        let leaver = thread::spawn(move || there.visit(&away, true));
        let taken = 1 + u64::from(take(&tenant, &Cost::request()));
        leaver.join().unwrap();
        assert_eq!(charged(&tenant, &origin), taken);
        // Another life finds what is left, and not a unit more.
        let (other, _clock) = durable(8);
        let mut rest = 0;
        loop {
            other.visit(&origin, false);
            if !take(&other, &Cost::request()) {
                other.visit(&origin, false);
                if !take(&other, &Cost::request()) {
                    break;
                }
            }
            rest += 1;
        }
        assert_eq!(taken + rest, 8);
    });
}

#[test]
fn a_grant_is_spent_once() {
    check("grant and take", || {
        let ((tenant, _clock), origin) = (durable(2), InMemoryOrigin::new());
        tenant.visit(&origin, false);
        let (there, away) = (tenant.clone(), origin.clone());
        let leaser = thread::spawn(move || there.visit(&away, false));
        let mut taken = u64::from(take(&tenant, &Cost::request()));
        leaser.join().unwrap();
        for _ in 0..3 {
            tenant.visit(&origin, false);
            taken += u64::from(take(&tenant, &Cost::request()));
        }
        assert_eq!(taken, 2);
        assert_eq!(charged(&tenant, &origin), 2);
    });
}

#[test]
fn an_answer_wakes_who_waits_for_it() {
    check("wait for a grant", || {
        let ((tenant, _clock), origin) = (durable(4), InMemoryOrigin::new());
        assert!(!take(&tenant, &Cost::request()), "nothing was granted yet");
        let waiter = spawn(&tenant, |tenant| {
            block_on(tenant.exchanged());
            take(tenant, &Cost::request())
        });
        tenant.visit(&origin, false);
        assert!(waiter.join().unwrap());
    });
}

#[test]
fn a_grant_wakes_who_waits_for_quota() {
    check("wait and grant", || {
        let ((tenant, _clock), origin) = (durable(4), InMemoryOrigin::new());
        let waiter = spawn(&tenant, waiters::wait);
        tenant.visit(&origin, false);
        assert_eq!(waiter.join().unwrap(), Ok(()));
    });
}
