//! The rules of a share, one by one.

use std::time::Duration;

use super::*;
use crate::cluster::{Answer, Reply, Row, When};

const SECOND: u64 = 1_000_000_000;
const MILLI: u64 = 1_000_000;
/// Rows of a second, eleven in a window.
const SHAPE: Shape = Shape::Sliding {
    step: 1_000_000,
    rows: 11,
};
const HEARTBEAT: Duration = Duration::from_millis(400);

fn at(nanos: u64) -> Timestamp {
    Timestamp::from_nanos(nanos)
}

fn row(epoch: u64, granted: u64, returned: u64) -> Row {
    Row {
        epoch,
        granted,
        returned,
    }
}

/// A node whose clock shows what the store's does, and a store that says what the test says.
struct Pair {
    share: Share,
    shape: Shape,
    capacity: u64,
    run: u64,
    /// What the last reply came to.
    heard: Heard,
}

impl Pair {
    fn new(shape: Shape, capacity: u64) -> Self {
        Self {
            share: Share::new(Timestamp::ZERO),
            shape,
            capacity,
            run: 1,
            heard: Heard::default(),
        }
    }

    /// In the middle of row 100 it was granted so much.
    fn granted(granted: u64) -> Self {
        let mut pair = Self::new(SHAPE, 1000);
        let now = 100 * SECOND + SECOND / 2;
        pair.roll(now);
        pair.ask(now);
        pair.answer(now, &[row(100, granted, 0)]);
        pair
    }

    fn roll(&mut self, now: u64) {
        self.share.roll(self.shape, at(now));
    }

    fn ask(&mut self, now: u64) -> (Vec<Row>, Option<Want>) {
        self.share.ask(self.capacity, at(now), false)
    }

    /// A reply without delay.
    fn answer(&mut self, now: u64, rows: &[Row]) {
        self.answer_of(now, rows, 500, 0);
    }

    fn answer_of(&mut self, now: u64, rows: &[Row], free: u64, not_before: u64) {
        let answer = Answer {
            epoch: grid::row_at(self.shape, now),
            rows: rows.to_vec(),
            free,
            not_before,
            generation: 1,
            capacity: self.capacity,
        };
        self.hear(now, now, now, answer);
    }

    fn hear(&mut self, sent: u64, stood: u64, received: u64, answer: Answer) {
        self.hear_of(1, sent, stood, received, answer);
    }

    fn hear_of(&mut self, nodes: u64, sent: u64, stood: u64, received: u64, answer: Answer) {
        let reply = Reply {
            now: stood / 1000,
            run: self.run,
            nodes,
            answers: vec![answer],
        };
        let (sent, received) = (at(sent), at(received));
        self.heard = self
            .share
            .answered(sent, received, &reply, &reply.answers[0]);
        self.share.roll(self.shape, received);
    }
}

fn empty_answer() -> Answer {
    Answer {
        epoch: 0,
        rows: vec![],
        free: 0,
        not_before: 0,
        generation: 1,
        capacity: 1000,
    }
}

// What may be spent, and when.

#[test]
fn nothing_is_spent_before_a_reply_has_granted_it() {
    let mut pair = Pair::new(SHAPE, 1000);
    pair.roll(SECOND);
    assert_eq!(pair.share.free(), 0);
    pair.share.need(1000, 5);
    pair.ask(SECOND);
    assert_eq!(pair.share.free(), 0, "it was asked for, and no more");
    pair.answer(SECOND, &[row(1, 7, 0)]);
    assert_eq!(pair.share.free(), 7);
}

#[test]
fn a_row_is_spent_until_the_next_begins_and_no_longer() {
    let mut pair = Pair::granted(10);
    let until = pair.share.steady_until().as_nanos();
    // The drift that is allowed for in half a second is a tenth of a millisecond.
    assert!(until.abs_diff(101 * SECOND) < MILLI, "{until}");
    pair.roll(until - 1);
    assert_eq!(pair.share.free(), 10);
    pair.roll(until);
    assert_eq!(pair.share.free(), 0);
}

#[test]
fn nothing_is_spent_where_the_stores_clock_may_stand_in_either_of_two_rows() {
    let mut pair = Pair::new(SHAPE, 1000);
    let end = 101 * SECOND;
    pair.ask(end - 8 * MILLI);
    let answer = Answer {
        epoch: 100,
        rows: vec![row(100, 10, 0), row(101, 10, 0)],
        ..empty_answer()
    };
    // Received 15 ms after it was sent, the store's clock may be 7 ms after the end, or 8 before.
    let (sent, received) = (end - 8 * MILLI, end + 7 * MILLI);
    pair.hear(sent, end - 8 * MILLI, received, answer);
    assert_eq!(pair.share.free(), 0, "certain of neither");
    pair.roll(end + 14 * MILLI);
    assert_eq!(pair.share.free(), 10, "certain of the second");
}

#[test]
fn a_wide_uncertainty_ends_with_a_quick_reply() {
    let mut pair = Pair::new(SHAPE, 1000);
    let now = 100 * SECOND + SECOND / 2;
    pair.ask(now - 499 * MILLI);
    let answer = Answer {
        rows: vec![row(100, 10, 0)],
        ..empty_answer()
    };
    pair.hear(now - 499 * MILLI, now - 40 * MILLI, now, answer);
    assert!(pair.share.steady_until().as_nanos() < 101 * SECOND - 300 * MILLI);
    pair.ask(now + MILLI);
    pair.answer(now + MILLI, &[]);
    assert!(pair.share.steady_until().as_nanos() > 101 * SECOND - MILLI);
}

#[test]
fn a_steady_row_stays_steady_when_more_is_known() {
    let mut pair = Pair::granted(10);
    let before = pair.share.steady_until();
    let now = 100 * SECOND + 600 * MILLI;
    pair.ask(now);
    // 30 ms under way: the guess, if it were made of this alone, would be that the row ends 15 ms sooner.
    let answer = empty_answer();
    pair.hear(now, now, now + 30 * MILLI, answer);
    assert!(pair.share.steady_until() >= before);
}

#[test]
fn a_clock_that_was_set_is_believed_anew() {
    let mut pair = Pair::granted(10);
    let now = 100 * SECOND + 600 * MILLI;
    pair.ask(now);
    // The store's clock is 5 s ahead of what it could be.
    let answer = Answer {
        epoch: 105,
        rows: vec![row(105, 4, 0)],
        ..empty_answer()
    };
    pair.hear(now, now + 5 * SECOND, now, answer);
    assert_eq!(pair.share.free(), 0, "not at once");
    pair.roll(now + 101 * MILLI);
    assert_eq!(pair.share.free(), 4);
    let old = pair.share.rows.get(100).map(Held::spare);
    assert_eq!(old, Some(10), "what was held of the other row is not spent");
    assert_eq!(pair.ask(now + 102 * MILLI).0, [row(100, 10, 10)]);
}

#[test]
fn a_clock_that_was_set_back_frees_no_older_row() {
    let mut pair = Pair::granted(10);
    let now = 100 * SECOND + 600 * MILLI;
    pair.ask(now);
    let answer = Answer {
        epoch: 100,
        rows: vec![row(97, 9, 0)],
        ..empty_answer()
    };
    pair.hear(now, now - 3 * SECOND, now, answer);
    pair.roll(now + 200 * MILLI);
    assert_eq!(pair.share.free(), 0);
    pair.roll(now + 3 * SECOND);
    assert_eq!(
        pair.share.free(),
        10,
        "the store's clock is in row 100 again"
    );
}

#[test]
fn a_calendar_row_is_spent_only_within_its_period() {
    let shape = Shape::Calendar {
        start: 60_000_000,
        end: 120_000_000,
    };
    let mut pair = Pair::new(shape, 100);
    let now = 119 * SECOND + 999 * MILLI;
    pair.ask(now - 4 * MILLI);
    let answer = Answer {
        rows: vec![row(60_000_000, 10, 0)],
        ..empty_answer()
    };
    pair.hear(now - 4 * MILLI, now, now, answer);
    assert_eq!(
        pair.share.free(),
        0,
        "it may be over: there is no slack in a calendar"
    );
}

// Totals.

#[test]
fn what_is_left_of_a_row_that_is_over_is_given_back() {
    let mut pair = Pair::granted(10);
    pair.share.charge(4);
    assert_eq!(
        pair.ask(100 * SECOND + 700 * MILLI).0,
        [],
        "not before it is over"
    );
    pair.roll(101 * SECOND + MILLI);
    assert_eq!(pair.ask(101 * SECOND + MILLI).0, [row(100, 10, 6)]);
    pair.answer(101 * SECOND + MILLI, &[row(100, 10, 6)]);
    assert_eq!(pair.ask(101 * SECOND + 2 * MILLI).0, [], "the store has it");
}

#[test]
fn what_was_told_in_vain_is_told_again() {
    let mut pair = Pair::granted(10);
    pair.roll(101 * SECOND + MILLI);
    assert_eq!(pair.ask(101 * SECOND + MILLI).0, [row(100, 10, 10)]);
    assert_eq!(pair.ask(101 * SECOND + 2 * MILLI).0, [row(100, 10, 10)]);
}

#[test]
fn a_debt_is_told_at_once_and_its_refund_goes_back_to_the_store() {
    let mut pair = Pair::granted(10);
    let now = 100 * SECOND + 500 * MILLI;
    pair.share.charge(10);
    pair.share.burden(at(now), 5);
    assert!(pair.share.must_ask(1000, at(now)));
    assert_eq!(pair.ask(now + MILLI).0, [row(100, 15, 0)]);
    pair.share.lighten(at(now), 5);
    assert_eq!(pair.share.free(), 0, "the store may not have heard of it");
    pair.share.lighten(at(now), 2);
    assert_eq!(pair.share.free(), 2, "granted, and free again");
    pair.answer(now + MILLI, &[row(100, 15, 0)]);
    assert_eq!(pair.share.free(), 2, "the debt may not have fitted");
    assert!(!pair.share.must_ask(1000, at(now + MILLI)));
    assert_eq!(pair.ask(now + 2 * MILLI).0, [row(100, 15, 5)]);
    pair.answer(now + 2 * MILLI, &[row(100, 15, 5)]);
    assert_eq!(pair.share.free(), 2);
}

#[test]
fn the_refund_of_a_debt_is_spent_where_the_store_has_granted_more_since() {
    let mut pair = Pair::granted(10);
    let now = 100 * SECOND + 500 * MILLI;
    pair.share.charge(12);
    pair.ask(now);
    // So all twelve were within the limit.
    pair.answer(now, &[row(100, 16, 0)]);
    pair.share.lighten(at(now), 5);
    assert_eq!(pair.share.free(), 9);
}

#[test]
fn a_debt_that_is_refunded_before_it_was_told_is_none() {
    let mut pair = Pair::granted(10);
    let now = 100 * SECOND + 500 * MILLI;
    pair.share.charge(13);
    pair.share.lighten(at(now), 5);
    assert!(!pair.share.must_ask(1000, at(now)));
    assert_eq!(pair.ask(now).0, []);
    assert_eq!(pair.share.free(), 2);
}

#[test]
fn a_refund_lightens_the_row_of_the_charge_and_never_a_newer_one() {
    let mut pair = Pair::granted(10);
    pair.share.charge(8);
    let next = 101 * SECOND + 300 * MILLI;
    pair.roll(next);
    pair.ask(next);
    pair.answer(next, &[row(100, 10, 2), row(101, 6, 0)]);
    pair.share.charge(6);
    pair.share.lighten(at(100 * SECOND + 600 * MILLI), 100);
    assert_eq!(pair.share.free(), 0, "row 101 is as it was");
    assert_eq!(pair.ask(next).0, [row(100, 10, 10)]);
    pair.share.lighten(at(next), 4);
    assert_eq!(pair.share.free(), 4);
}

#[test]
fn a_debt_burdens_the_row_of_the_charge_while_that_counts() {
    let mut pair = Pair::granted(10);
    let charged = at(100 * SECOND + 500 * MILLI);
    pair.share.charge(10);
    pair.roll(105 * SECOND + MILLI);
    pair.share.burden(charged, 3);
    assert_eq!(pair.ask(105 * SECOND + MILLI).0, [row(100, 13, 0)]);
    pair.answer(105 * SECOND + MILLI, &[row(100, 13, 0)]);
    // Row 100 counts until the end of row 110.
    pair.roll(111 * SECOND - MILLI);
    assert!(!pair.share.is_idle());
    pair.roll(111 * SECOND + 10 * MILLI);
    assert!(pair.share.is_idle());
    pair.share.burden(charged, 3);
    assert_eq!(pair.ask(111 * SECOND + 10 * MILLI).0, []);
}

#[test]
fn the_debt_of_a_bucket_does_not_grow_old() {
    let shape = Shape::Bucket {
        window: 60_000_000,
        level: 50,
        step: 1_000_000,
    };
    let mut pair = Pair::new(shape, 1000);
    pair.ask(SECOND);
    pair.answer(SECOND, &[row(1, 5, 0)]);
    pair.share.charge(5);
    pair.roll(70 * SECOND + MILLI);
    pair.share.burden(at(SECOND), 9);
    assert_eq!(pair.ask(70 * SECOND + MILLI).0, [row(70, 9, 0)]);
}

#[test]
fn what_is_charged_before_the_first_reply_is_a_debt_of_the_first_row() {
    let mut pair = Pair::new(SHAPE, 1000);
    pair.roll(SECOND);
    pair.share.charge(9);
    pair.share.lighten(at(SECOND), 2);
    assert!(pair.share.must_ask(1000, at(SECOND)));
    assert!(!pair.share.is_idle());
    pair.ask(SECOND);
    pair.answer(SECOND, &[row(1, 4, 0)]);
    assert_eq!(pair.share.free(), 0);
    assert_eq!(pair.ask(SECOND + MILLI).0, [row(1, 7, 0)]);
}

#[test]
fn what_is_charged_between_two_rows_is_a_debt_of_the_newer() {
    let mut pair = Pair::new(SHAPE, 1000);
    let end = 101 * SECOND;
    pair.ask(end - 8 * MILLI);
    let answer = Answer {
        rows: vec![row(100, 10, 0)],
        ..empty_answer()
    };
    pair.hear(end - 8 * MILLI, end - 8 * MILLI, end + 7 * MILLI, answer);
    pair.share.charge(3);
    pair.share.lighten(at(end + 7 * MILLI), 1);
    let (rows, _) = pair.ask(end + 8 * MILLI);
    assert_eq!(rows, [row(100, 10, 10), row(101, 2, 0)]);
}

#[test]
fn late_and_repeated_replies_change_nothing() {
    let mut pair = Pair::granted(10);
    let now = 100 * SECOND + 600 * MILLI;
    pair.share.charge(10);
    for sent in [now, now + MILLI] {
        pair.ask(sent);
    }
    pair.answer(now + MILLI, &[row(100, 30, 0)]);
    pair.share.charge(20);
    pair.answer(now + MILLI, &[row(100, 30, 0)]);
    pair.answer(now, &[row(100, 20, 0)]);
    assert_eq!(pair.share.free(), 0);
}

#[test]
fn what_replies_came_to_is_counted_once() {
    let mut pair = Pair::granted(10);
    assert_eq!((pair.heard.granted, pair.heard.left), (10, 10));
    pair.share.charge(13);
    let now = 100 * SECOND + SECOND / 2 + MILLI;
    pair.ask(now);
    for beyond in [3, 0] {
        pair.answer(now, &[row(100, 13, 0)]);
        assert_eq!((pair.heard.granted, pair.heard.beyond), (0, beyond));
        assert_eq!(pair.heard.left, 0);
    }
    let next = 101 * SECOND + SECOND / 2;
    pair.roll(next);
    pair.share.lighten(at(now), 4);
    pair.ask(next);
    for returned in [4, 0] {
        pair.answer(next, &[row(100, 13, 4)]);
        assert_eq!(pair.heard.returned, returned);
        assert_eq!(pair.heard.left, 0);
    }
}

#[test]
fn a_reply_that_was_half_a_second_under_way_grants_nothing() {
    let mut pair = Pair::new(SHAPE, 1000);
    let (sent, received) = (100 * SECOND + 100 * MILLI, 100 * SECOND + 600 * MILLI);
    pair.ask(sent);
    let answer = Answer {
        rows: vec![row(100, 10, 0)],
        ..empty_answer()
    };
    pair.hear(sent, sent, received, answer.clone());
    assert_eq!(pair.share.free(), 0);
    assert_eq!(pair.heard, Heard::default(), "nothing is known by it");
    pair.ask(received);
    pair.hear(received, received, received + MILLI, answer);
    assert_eq!(pair.share.free(), 10, "the next one tells of it");
}

#[test]
fn another_life_of_the_store_is_told_all_that_counts() {
    let mut pair = Pair::granted(10);
    pair.share.charge(4);
    pair.roll(102 * SECOND + MILLI);
    pair.ask(102 * SECOND + MILLI);
    pair.answer(102 * SECOND + MILLI, &[row(100, 10, 6), row(102, 5, 0)]);
    pair.share.charge(2);
    let now = 102 * SECOND + 500 * MILLI;
    pair.ask(now);
    pair.run = 2;
    pair.answer_of(now, &[], 1000, now / 1000 + 1_000_000);
    assert_eq!(pair.share.free(), 3, "what is held stays spendable");
    assert!(pair.share.must_ask(1000, at(now)));
    let (rows, _) = pair.ask(now);
    assert_eq!(rows, [row(100, 10, 6), row(102, 5, 0)]);
    pair.answer(now, &rows);
    assert!(!pair.share.must_ask(1000, at(now)));
}

#[test]
fn what_the_store_says_of_a_row_that_was_forgotten_is_not_heard() {
    let mut pair = Pair::granted(10);
    pair.share.charge(10);
    let now = 112 * SECOND;
    pair.roll(now);
    pair.ask(now);
    // Another store, whose clock is 12 s behind.
    pair.run = 2;
    let answer = Answer {
        rows: vec![row(100, 10, 0)],
        ..empty_answer()
    };
    pair.hear(now, now - 12 * SECOND, now, answer);
    pair.roll(now + SECOND / 2);
    assert_eq!(pair.share.free(), 0);
    assert_eq!(
        pair.ask(now + SECOND / 2).0,
        [],
        "it was spent: nothing is given back"
    );
}

#[test]
fn a_late_reply_of_a_former_life_is_not_heard() {
    let mut pair = Pair::granted(10);
    let now = 100 * SECOND + 600 * MILLI;
    pair.ask(now);
    pair.ask(now + MILLI);
    pair.run = 2;
    pair.answer(now + MILLI, &[]);
    pair.run = 1;
    pair.answer(now, &[row(100, 30, 0)]);
    assert_eq!(pair.share.free(), 10);
    assert!(
        pair.share.must_ask(1000, at(now)),
        "the second life is still to be told"
    );
}

// Shapes.

#[test]
fn in_another_shape_only_what_the_store_does_not_know_comes_along() {
    let mut pair = Pair::granted(10);
    let charged = at(100 * SECOND + 500 * MILLI);
    pair.share.charge(10);
    pair.share.burden(charged, 3);
    pair.shape = Shape::Sliding {
        step: 500_000,
        rows: 5,
    };
    let now = 100 * SECOND + 700 * MILLI;
    pair.roll(now);
    assert_eq!(pair.share.free(), 0);
    // Two rows of half a second later.
    pair.roll(now + 200 * MILLI);
    assert_eq!(pair.ask(now + 200 * MILLI), (vec![], None), "first it asks");
    pair.answer(now + 200 * MILLI, &[row(201, 0, 0)]);
    assert_eq!(pair.ask(now + 200 * MILLI).0, [row(201, 3, 0)]);
    pair.share.burden(charged, 2);
    assert_eq!(pair.ask(now + 200 * MILLI).0, [row(201, 5, 0)]);
    pair.share.lighten(charged, 5);
    assert_eq!(pair.ask(now + 200 * MILLI).0, [row(201, 5, 0)]);
}

#[test]
fn what_the_store_has_of_a_shape_that_comes_back_is_taken_for_spent() {
    let mut pair = Pair::granted(10);
    pair.share.charge(10);
    let now = 100 * SECOND + 600 * MILLI;
    pair.shape = Shape::Sliding {
        step: 500_000,
        rows: 5,
    };
    pair.roll(now);
    pair.shape = SHAPE;
    pair.roll(now + 150 * MILLI);
    pair.share.need(1000, 5);
    assert_eq!(pair.ask(now + 150 * MILLI), (vec![], None));
    pair.answer(now + 150 * MILLI, &[row(100, 10, 0)]);
    assert_eq!(pair.share.free(), 0);
    let want = pair.ask(now + 150 * MILLI).1.unwrap();
    assert_eq!((want.known, want.need), (10, 5));
    pair.answer(now + 150 * MILLI, &[row(100, 16, 0)]);
    assert_eq!(pair.share.free(), 6);
    pair.run = 2;
    pair.answer(now + 150 * MILLI, &[]);
    assert_eq!(pair.ask(now + 150 * MILLI).0, [row(100, 16, 0)], "once");
}

#[test]
fn what_was_carried_over_is_told_to_a_store_that_has_lost_it() {
    let mut pair = Pair::granted(10);
    pair.share.charge(10);
    pair.shape = Shape::Sliding {
        step: 500_000,
        rows: 5,
    };
    let now = 100 * SECOND + 900 * MILLI;
    pair.roll(now);
    pair.roll(now + 200 * MILLI);
    pair.ask(now + 200 * MILLI);
    pair.run = 2;
    pair.answer(now + 200 * MILLI, &[row(202, 0, 0)]);
    assert!(pair.share.must_ask(1000, at(now + 200 * MILLI)));
    assert_eq!(pair.ask(now + 200 * MILLI).0, [row(202, 10, 0)]);
}

#[test]
fn a_reply_to_a_call_in_another_shape_grants_nothing() {
    let mut pair = Pair::granted(10);
    let now = 100 * SECOND + 600 * MILLI;
    pair.ask(now);
    pair.shape = Shape::Sliding {
        step: 500_000,
        rows: 5,
    };
    pair.roll(now + MILLI);
    let answer = Answer {
        epoch: 201,
        rows: vec![row(201, 50, 0)],
        ..empty_answer()
    };
    pair.hear(now, now, now + 2 * MILLI, answer);
    pair.roll(now + 300 * MILLI);
    assert_eq!(pair.share.free(), 0);
}

#[test]
fn the_next_period_of_a_calendar_begins_at_nothing() {
    let period = |number: u64| Shape::Calendar {
        start: number * 60_000_000,
        end: (number + 1) * 60_000_000,
    };
    let mut pair = Pair::new(period(1), 100);
    pair.ask(90 * SECOND);
    pair.answer(90 * SECOND, &[row(60_000_000, 10, 0)]);
    pair.share.charge(10);
    pair.shape = period(2);
    pair.roll(121 * SECOND);
    assert!(pair.share.is_idle());
    assert_eq!(pair.share.free(), 0);
    pair.ask(121 * SECOND);
    pair.answer(121 * SECOND, &[row(120_000_000, 6, 0)]);
    assert_eq!(pair.share.free(), 6);
}

// Slots.

const SLOTS: Shape = Shape::Concurrency { ttl: 2_000_000 };

fn slots(granted: u64) -> Pair {
    let mut pair = Pair::new(SLOTS, 8);
    pair.roll(SECOND);
    pair.ask(SECOND);
    pair.answer(SECOND, &[row(0, granted, 0)]);
    pair
}

#[test]
fn slots_are_taken_and_released() {
    let mut pair = slots(4);
    pair.share.charge(3);
    assert_eq!(pair.share.free(), 1);
    pair.share.release(2);
    assert_eq!(pair.share.free(), 3);
}

#[test]
fn slots_are_taken_only_while_the_store_keeps_them() {
    let mut pair = slots(4);
    let until = 3 * SECOND - 400_000;
    assert_eq!(pair.share.steady_until(), at(until));
    pair.roll(until - 1);
    assert_eq!(pair.share.free(), 4);
    pair.roll(until);
    assert_eq!(pair.share.free(), 0);
}

#[test]
fn slots_that_the_store_may_have_given_away_are_not_taken_again() {
    let mut pair = slots(4);
    pair.share.charge(1);
    pair.roll(4 * SECOND);
    pair.share.need(8, 1);
    assert_eq!(pair.ask(4 * SECOND), (vec![row(0, 4, 3)], None));
    // There was another grant that was lost before.
    pair.answer(4 * SECOND, &[row(0, 6, 3)]);
    assert_eq!(pair.share.free(), 0);
    let (rows, want) = pair.ask(4 * SECOND + MILLI);
    assert_eq!(rows, [row(0, 6, 5)]);
    assert_eq!(want.map(|want| (want.need, want.known)), Some((1, 6)));
    pair.answer(4 * SECOND + MILLI, &[row(0, 7, 5)]);
    assert_eq!(pair.share.free(), 1);
}

#[test]
fn slots_beyond_twice_what_is_in_use_go_back() {
    let mut pair = slots(8);
    pair.share.charge(2);
    assert_eq!(pair.ask(SECOND + MILLI).0, [row(0, 8, 4)]);
    assert_eq!(pair.share.free(), 2);
    pair.share.release(2);
    pair.answer(SECOND + MILLI, &[row(0, 8, 4)]);
    assert_eq!(pair.ask(SECOND + 2 * MILLI).0, [row(0, 8, 8)]);
    pair.answer(SECOND + 2 * MILLI, &[row(0, 8, 8)]);
    assert!(pair.share.is_idle());
}

#[test]
fn when_the_capacity_is_lowered_each_node_keeps_its_part() {
    let mut pair = slots(8);
    pair.share.charge(6);
    pair.capacity = 4;
    pair.ask(SECOND + MILLI);
    pair.answer(SECOND + MILLI, &[row(0, 8, 0)]);
    assert_eq!(pair.share.free(), 0);
    pair.share.release(2);
    assert_eq!(pair.share.free(), 0, "4 of 8 are its part, and in use");
    pair.share.release(1);
    assert_eq!(pair.share.free(), 1);
    assert_eq!(pair.ask(SECOND + 2 * MILLI).0, [row(0, 8, 4)]);
}

#[test]
fn who_holds_more_than_its_part_passes_some_on_where_there_is_none_left() {
    let busy = |free: u64, nodes: u64| {
        let mut pair = slots(8);
        pair.share.charge(8);
        pair.ask(SECOND + MILLI);
        let answer = Answer {
            epoch: 0,
            rows: vec![row(0, 8, 0)],
            free,
            not_before: 0,
            generation: 1,
            capacity: 8,
        };
        pair.hear_of(
            nodes,
            SECOND + MILLI,
            SECOND + MILLI,
            SECOND + MILLI,
            answer,
        );
        for _ in 0..80 {
            pair.share.release(1);
            pair.share.charge(pair.share.free());
        }
        pair.share.rows.get(0).unwrap().held()
    };
    assert_eq!(busy(0, 2), 4, "an even part");
    assert_eq!(busy(0, 1), 8, "there is nobody else");
    assert_eq!(busy(1, 2), 8, "the store has some");
}

#[test]
fn slots_that_others_lack_go_back_though_the_store_has_too_few_for_a_request() {
    let kept = |free: u64| {
        let mut pair = Pair::new(SLOTS, 1_000);
        pair.roll(SECOND);
        pair.ask(SECOND);
        let held = 1_000 - 400 - free;
        let answer = Answer {
            rows: vec![row(0, held, 0)],
            free,
            ..empty_answer()
        };
        pair.share.charge(held / 2);
        pair.hear_of(2, SECOND, SECOND, SECOND, answer);
        pair.ask(SECOND + MILLI);
        pair.share.rows.get(0).unwrap().held() - held / 2
    };
    assert_eq!(kept(62), 0, "of even parts of 500");
    assert!(kept(63) > 200, "for its own next requests");
}

// When to ask.

#[test]
fn who_is_denied_makes_it_ask_for_the_need() {
    let mut pair = Pair::granted(0);
    let now = 100 * SECOND + 600 * MILLI;
    assert!(!pair.share.must_ask(1000, at(now)));
    pair.share.need(1000, 5);
    assert!(pair.share.must_ask(1000, at(now)));
    let (_, want) = pair.ask(now);
    let want = want.unwrap();
    assert_eq!((want.when, want.known, want.need), (When::Now, 0, 5));
    assert!((5..=1000).contains(&want.most), "{want:?}");
}

#[test]
fn what_can_never_be_is_not_asked_for() {
    let mut pair = Pair::granted(0);
    pair.share.need(1000, 1001);
    assert!(!pair.share.must_ask(1000, at(101 * SECOND)));
    assert_eq!(pair.share.retry(1000, 1001), Wait::Never);
    assert_eq!(pair.share.retry(1000, 1000), Wait::WhenGranted);
    let bucket = Shape::Bucket {
        window: 1_000_000,
        level: 20,
        step: 100_000,
    };
    let mut pair = Pair::new(bucket, 1000);
    pair.roll(SECOND);
    assert_eq!(
        pair.share.retry(1000, 21),
        Wait::Never,
        "more than its level"
    );
}

#[test]
fn a_denial_is_remembered_for_what_it_denied_until_its_time_or_for_a_second() {
    let mut pair = Pair::granted(0);
    let now = 100 * SECOND + 500 * MILLI;
    pair.share.need(1000, 5);
    pair.ask(now);
    pair.answer_of(now, &[], 3, 105_000_000);
    let Wait::At(until) = pair.share.retry(1000, 5) else {
        panic!("it was denied");
    };
    // The store's clock may run 200 millionths behind: 0.9 ms in 4.5 s.
    assert!((105 * SECOND..105 * SECOND + MILLI).contains(&until.as_nanos()));
    assert_eq!(pair.share.retry(1000, 6), Wait::At(until));
    assert_eq!(pair.share.retry(1000, 4), Wait::WhenGranted);
    pair.share.need(1000, 5);
    assert!(!pair.share.must_ask(1000, at(now + SECOND - 1)));
    assert!(pair.share.must_ask(1000, at(now + SECOND)));
    pair.share.need(1000, 4);
    assert!(pair.share.must_ask(1000, at(now)), "less than was denied");
    assert_eq!(pair.ask(now).1.unwrap().need, 4);
    pair.roll(until.as_nanos());
    assert_eq!(pair.share.retry(1000, 5), Wait::WhenGranted);
}

#[test]
fn where_nothing_is_free_nothing_less_is_asked_for() {
    let mut pair = Pair::granted(0);
    let now = 100 * SECOND + 500 * MILLI;
    pair.share.need(1000, 5);
    pair.ask(now);
    pair.answer_of(now, &[], 0, 101_000_000);
    pair.share.need(1000, 1);
    assert!(!pair.share.must_ask(1000, at(now + MILLI)));
    assert!(matches!(pair.share.retry(1000, 1), Wait::At(_)));
}

#[test]
fn a_store_that_only_listens_denies_nothing_for_certain() {
    let mut pair = Pair::granted(0);
    let now = 100 * SECOND + 500 * MILLI;
    pair.share.need(1000, 5);
    pair.ask(now);
    pair.answer_of(now, &[], 900, 101_000_000);
    assert_eq!(pair.share.retry(1000, 5), Wait::WhenGranted);
    pair.share.need(1000, 5);
    assert!(!pair.share.must_ask(1000, at(now + MILLI)), "in vain");
}

#[test]
fn a_store_that_has_too_little_to_lay_by_does_not_listen() {
    let mut pair = busy();
    pair.share.charge(90);
    let now = 100 * SECOND + 500 * MILLI;
    assert_eq!(pair.ask(now).1.unwrap().need, 0);
    pair.answer_of(now, &[], 7, 101_000_000);
    pair.share.charge(10);
    pair.share.need(10_000, 5);
    assert!(pair.share.must_ask(10_000, at(now)));
}

#[test]
fn a_grant_forgets_the_denial() {
    let mut pair = Pair::granted(0);
    let now = 100 * SECOND + 500 * MILLI;
    pair.share.need(1000, 50);
    pair.ask(now);
    pair.answer_of(now, &[], 30, 105_000_000);
    pair.share.need(1000, 20);
    pair.ask(now);
    pair.answer_of(now, &[row(100, 20, 0)], 400, 0);
    assert_eq!(pair.share.retry(1000, 50), Wait::WhenGranted);
}

/// One that knows from rows 99 and 100 that about 100 are spent in a row.
fn busy() -> Pair {
    let mut pair = Pair::new(SHAPE, 10_000);
    for epoch in [98, 99, 100] {
        let now = epoch * SECOND + MILLI;
        pair.roll(now);
        pair.ask(now);
        pair.answer(now, &[row(epoch, 100, 0)]);
        if epoch < 100 {
            pair.share.charge(100);
        }
    }
    pair
}

#[test]
fn more_is_asked_for_when_little_is_left() {
    let mut pair = busy();
    pair.share.charge(85);
    let now = 100 * SECOND + 100 * MILLI;
    assert!(!pair.share.may_ask(10_000, at(now)), "15 of 100 are left");
    pair.share.charge(1);
    assert!(pair.share.may_ask(10_000, at(now)));
    assert!(!pair.share.must_ask(10_000, at(now)), "nobody waits");
    let want = pair.ask(now).1.unwrap();
    assert_eq!((want.when, want.known, want.need), (When::Now, 100, 0));
    assert!(want.most >= 90, "{want:?}");
}

#[test]
fn little_is_enough_shortly_before_the_end() {
    let mut pair = busy();
    pair.share.charge(86);
    assert!(pair.share.may_ask(10_000, at(100 * SECOND + 100 * MILLI)));
    let now = 101 * SECOND - 5 * MILLI;
    pair.ask(now);
    assert!(!pair.share.may_ask(10_000, at(now)));
}

#[test]
fn the_next_row_is_asked_for_when_most_of_this_one_is_gone() {
    let mut pair = busy();
    pair.share.charge(50);
    let early = 100 * SECOND + 590 * MILLI;
    assert!(!pair.share.may_ask(10_000, at(early)));
    let look_by = pair.share.look_by().as_nanos();
    assert!(look_by.abs_diff(100 * SECOND + 600 * MILLI) < MILLI);
    let now = 100 * SECOND + 610 * MILLI;
    assert!(pair.share.may_ask(10_000, at(now)));
    let want = pair.ask(now).1.unwrap();
    assert_eq!((want.when, want.known, want.need), (When::After(100), 0, 0));
    assert!((80..=150).contains(&want.most), "{want:?}");
    assert!(!pair.share.may_ask(10_000, at(now)), "once");
    assert_eq!(pair.share.look_by(), pair.share.steady_until());
    pair.answer(now, &[row(101, 90, 0)]);
    assert_eq!(pair.share.free(), 50, "it is not for now");
    assert!(!pair.share.may_ask(10_000, at(now)));
    pair.roll(101 * SECOND + MILLI);
    assert_eq!(pair.share.free(), 90);
}

#[test]
fn who_holds_the_next_row_asks_for_none() {
    let mut pair = busy();
    pair.share.charge(50);
    let now = 100 * SECOND + 610 * MILLI;
    pair.ask(now - 2 * MILLI);
    pair.answer(now - 2 * MILLI, &[row(101, 5, 0)]);
    assert!(!pair.share.may_ask(10_000, at(now)));
}

#[test]
fn who_leaves_gives_back_everything_and_wants_nothing() {
    let mut pair = Pair::granted(10);
    pair.share.charge(4);
    pair.share.need(1000, 50);
    let asked = pair.share.ask(1000, at(100 * SECOND + 600 * MILLI), true);
    assert_eq!(asked, (vec![row(100, 10, 6)], None));
    assert_eq!(pair.share.free(), 0);
}

#[test]
fn it_is_visited_while_something_counts() {
    let mut pair = Pair::new(SHAPE, 1000);
    assert_eq!(pair.share.next_visit(HEARTBEAT), None);
    let now = 100 * SECOND;
    pair.roll(now);
    pair.ask(now);
    pair.answer(now, &[row(100, 10, 0)]);
    let due = at(now).saturating_add(HEARTBEAT);
    assert_eq!(pair.share.next_visit(HEARTBEAT), Some(due));
    pair.share.charge(10);
    pair.ask(due.as_nanos());
    let sooner = due.saturating_add(HEARTBEAT / 4);
    assert_eq!(pair.share.next_visit(HEARTBEAT), Some(sooner), "unanswered");
    pair.answer(due.as_nanos(), &[]);
    pair.roll(111 * SECOND - MILLI);
    assert!(pair.share.next_visit(HEARTBEAT).is_some());
    pair.roll(111 * SECOND + 10 * MILLI);
    assert_eq!(pair.share.next_visit(HEARTBEAT), None);
}

#[test]
fn what_all_have_used_counts_what_is_held_here_and_not_spent_as_unused() {
    let mut pair = Pair::new(SHAPE, 100);
    let now = 100 * SECOND + 500 * MILLI;
    pair.roll(now);
    assert_eq!(pair.share.used_by_all(), 0);
    pair.ask(now);
    pair.answer_of(now, &[row(100, 30, 0)], 40, 0);
    assert_eq!(pair.share.used_by_all(), 30, "by others");
    pair.share.charge(10);
    pair.share.lighten(at(now), 1);
    assert_eq!(pair.share.used_by_all(), 39);
    pair.share.charge(90);
    assert_eq!(pair.share.used_by_all(), 129);
}

#[test]
fn it_is_bounded() {
    let mut pair = Pair::new(SHAPE, 1000);
    for epoch in 100..1000 {
        let now = epoch * SECOND + MILLI;
        pair.roll(now);
        pair.ask(now);
        pair.answer(now, &[row(epoch, 1, 0), row(epoch + 1, 1, 0)]);
    }
    assert!(pair.share.rows.iter().count() <= 12);
    assert_eq!(size_of::<Held>(), 96);
}
