//! The store of shared limits: each of its rules, and random histories under an auditor that knows none of them.

mod auditor;
mod bucket_history;
mod loss;
mod nodes;
mod rules;
mod slots;
mod terms;
mod window_history;

use std::time::Duration;

use tollgate::Dimension;
use tollgate::cluster::{Answer, Ask, Book, Call, Reply, Row, Shape, Want, When};

/// When the stores of these tests are first called, in microseconds.
const START: u64 = 1_000_000_000_000;
const SECOND: u64 = 1_000_000;
const HEARTBEAT: u64 = 400_000;

/// A window of ten seconds in rows of one.
const TEN: Shape = Shape::Sliding {
    step: SECOND,
    rows: 11,
};

fn row(epoch: u64, granted: u64, returned: u64) -> Row {
    Row {
        epoch,
        granted,
        returned,
    }
}

fn now(need: u64, most: u64) -> Want {
    wish(When::Now, 0, need, most)
}

fn wish(when: When, known: u64, need: u64, most: u64) -> Want {
    Want {
        when,
        known,
        need,
        most,
    }
}

/// What is said of one limit, of 100.
fn ask(shape: Shape, rows: &[Row], want: impl Into<Option<Want>>) -> Ask {
    Ask {
        limit: "api".into(),
        dimension: Dimension::Requests,
        generation: 1,
        shape,
        capacity: 100,
        rows: rows.to_vec(),
        want: want.into(),
    }
}

fn call_of(node: u64, ask: Ask) -> Call {
    Call {
        tenant: "acme".parse().unwrap(),
        node,
        heartbeat: Duration::from_micros(HEARTBEAT),
        asks: vec![ask],
    }
}

/// A store that has been there for long, and its clock.
struct Store {
    book: Book,
    now: u64,
}

impl Store {
    fn new() -> Self {
        Self {
            book: Book::unwritten(1),
            now: START,
        }
    }

    fn call(&mut self, node: u64, ask: Ask) -> Reply {
        self.book.call(self.now, &call_of(node, ask))
    }

    fn hear(&mut self, node: u64, ask: Ask) -> Answer {
        self.call(node, ask).answers.remove(0)
    }

    /// What a node has of the row that a wish was for, once it is answered.
    fn granted(&mut self, node: u64, ask: Ask) -> u64 {
        let answer = self.hear(node, ask);
        last(&answer).granted
    }

    fn pass(&mut self, micros: u64) {
        self.now += micros;
    }
}

/// The row that an answer is about.
fn last(answer: &Answer) -> Row {
    let row = answer.rows.last().copied().unwrap();
    assert_eq!(row.epoch, answer.epoch);
    row
}
