//! Concurrency: what is held at once, and by whom that is still there.

use tollgate::cluster::Shape;

use super::{SECOND, Store, ask, last, now, row, wish};
use tollgate::cluster::When;

const SLOTS: Shape = Shape::Concurrency { ttl: 2 * SECOND };

#[test]
fn what_is_held_at_once_stays_within_the_capacity() {
    let mut store = Store::new();
    assert_eq!(store.granted(1, ask(SLOTS, &[], now(60, 60))), 60);
    let denied = store.hear(2, ask(SLOTS, &[], now(41, 41)));
    assert_eq!((last(&denied).granted, denied.free), (0, 40));
    assert_eq!(denied.not_before, store.now + super::HEARTBEAT);
    store.hear(1, ask(SLOTS, &[row(0, 60, 1)], None));
    assert_eq!(store.granted(2, ask(SLOTS, &[], now(41, 41))), 41);
}

#[test]
fn what_a_silent_node_holds_is_free_after_its_time() {
    let mut store = Store::new();
    store.granted(1, ask(SLOTS, &[], now(100, 100)));
    store.pass(2 * SECOND);
    assert_eq!(store.granted(2, ask(SLOTS, &[], now(1, 1))), 0);
    store.pass(1);
    assert_eq!(store.granted(2, ask(SLOTS, &[], now(70, 70))), 70);
    let back = store.hear(1, ask(SLOTS, &[row(0, 100, 60)], now(1, 1)));
    assert_eq!(
        (last(&back), back.free),
        (row(0, 100, 60), 0),
        "it still runs"
    );
}

#[test]
fn who_is_heard_of_keeps_what_it_holds() {
    let mut store = Store::new();
    store.granted(1, ask(SLOTS, &[], now(100, 100)));
    let mut other = ask(super::TEN, &[], None);
    other.limit = "other".into();
    for _ in 0..5 {
        store.pass(SECOND);
        store.hear(1, other.clone());
    }
    assert_eq!(store.granted(2, ask(SLOTS, &[], now(1, 1))), 0);
}

#[test]
fn another_time_to_live_leaves_holdings_as_they_are() {
    let mut store = Store::new();
    store.granted(1, ask(SLOTS, &[], now(90, 90)));
    let mut longer = ask(
        Shape::Concurrency { ttl: 9 * SECOND },
        &[],
        wish(When::Now, 90, 11, 11),
    );
    longer.generation = 2;
    let answer = store.hear(1, longer);
    assert_eq!((last(&answer).granted, answer.free), (90, 10));
}
