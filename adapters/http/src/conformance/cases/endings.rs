//! When a request ends: its slot is held until then and no longer, whichever way it goes.

use std::future::pending;

use tollgate::{Cost, Dimension, LimitConfig, TenantConfig};

use super::cases;
use crate::conformance::answer::{Answer, Chunks, Failure, Tap};
use crate::conformance::ask::{Ask, get};
use crate::conformance::client::Line;
use crate::conformance::doors::{Doors, acme};
use crate::conformance::house::House;
use crate::conformance::runner::Case;

pub(super) const CASES: &[Case] = cases![
    a_slot_is_held_until_the_last_chunk_and_no_longer,
    a_body_that_is_all_there_frees_its_slot,
    a_body_of_an_announced_length_ends_with_its_last_byte,
    responses_without_a_body_free_their_slots,
    a_body_that_fails_frees_its_slot_and_keeps_the_estimate,
    a_handler_that_fails_frees_its_slot_and_keeps_the_estimate,
    a_handler_that_panics_frees_its_slot_and_keeps_the_estimate,
    a_permit_that_is_kept_for_ever_holds_no_slot,
];

/// One slot, 1,000 tokens a minute.
pub(super) fn one_slot() -> TenantConfig {
    let slot = LimitConfig::concurrency("in-flight", Dimension::Requests, 1);
    acme().limit(slot).tokens_per_minute(1_000)
}

/// A server at which each request is estimated at 100 tokens.
pub(super) fn house(doors: &Doors) -> House {
    doors.house_with(one_slot(), |gate| gate.estimate_with(|_| Cost::tokens(100)))
}

/// Begins a response that the case feeds, and reads its head and first chunk.
pub(super) async fn begun(house: &House, answer: fn(Chunks) -> Answer) -> (Line, Tap) {
    let (act, mut taps) = house.streaming(answer);
    let mut line = house.line().await;
    line.send(&[&get("/").act(&act)]).await;
    let tap = taps.recv().await.unwrap();
    tap.send("abc");
    assert_eq!(line.head().await.unwrap().status, 200);
    assert_eq!(line.piece().await.unwrap().unwrap(), b"abc");
    (line, tap)
}

async fn a_slot_is_held_until_the_last_chunk_and_no_longer(doors: Doors) {
    let house = house(&doors);
    let (mut line, tap) = begun(&house, Answer::stream).await;
    assert_eq!(house.taken().await, 1);
    house.refused(get("/"), 429, "tenant_quota_exceeded").await;
    tap.send("def");
    assert_eq!(line.piece().await.unwrap().unwrap(), b"def");
    assert_eq!(house.taken().await, 1, "the end is not known yet");
    drop(tap);
    assert!(line.piece().await.is_none());
    house.freed().await;
    house.served(get("/")).await;
    house.quiet().await;
    assert_eq!(
        house.diary.endings(),
        [(Some(200), true), (Some(200), true)]
    );
}

async fn a_body_that_is_all_there_frees_its_slot(doors: Doors) {
    let house = house(&doors);
    let mut line = house.line().await;
    for _ in 0..3 {
        assert_eq!(line.ask(&get("/")).await.text(), "acme by header");
        house.freed().await;
    }
    house.quiet().await;
    assert_eq!(house.diary.endings(), [(Some(200), true); 3]);
}

async fn a_body_of_an_announced_length_ends_with_its_last_byte(doors: Doors) {
    let house = house(&doors);
    let (mut line, tap) = begun(&house, |chunks| Answer::announced(6, chunks)).await;
    assert_eq!(house.taken().await, 1);
    tap.send("def");
    assert_eq!(line.piece().await.unwrap().unwrap(), b"def");
    assert!(line.piece().await.is_none());
    drop(tap);
    house.freed().await;
    house.quiet().await;
    assert_eq!(house.diary.endings(), [(Some(200), true)]);
}

async fn responses_without_a_body_free_their_slots(doors: Doors) {
    let house = house(&doors);
    let mut line = house.line().await;
    let empty = |status| house.answering(move || Answer::empty().status(status));
    for (status, act) in [(200, empty(200)), (204, empty(204)), (304, empty(304))] {
        let seen = line.ask(&get("/").act(&act)).await;
        assert_eq!((seen.status(), seen.body.len()), (status, 0));
        house.freed().await;
    }
    let head = line.ask(&Ask::of("HEAD", "/").tenant("acme")).await;
    assert_eq!((head.status(), head.body.len()), (200, 0));
    house.freed().await;
    assert_eq!(line.ask(&get("/")).await.text(), "acme by header");
    house.quiet().await;
    let endings = [200, 204, 304, 200, 200].map(|status| (Some(status), true));
    assert_eq!(house.diary.endings(), endings);
}

async fn a_body_that_fails_frees_its_slot_and_keeps_the_estimate(doors: Doors) {
    let house = house(&doors);
    let (mut line, tap) = begun(&house, Answer::stream).await;
    tap.fail();
    assert!(
        line.piece().await.unwrap().is_err(),
        "the client sees that it is torn"
    );
    house.freed().await;
    house.quiet().await;
    assert_eq!(house.left("tokens_per_minute").await, 900);
    assert_eq!(house.diary.endings(), [(Some(200), false)]);
}

async fn a_handler_that_fails_frees_its_slot_and_keeps_the_estimate(doors: Doors) {
    let house = house(&doors);
    let act = house.act(|_| async { Err(Failure) });
    let mut line = house.line().await;
    line.send(&[&get("/").act(&act)]).await;
    if let Some(head) = line.head().await {
        assert_eq!(
            head.status, 500,
            "where a handler's error is a response at all"
        );
    }
    house.freed().await;
    assert_eq!(house.left("tokens_per_minute").await, 900);
    house.served(get("/")).await;
}

async fn a_handler_that_panics_frees_its_slot_and_keeps_the_estimate(doors: Doors) {
    let house = house(&doors);
    let act = house.act(|_| async { panic!("the handler panics, as it was asked to") });
    let mut line = house.line().await;
    line.send(&[&get("/").act(&act)]).await;
    assert_eq!(line.head().await, None);
    house.freed().await;
    house.quiet().await;
    assert_eq!(house.left("tokens_per_minute").await, 900);
    assert_eq!(house.diary.endings(), [(None, false)]);
    house.served(get("/")).await;
}

async fn a_permit_that_is_kept_for_ever_holds_no_slot(doors: Doors) {
    let house = house(&doors);
    let act = house.act(|visit| async move {
        // As a task does that hangs with its permit in hand.
        tokio::spawn(async move {
            let _permit = visit.permit;
            pending::<()>().await;
        });
        Ok(Answer::text("done"))
    });
    for _ in 0..3 {
        house.served(get("/").act(&act)).await;
        house.freed().await;
    }
}
