//! Words for classes of requests: those that the same limits are for.

use tollgate::{Dimension, LimitConfig, MatchConfig, Scope};

use super::*;

fn limit(name: &str, requests: u64) -> LimitConfig {
    LimitConfig::sliding(name, Dimension::Requests, requests, MINUTE)
}

/// A limit of 8 for the requests of this model.
fn only_for(model: &str) -> LimitConfig {
    let mut models = MatchConfig::default();
    models.models.push(model.to_owned());
    limit(model, 8).only_for(models)
}

fn take_in(tenant: &Tenant, model: &'static str, cost: u64) -> bool {
    let scope = Scope {
        model: Some(model),
        ..Scope::default()
    };
    let decision = tenant.try_acquire_in(&scope, &Cost::requests(cost));
    decision.is_admitted()
}

/// A tenant of 6 requests a minute, of which two are spent, two lie in the word for requests about gpt-4, and
/// one in that for those about nothing; one is free.
fn two_words() -> Tenant {
    let plan = config().limit(limit("all", 6)).limit(only_for("gpt-4"));
    let (tenant, _clock) = tenant(&plan);
    assert!(take_in(&tenant, "gpt-4", 1));
    assert!(take(&tenant, &Cost::request()));
    tenant
}

#[test]
fn two_words_never_hold_more_than_a_limit_of_both() {
    check("two words of one limit", || {
        let tenant = two_words();
        let other = spawn(&tenant, |tenant| take_in(tenant, "gpt-4", 2));
        let here = take(&tenant, &Cost::requests(3));
        let there = other.join().unwrap();
        assert!(here ^ there, "of four: here {here}, there {there}");
        assert_eq!(used(&tenant, "all"), if here { 5 } else { 4 });
        assert_eq!(used(&tenant, "gpt-4"), if here { 1 } else { 3 });
    });
}

#[test]
fn a_word_of_a_class_is_spent_by_one_of_two_or_given_back() {
    check("takers of one class", || {
        let tenant = two_words();
        let other = spawn(&tenant, |tenant| take_in(tenant, "gpt-4", 1));
        let here = [
            take_in(&tenant, "gpt-4", 2),
            take(&tenant, &Cost::request()),
        ];
        let there = other.join().unwrap();
        assert!(there && here == [true; 2], "four for four");
        assert_eq!(used(&tenant, "all"), 6);
        assert_eq!(used(&tenant, "gpt-4"), 4);
    });
}

#[test]
fn what_lies_in_the_word_of_another_class_denies_nobody() {
    check("called back from a class", || {
        let tenant = two_words();
        let other = spawn(&tenant, |tenant| take_in(tenant, "gpt-4", 1));
        // More than lies in its own word and in the ledger.
        let here = take(&tenant, &Cost::requests(3));
        let there = other.join().unwrap();
        assert!(here && there, "four for four: here {here}, there {there}");
        assert_eq!(used(&tenant, "all"), 6);
    });
}

#[test]
fn a_request_is_charged_by_one_plan_whatever_it_is_about() {
    check("swap and scope", || {
        let plan = config().limit(limit("all", 8)).limit(only_for("gpt-4"));
        let (tenant, _clock) = tenant(&plan);
        assert!(take_in(&tenant, "gpt-4", 1));
        let other = spawn(&tenant, |tenant| take_in(tenant, "gpt-4", 1));
        // In the place of the limit that the class was known by there is another now.
        let next = config().limit(limit("all", 8)).limit(only_for("claude"));
        tenant.reconfigure(&next.limit(only_for("gpt-4"))).unwrap();
        assert!(take_in(&tenant, "claude", 1));
        assert!(other.join().unwrap());
        let spent = ["all", "claude", "gpt-4"].map(|name| used(&tenant, name));
        assert_eq!(spent, [3, 1, 2]);
    });
}
