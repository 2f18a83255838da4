//! Stripes: a word for each of two threads, of one lease.

use super::*;

/// A tenant with a word for each thread, of so many requests a minute, of which one is spent.
fn striped(requests: u64) -> Tenant {
    let (tenant, _clock) = tenant(&config().requests_per_minute(requests));
    assert!(take(&tenant, &Cost::request()));
    tenant.stripe();
    tenant
}

#[test]
fn the_last_budget_goes_to_exactly_as_many_as_there_are() {
    check("stripes, last of all", || {
        // Four are left: one in each word, two in the ledger.
        let tenant = striped(5);
        let other = spawn(&tenant, |tenant| take(tenant, &Cost::requests(3)));
        let here = take(&tenant, &Cost::request());
        let there = other.join().unwrap();
        assert!(here && there, "four for four: here {here}, there {there}");
        assert!(!take(&tenant, &Cost::request()), "and no more");
        assert_eq!(used(&tenant, "requests_per_minute"), 5);
    });
}

#[test]
fn a_drain_of_all_words_loses_nothing_and_gives_nothing_twice() {
    check("stripes, drain", || {
        let tenant = striped(17);
        let permit = tenant.try_acquire(&Cost::request()).into_result().unwrap();
        let other = spawn(&tenant, |tenant| take(tenant, &Cost::request()));
        // Debt drains both words and splits what is free among them again.
        drop(permit.settle(&Cost::requests(2)));
        assert!(other.join().unwrap(), "there was room all along");
        assert_eq!(used(&tenant, "requests_per_minute"), 4);
    });
}

#[test]
fn usage_counts_what_lies_in_any_word_as_not_used() {
    check("stripes, usage", || {
        let tenant = striped(9);
        let other = spawn(&tenant, |tenant| take(tenant, &Cost::request()));
        let seen = used(&tenant, "requests_per_minute");
        assert!((1..=2).contains(&seen), "{seen}");
        assert!(other.join().unwrap(), "there was room all along");
        assert_eq!(used(&tenant, "requests_per_minute"), 2);
    });
}

#[test]
fn a_tenant_that_is_striped_beside_a_taker_loses_nothing_and_gives_nothing_twice() {
    check("becoming striped", || {
        let (tenant, _clock) = tenant(&config().requests_per_minute(3));
        assert!(take(&tenant, &Cost::request()));
        // Two are left, one of them in the one word.
        let other = spawn(&tenant, |tenant| take(tenant, &Cost::request()));
        tenant.stripe();
        let here = [(); 2].map(|()| take(&tenant, &Cost::request()));
        let there = other.join().unwrap();
        let admitted = here.iter().filter(|yes| **yes).count() + usize::from(there);
        assert_eq!(admitted, 2, "here {here:?}, there {there}");
        assert_eq!(used(&tenant, "requests_per_minute"), 3);
    });
}
