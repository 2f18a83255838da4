//! Buckets: their rules, and random histories in which no interval holds more than the burst and what is refilled in it.

use proptest::prelude::*;
use tollgate::cluster::{SLACK, Shape, When};

use super::nodes::{Config, Fleet, Step, everyday};
use super::{SECOND, START, Store, ask, last, now, row, wish};

const HEAD: u64 = START / SECOND;
/// A hundred in ten seconds, and so in rows of one second with the slack: 11 less than the burst of 61.
const BUCKET: Shape = Shape::Bucket {
    window: 10 * SECOND,
    level: 50,
    step: SECOND,
};
const BURST: u64 = 61;

#[test]
fn a_bucket_begins_full_and_refills_exactly() {
    let mut store = Store::new();
    assert_eq!(store.granted(1, ask(BUCKET, &[], now(50, 50))), 50);
    let denied = store.hear(2, ask(BUCKET, &[], now(3, 3)));
    assert_eq!(denied.not_before, START + 3 * SECOND / 10);
    let never = store.hear(2, ask(BUCKET, &[], now(51, 51)));
    assert_eq!(never.not_before, tollgate::cluster::Call::MOST);
    for _ in 0..30 {
        store.pass(33_333);
        store.hear(2, ask(BUCKET, &[], None));
    }
    assert_eq!(
        store.hear(2, ask(BUCKET, &[], None)).free,
        9,
        "a rest is kept, not rounded up"
    );
    store.pass(10);
    assert_eq!(store.hear(2, ask(BUCKET, &[], None)).free, 10);
    store.pass(60 * SECOND);
    assert_eq!(store.hear(2, ask(BUCKET, &[], None)).free, 50);
}

#[test]
fn what_comes_back_goes_in_again() {
    let mut store = Store::new();
    store.granted(1, ask(BUCKET, &[], now(50, 50)));
    let answer = store.hear(1, ask(BUCKET, &[row(HEAD, 50, 20)], None));
    assert_eq!(answer.free, 20);
    assert_eq!(store.granted(2, ask(BUCKET, &[], now(20, 20))), 20);
}

#[test]
fn what_comes_back_late_is_no_second_burst() {
    let mut store = Store::new();
    store.granted(1, ask(BUCKET, &[], now(30, 30)));
    store.pass(3 * SECOND);
    assert_eq!(store.granted(2, ask(BUCKET, &[], now(40, 40))), 40);
    let answer = store.hear(1, ask(BUCKET, &[row(HEAD, 30, 30)], None));
    assert_eq!(answer.free, 10, "it would have been full by then");
}

#[test]
fn what_comes_back_to_a_bucket_that_is_all_but_full_is_no_part_of_a_token_more() {
    let mut store = Store::new();
    store.granted(1, ask(BUCKET, &[], now(5, 5)));
    store.pass(90_000);
    let answer = store.hear(1, ask(BUCKET, &[row(HEAD, 5, 5)], None));
    assert_eq!(answer.free, 49, "nine tenths of a token were refilled");
    store.pass(10_000);
    assert_eq!(store.hear(1, ask(BUCKET, &[], None)).free, 50);
}

#[test]
fn the_next_row_is_promised_and_taken_when_it_begins() {
    let mut store = Store::new();
    let next = ask(BUCKET, &[], wish(When::After(HEAD), 0, 30, 30));
    let answer = store.hear(1, next);
    assert_eq!((last(&answer), answer.free), (row(HEAD + 1, 30, 0), 20));
    store.pass(SECOND - 1);
    assert_eq!(
        store.hear(1, ask(BUCKET, &[], None)).free,
        20,
        "nothing refills a full bucket"
    );
    let some = store.hear(1, ask(BUCKET, &[row(HEAD + 1, 30, 10)], None));
    assert_eq!(some.free, 30);
    store.pass(1);
    assert_eq!(store.hear(1, ask(BUCKET, &[], None)).free, 30);
    store.pass(SECOND);
    assert_eq!(store.hear(1, ask(BUCKET, &[], None)).free, 40);
}

#[test]
fn debts_are_taken_below_nothing_up_to_a_window() {
    let mut store = Store::new();
    store.granted(1, ask(BUCKET, &[], now(50, 50)));
    assert_eq!(
        store.hear(1, ask(BUCKET, &[row(HEAD, 60, 0)], None)).free,
        0
    );
    store.pass(SECOND);
    assert_eq!(store.hear(1, ask(BUCKET, &[], None)).free, 0);
    store.pass(SECOND);
    assert_eq!(store.hear(1, ask(BUCKET, &[], None)).free, 10);
    store.hear(1, ask(BUCKET, &[row(HEAD + 2, 1_000_000, 0)], None));
    store.pass(11 * SECOND);
    assert_eq!(store.hear(1, ask(BUCKET, &[], None)).free, 10);
}

fn history(steps: impl Strategy<Value = Step>, cases: u32) {
    let slack = u64::try_from(SLACK.as_micros()).unwrap();
    assert_eq!(
        BURST,
        50 + (SECOND + slack).div_ceil(SECOND / 10),
        "10 a second"
    );
    let config = Config {
        shape: BUCKET,
        capacity: 100,
    };
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(cases));
    let grants = std::cell::Cell::new(0);
    let histories = prop::collection::vec(steps, 1..80);
    let result = runner.run(&histories, |steps| {
        let mut fleet = Fleet::new(&[config]);
        for step in &steps {
            fleet.step(step);
        }
        fleet.record.audit_bucket(BURST);
        grants.set(grants.get() + fleet.record.grants);
        Ok(())
    });
    result.unwrap();
    assert!(grants.get() > 1000, "{}", grants.get());
}

#[test]
fn no_interval_holds_more_than_the_burst_and_what_is_refilled() {
    history(everyday(), 1500);
}

#[test]
fn no_interval_holds_more_when_the_store_forgets() {
    let steps = prop_oneof![
        20 => everyday(),
        2 => Just(Step::Copy),
        1 => (any::<bool>(), 0..4_usize)
            .prop_map(|(replica, first)| Step::Lose { replica, first }),
    ];
    history(steps, 1500);
}
