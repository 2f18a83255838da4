//! Windows: what is granted, when it is free again, and what of a message that is lost, repeated or late.

use tollgate::cluster::{Book, Call, Shape, When};

use super::{SECOND, START, Store, TEN, ask, call_of, last, now, row, wish};

const HEAD: u64 = START / SECOND;

#[test]
fn nodes_together_get_the_capacity_and_no_more() {
    let mut store = Store::new();
    assert_eq!(store.granted(1, ask(TEN, &[], now(60, 60))), 60);
    assert_eq!(store.granted(2, ask(TEN, &[], now(41, 41))), 0);
    let answer = store.hear(2, ask(TEN, &[], now(40, 40)));
    assert_eq!((last(&answer).granted, answer.free), (40, 0));
}

#[test]
fn beyond_its_need_a_node_gets_half_its_part_of_what_is_free() {
    let mut store = Store::new();
    assert_eq!(store.granted(1, ask(TEN, &[], now(1, 100))), 50);
    assert_eq!(store.granted(2, ask(TEN, &[], now(0, 100))), 12);
    assert_eq!(store.granted(3, ask(TEN, &[], now(20, 100))), 20);
}

#[test]
fn what_was_granted_is_free_again_when_its_row_has_left_every_window() {
    let mut store = Store::new();
    store.granted(1, ask(TEN, &[], now(100, 100)));
    let denied = store.hear(2, ask(TEN, &[], now(1, 1)));
    assert_eq!(denied.not_before, (HEAD + 11) * SECOND);
    store.now = denied.not_before - 1;
    assert_eq!(store.granted(2, ask(TEN, &[], now(1, 1))), 0);
    store.pass(1);
    assert_eq!(store.granted(2, ask(TEN, &[], now(1, 1))), 1);
}

#[test]
fn a_denial_says_by_when_enough_of_the_old_rows_have_left() {
    let mut store = Store::new();
    for amount in [30, 20, 50] {
        store.granted(1, ask(TEN, &[], now(amount, amount)));
        store.pass(SECOND);
    }
    let opens = |need, store: &mut Store| store.hear(2, ask(TEN, &[], now(need, need))).not_before;
    assert_eq!(opens(30, &mut store), (HEAD + 11) * SECOND);
    assert_eq!(opens(31, &mut store), (HEAD + 12) * SECOND);
    assert_eq!(opens(51, &mut store), (HEAD + 13) * SECOND);
    assert_eq!(opens(101, &mut store), Call::MOST, "never");
}

#[test]
fn what_comes_back_is_free_at_once() {
    let mut store = Store::new();
    store.granted(1, ask(TEN, &[], now(100, 100)));
    let answer = store.hear(1, ask(TEN, &[row(HEAD, 100, 30)], None));
    assert_eq!((answer.free, answer.not_before), (30, 0));
    assert_eq!(store.granted(2, ask(TEN, &[], now(30, 30))), 30);
}

#[test]
fn a_repeated_or_overtaken_report_changes_nothing() {
    let mut store = Store::new();
    store.granted(1, ask(TEN, &[], now(100, 100)));
    store.hear(1, ask(TEN, &[row(HEAD, 100, 30)], None));
    for late in [row(HEAD, 100, 30), row(HEAD, 100, 0), row(HEAD, 40, 0)] {
        let answer = store.hear(1, ask(TEN, &[late], None));
        assert_eq!((answer.free, answer.rows), (30, vec![row(HEAD, 100, 30)]));
    }
}

#[test]
fn nobody_gives_back_more_than_was_granted() {
    let mut store = Store::new();
    store.granted(1, ask(TEN, &[], now(50, 50)));
    let answer = store.hear(1, ask(TEN, &[row(HEAD, 50, 80)], None));
    assert_eq!((answer.free, last(&answer)), (100, row(HEAD, 50, 50)));
}

#[test]
fn a_grant_whose_reply_was_lost_is_not_charged_twice() {
    let mut store = Store::new();
    store.granted(1, ask(TEN, &[], now(30, 30)));
    let again = store.hear(1, ask(TEN, &[], now(30, 30)));
    assert_eq!((last(&again).granted, again.free), (30, 70));
    let more = store.hear(1, ask(TEN, &[], now(50, 50)));
    assert_eq!((last(&more).granted, more.free), (50, 50));
    let known = store.hear(1, ask(TEN, &[], wish(When::Now, 50, 10, 10)));
    assert_eq!((last(&known).granted, known.free), (60, 40));
}

#[test]
fn a_lost_grant_serves_a_need_that_nothing_is_left_for() {
    let mut store = Store::new();
    store.granted(1, ask(TEN, &[], now(100, 100)));
    let again = store.hear(1, ask(TEN, &[], now(100, 100)));
    assert_eq!((last(&again).granted, again.not_before), (100, 0));
}

#[test]
fn what_a_node_reports_it_knows_of() {
    let mut store = Store::new();
    store.granted(1, ask(TEN, &[], now(30, 30)));
    let rows = [row(HEAD, 30, 0)];
    assert_eq!(store.granted(1, ask(TEN, &rows, now(10, 10))), 40);
}

#[test]
fn debts_count_where_nothing_is_free() {
    let mut store = Store::new();
    store.granted(1, ask(TEN, &[], now(100, 100)));
    let debt = store.hear(1, ask(TEN, &[row(HEAD, 130, 0)], None));
    assert_eq!((debt.free, last(&debt)), (0, row(HEAD, 130, 0)));
    let answer = store.hear(1, ask(TEN, &[row(HEAD, 130, 40)], None));
    assert_eq!(answer.free, 10);
}

#[test]
fn the_next_row_is_granted_within_the_windows_that_will_hold_it() {
    let mut store = Store::new();
    let next = |need| ask(TEN, &[], wish(When::After(HEAD), 0, need, need));
    store.granted(1, ask(TEN, &[], now(60, 60)));
    let answer = store.hear(1, next(40));
    assert_eq!((last(&answer), answer.free), (row(HEAD + 1, 40, 0), 0));
    assert_eq!(
        store.granted(2, ask(TEN, &[], now(1, 1))),
        0,
        "they share windows"
    );
    store.now = (HEAD + 11) * SECOND;
    assert_eq!(store.granted(2, ask(TEN, &[], now(60, 60))), 60);
    assert_eq!(
        store.granted(2, ask(TEN, &[], wish(When::Now, 60, 1, 1))),
        60
    );
}

#[test]
fn what_leaves_with_this_row_is_free_in_the_next() {
    let mut store = Store::new();
    store.granted(1, ask(TEN, &[], now(100, 100)));
    store.now = (HEAD + 10) * SECOND;
    let next = ask(TEN, &[], wish(When::After(HEAD + 10), 0, 100, 100));
    let answer = store.hear(1, next);
    assert_eq!(last(&answer), row(HEAD + 11, 100, 0));
    assert_eq!(store.granted(2, ask(TEN, &[], now(1, 1))), 0);
}

#[test]
fn a_wish_for_the_next_row_that_comes_late_is_for_this_one() {
    let mut store = Store::new();
    let answer = store.hear(1, ask(TEN, &[], wish(When::After(HEAD - 1), 0, 5, 5)));
    assert_eq!(last(&answer), row(HEAD, 5, 0));
}

#[test]
fn rows_that_no_longer_count_are_left_out() {
    let mut store = Store::new();
    let rows = [
        row(HEAD - 11, 9, 0),
        row(HEAD - 10, 7, 0),
        row(HEAD + 1, 5, 0),
    ];
    let answer = store.hear(1, ask(TEN, &rows, None));
    let there = [row(HEAD - 10, 7, 0), row(HEAD + 1, 5, 0), row(HEAD, 0, 0)];
    assert_eq!(answer.rows, there);
    assert_eq!(answer.free, 93, "the first and the last share no window");
}

#[test]
fn rows_ahead_of_the_stores_clock_count() {
    let mut store = Store::new();
    store.hear(1, ask(TEN, &[row(HEAD + 10, 100, 0)], None));
    assert_eq!(store.granted(2, ask(TEN, &[], now(1, 1))), 0);
    store.hear(3, ask(TEN, &[row(HEAD + 11, 100, 0)], None));
    store.now = (HEAD + 21) * SECOND;
    assert_eq!(store.granted(2, ask(TEN, &[], now(100, 100))), 100);
}

#[test]
fn a_clock_that_steps_back_revives_no_row() {
    let mut store = Store::new();
    store.granted(1, ask(TEN, &[], now(100, 100)));
    store.now -= 5 * SECOND;
    let answer = store.hear(2, ask(TEN, &[], now(1, 1)));
    assert_eq!((answer.epoch, last(&answer).granted), (HEAD, 0));
}

#[test]
fn a_calendar_window_is_one_row_and_the_next_begins_anew() {
    let of = |start| Shape::Calendar {
        start,
        end: start + 60 * SECOND,
    };
    let mut store = Store::new();
    let (first, second) = (of(START), of(START + 60 * SECOND));
    assert_eq!(store.granted(1, ask(first, &[], now(100, 100))), 100);
    let denied = store.hear(2, ask(first, &[], now(1, 1)));
    assert_eq!(denied.not_before, START + 60 * SECOND);
    let early = store.hear(2, ask(second, &[], now(1, 1)));
    assert_eq!((early.epoch, early.rows.len()), (START, 0));
    assert_eq!(early.not_before, START + 60 * SECOND);
    store.now = early.not_before;
    let late = store.hear(1, ask(first, &[row(START, 200, 0)], now(1, 1)));
    assert_eq!((late.rows.len(), late.not_before), (0, store.now));
    assert_eq!(store.granted(2, ask(second, &[], now(100, 100))), 100);
    let late = store.hear(1, ask(first, &[row(START, 200, 0)], now(1, 1)));
    assert_eq!((late.epoch, late.rows.len()), (store.now, 0));
}

#[test]
fn a_period_that_a_store_has_never_heard_of_is_granted_only_while_it_lasts() {
    let mut store = Store::new();
    let start = START + SECOND;
    let shape = Shape::Calendar {
        start,
        end: start + 60 * SECOND,
    };
    let early = store.hear(1, ask(shape, &[], now(1, 1)));
    assert_eq!(
        (early.rows.len(), early.free, early.not_before),
        (0, 0, start)
    );
    store.pass(SECOND);
    assert_eq!(store.granted(1, ask(shape, &[], now(1, 1))), 1);
    store.now = start + 60 * SECOND;
    let late = store.hear(1, ask(shape, &[], now(1, 1)));
    assert_eq!((late.rows.len(), late.not_before), (0, store.now));
}

#[test]
fn amounts_that_no_store_can_count_are_clamped() {
    let mut store = Store::new();
    let all = |row| ask(TEN, &[row], now(u64::MAX, u64::MAX));
    let answer = store.hear(1, all(row(HEAD, u64::MAX, u64::MAX)));
    assert_eq!(last(&answer), row(HEAD, Call::MOST, Call::MOST));
    let mut wide = all(row(HEAD, u64::MAX, 0));
    wide.capacity = u64::MAX;
    for node in 2..5 {
        let answer = store.hear(node, wide.clone());
        assert_eq!(last(&answer), row(HEAD, Call::MOST, 0));
        assert_eq!(answer.free, 0);
    }
    let answer = store.hear(2, ask(TEN, &[row(HEAD, Call::MOST, Call::MOST)], None));
    assert_eq!(answer.free, 0, "it has lost count of how much there is");
    store.now = u64::MAX;
    store.hear(1, all(row(u64::MAX, 1, 0)));
}

#[test]
fn limits_of_one_name_that_count_different_things_are_two() {
    let mut store = Store::new();
    store.granted(1, ask(TEN, &[], now(100, 100)));
    let mut tokens = ask(TEN, &[], now(100, 100));
    tokens.dimension = tollgate::Dimension::Tokens;
    assert_eq!(store.granted(1, tokens), 100);
}

#[test]
fn who_is_silent_for_three_heartbeats_is_no_longer_counted() {
    let mut store = Store::new();
    store.call(1, ask(TEN, &[], None));
    assert_eq!(store.call(2, ask(TEN, &[], None)).nodes, 2);
    store.pass(3 * super::HEARTBEAT);
    assert_eq!(store.call(2, ask(TEN, &[], None)).nodes, 2);
    store.pass(1);
    assert_eq!(store.call(2, ask(TEN, &[], None)).nodes, 1);
}

#[test]
fn a_tenant_that_nothing_counts_of_is_forgotten() {
    let mut book = Book::unwritten(1);
    book.call(START, &call_of(1, ask(TEN, &[], now(1, 1))));
    let mut other = call_of(1, ask(TEN, &[], None));
    other.tenant = "other".parse().unwrap();
    book.call((HEAD + 11) * SECOND - 1, &other);
    assert_eq!(book.tenants(), 2);
    book.call((HEAD + 11) * SECOND, &other);
    assert_eq!(book.tenants(), 1);
}
