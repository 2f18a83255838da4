//! Whose config is in force, and what becomes of what was counted by another.

use tollgate::cluster::{Ask, Shape};

use super::{HEARTBEAT, SECOND, START, Store, TEN, ask, last, now, row};

const HALVES: Shape = Shape::Sliding {
    step: SECOND / 2,
    rows: 7,
};
const BUCKET: Shape = Shape::Bucket {
    window: 10 * SECOND,
    level: 50,
    step: SECOND,
};

fn of(generation: u64, shape: Shape, capacity: u64, need: u64) -> Ask {
    Ask {
        generation,
        capacity,
        ..ask(shape, &[], now(need, need))
    }
}

#[test]
fn the_later_config_is_in_force_for_all() {
    let mut store = Store::new();
    assert_eq!(store.granted(1, of(1, TEN, 100, 40)), 40);
    let answer = store.hear(2, of(2, TEN, 50, 11));
    assert_eq!(
        (answer.generation, answer.capacity, answer.free),
        (2, 50, 10)
    );
    let behind = store.hear(3, of(1, TEN, 100, 11));
    assert_eq!(
        (behind.generation, behind.capacity, behind.free),
        (2, 50, 10)
    );
    assert_eq!(last(&behind).granted, 0);
    assert_eq!(store.granted(3, of(1, TEN, 100, 10)), 10);
}

#[test]
fn an_older_config_is_in_force_again_when_nobody_says_the_later_one() {
    let mut store = Store::new();
    store.granted(1, of(2, TEN, 50, 50));
    store.pass(3 * HEARTBEAT);
    assert_eq!(store.hear(2, of(1, TEN, 100, 1)).capacity, 50);
    store.hear(1, of(2, TEN, 50, 0));
    store.pass(3 * HEARTBEAT);
    assert_eq!(
        store.hear(2, of(1, TEN, 100, 1)).capacity,
        50,
        "it was said again"
    );
    store.pass(1);
    let answer = store.hear(2, of(1, TEN, 100, 50));
    assert_eq!(
        (answer.generation, answer.capacity, answer.free),
        (1, 100, 0)
    );
}

#[test]
fn of_two_configs_of_one_generation_the_first_stays_while_it_is_said() {
    let mut store = Store::new();
    store.hear(1, of(1, TEN, 50, 1));
    assert_eq!(store.hear(2, of(1, TEN, 100, 1)).capacity, 50);
    store.pass(3 * HEARTBEAT + 1);
    assert_eq!(store.hear(2, of(1, TEN, 100, 1)).capacity, 100);
}

#[test]
fn nodes_that_count_by_other_rows_get_nothing_and_change_nothing() {
    let mut store = Store::new();
    store.granted(1, of(2, TEN, 100, 40));
    let mut other = of(1, HALVES, 100, 1);
    other.rows = vec![row(2 * START / SECOND, 30, 0)];
    let answer = store.hear(2, other);
    assert_eq!((answer.free, answer.generation), (60, 2));
    assert_eq!(
        (answer.rows.len(), answer.not_before),
        (0, store.now + SECOND)
    );
}

#[test]
fn what_counted_in_the_old_rows_counts_in_the_new_ones() {
    let mut store = Store::new();
    for _ in 0..3 {
        store.granted(1, of(1, TEN, 100, 20));
        store.pass(SECOND);
    }
    store.hear(1, ask(TEN, &[row(START / SECOND, 20, 5)], None));
    let answer = store.hear(1, of(2, HALVES, 100, 45));
    assert_eq!((last(&answer).granted, answer.free), (45, 0));
    let opens = store.hear(1, of(2, HALVES, 100, 46)).not_before;
    assert_eq!(opens, store.now + 7 * (SECOND / 2));
    store.now = opens;
    assert_eq!(store.granted(1, of(2, HALVES, 100, 100)), 100);
}

#[test]
fn rows_that_have_left_before_the_change_are_not_carried() {
    let mut store = Store::new();
    store.granted(1, of(1, TEN, 100, 70));
    store.pass(11 * SECOND);
    assert_eq!(store.hear(1, of(2, HALVES, 100, 0)).free, 100);
}

#[test]
fn what_was_carried_is_carried_again() {
    let mut store = Store::new();
    store.granted(1, of(1, TEN, 100, 70));
    for (generation, shape) in [(2, HALVES), (3, TEN), (4, HALVES)] {
        assert_eq!(store.hear(1, of(generation, shape, 100, 0)).free, 30);
        store.pass(SECOND);
    }
}

#[test]
fn between_windows_and_buckets_nothing_is_gifted() {
    let mut store = Store::new();
    store.granted(1, of(1, TEN, 100, 30));
    assert_eq!(store.hear(1, of(2, BUCKET, 100, 0)).free, 20);
    assert_eq!(store.granted(1, of(2, BUCKET, 100, 20)), 20);
    assert_eq!(store.hear(1, of(3, TEN, 100, 0)).free, 50);
    store.pass(11 * SECOND);
    assert_eq!(store.hear(1, of(4, BUCKET, 100, 0)).free, 50);
}

#[test]
fn a_month_that_follows_a_day_begins_with_what_the_day_had() {
    let of_length = |length| Shape::Calendar {
        start: START,
        end: START + length,
    };
    let mut store = Store::new();
    store.granted(1, of(1, of_length(10 * SECOND), 100, 30));
    assert_eq!(
        store.hear(1, of(2, of_length(60 * SECOND), 100, 0)).free,
        70
    );
    store.pass(60 * SECOND);
    assert_eq!(
        store.hear(1, of(3, TEN, 100, 0)).free,
        100,
        "that month is over"
    );
}

#[test]
fn a_bucket_that_holds_more_from_now_on_holds_no_more_yet() {
    let larger = Shape::Bucket {
        window: 10 * SECOND,
        level: 80,
        step: SECOND,
    };
    let mut store = Store::new();
    store.granted(1, of(1, BUCKET, 100, 45));
    assert_eq!(store.hear(1, of(2, larger, 20, 0)).free, 5);
    store.pass(SECOND);
    assert_eq!(store.hear(1, of(2, larger, 20, 0)).free, 7);
    assert_eq!(store.hear(1, of(3, BUCKET, 100, 0)).free, 0);
}

#[test]
fn a_bucket_goes_on_at_the_new_rate() {
    let mut store = Store::new();
    store.granted(1, of(1, BUCKET, 100, 50));
    store.pass(SECOND);
    assert_eq!(store.hear(1, of(2, BUCKET, 200, 0)).free, 10);
    store.pass(SECOND);
    assert_eq!(store.hear(1, of(2, BUCKET, 200, 0)).free, 30);
}
