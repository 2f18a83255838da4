//! Three threads on one tenant. Explored with at most three preemptions an execution, which is where the
//! number of interleavings can still be waited for; known bugs of this kind need two.

use super::*;

#[test]
fn the_last_two_go_to_exactly_two_of_three_takers() {
    check_three("last two of three", || {
        let (tenant, _clock) = tenant(&config().requests_per_minute(3).tokens_per_minute(1000));
        // One is charged under the lock, one is leased, one is free.
        assert!(take(&tenant, &Cost::request()));
        let others = [(); 2].map(|()| spawn(&tenant, |tenant| take(tenant, &Cost::request())));
        let mut admitted = usize::from(take(&tenant, &Cost::request()));
        for other in others {
            admitted += usize::from(other.join().unwrap());
        }
        assert_eq!(admitted, 2);
        assert_eq!(used(&tenant, "requests_per_minute"), 3);
    });
}

#[test]
fn a_drain_between_two_takers_loses_nothing_and_gives_nothing_twice() {
    check_three("drain and two takers", || {
        let (tenant, _clock) = tenant(&config().requests_per_minute(9).tokens_per_minute(90));
        let cost = Cost::request().and_tokens(10);
        assert!(take(&tenant, &cost));
        let permit = tenant.try_acquire(&cost).into_result().unwrap();
        let others = [(); 2].map(|()| {
            spawn(&tenant, |tenant| {
                take(tenant, &Cost::request().and_tokens(10))
            })
        });
        drop(permit.settle(&Cost::tokens(20))); // Debt drains the word.
        for other in others {
            assert!(other.join().unwrap(), "there was room all along");
        }
        assert_eq!(used(&tenant, "requests_per_minute"), 4);
        assert_eq!(used(&tenant, "tokens_per_minute"), 50);
    });
}

#[test]
fn a_swap_between_two_takers_keeps_what_both_took() {
    check_three("swap and two takers", || {
        let (tenant, _clock) = tenant(&config().requests_per_minute(9));
        assert!(take(&tenant, &Cost::request()));
        let others = [(); 2].map(|()| spawn(&tenant, |tenant| take(tenant, &Cost::request())));
        // It has room for one more, and nothing to put in the word: there are few stores to see or not to see.
        let next = config().requests_per_minute(2).tokens_per_minute(1);
        tenant.reconfigure(&next).unwrap();
        let here = take(&tenant, &Cost::request());
        let there = others.map(|other| u64::from(other.join().unwrap()));
        let there = there.into_iter().sum::<u64>();
        assert_eq!(
            here,
            there == 0,
            "there {there}: before the swap, or instead of it"
        );
        let spent = 1 + u64::from(here) + there;
        assert_eq!(used(&tenant, "requests_per_minute"), spent);
    });
}

#[test]
fn a_denial_a_refund_and_a_taker_agree_on_who_got_the_last() {
    check_three("deny, refund, take", || {
        let (tenant, _clock) = tenant(&config().requests_per_minute(1));
        let permit = tenant.try_acquire(&Cost::request()).into_result().unwrap();
        assert!(!take(&tenant, &Cost::request()), "remembered from here on");
        let others = [(); 2].map(|()| spawn(&tenant, |tenant| take(tenant, &Cost::request())));
        drop(permit.refund());
        let there = others.map(|other| other.join().unwrap());
        let here = take(&tenant, &Cost::request());
        let admitted = usize::from(here) + there.into_iter().filter(|yes| *yes).count();
        assert_eq!(admitted, 1, "one was freed: here {here}, there {there:?}");
        assert_eq!(used(&tenant, "requests_per_minute"), 1);
    });
}
