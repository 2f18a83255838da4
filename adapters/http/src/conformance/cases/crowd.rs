//! A thousand clients that go away mid-stream.

use tollgate::{Cost, Dimension, LimitConfig};

use super::cases;
use crate::conformance::answer::Answer;
use crate::conformance::ask::get;
use crate::conformance::client::Line;
use crate::conformance::diary::Counts;
use crate::conformance::doors::{Doors, acme};
use crate::conformance::house::House;
use crate::conformance::runner::Case;

pub(super) const CASES: &[Case] =
    cases![a_thousand_clients_that_go_mid_stream_leave_no_slot_taken_and_no_permit_open];

/// Clients that are connected at a time: a process may have 1,024 files open, and each needs two.
const WAVE: u64 = 200;

async fn a_thousand_clients_that_go_mid_stream_leave_no_slot_taken_and_no_permit_open(
    doors: Doors,
) {
    let slots = LimitConfig::concurrency("in-flight", Dimension::Requests, WAVE);
    let config = acme().limit(slots).tokens_per_minute(100_000);
    let house = doors.house_with(config, |gate| gate.estimate_with(|_| Cost::tokens(10)));
    for _ in 0..5 {
        wave(&house).await;
    }
    let all = Counts {
        admitted: 1_000,
        settled: 1_000,
        finished: 1_000,
    };
    assert_eq!(house.diary.counts(), all);
    assert!(
        house
            .diary
            .endings()
            .iter()
            .all(|ending| *ending == (Some(200), false))
    );
    assert!(
        house
            .diary
            .settlements()
            .iter()
            .all(|settled| settled.by_default)
    );
    assert_eq!(house.left("tokens_per_minute").await, 100_000 - 10 * 1_000);
    house.served(get("/")).await;
}

/// As many clients as there are slots: each reads the beginning of a stream, and goes away.
async fn wave(house: &House) {
    let (act, mut taps) = house.streaming(Answer::stream);
    let (mut lines, mut held): (Vec<Line>, Vec<_>) = (Vec::new(), Vec::new());
    for _ in 0..WAVE {
        let mut line = house.line().await;
        line.send(&[&get("/").act(&act)]).await;
        let tap = taps.recv().await.expect("a slot is free");
        tap.send("first");
        line.head().await.expect("a response");
        line.piece().await.expect("a chunk").expect("a chunk");
        lines.push(line);
        held.push(tap);
    }
    assert_eq!(house.taken().await, WAVE);
    house.refused(get("/"), 429, "tenant_quota_exceeded").await;
    lines.into_iter().for_each(Line::vanish);
    house.quiet().await;
    house.freed().await;
}
