//! When a request ends: its slot is held until then and no longer, whichever way it goes.

use std::future::pending;
use std::sync::Arc;

use tokio::sync::Notify;
use tollgate::{Cost, Dimension, LimitConfig, OnDrop, TenantConfig};

use super::cases;
use crate::conformance::answer::{Answer, Chunks, Failure, Tap};
use crate::conformance::client::{Ask, Line, get};
use crate::conformance::house::{Doors, House, acme, soon};
use crate::conformance::runner::Case;
use crate::permit::PermitHandle;

pub(super) const CASES: &[Case] = cases![
    a_slot_is_held_until_the_last_chunk_and_no_longer,
    a_body_that_is_all_there_frees_its_slot,
    a_body_of_an_announced_length_ends_with_its_last_byte,
    responses_without_a_body_free_their_slots,
    a_body_that_fails_frees_its_slot_and_keeps_the_estimate,
    a_handler_that_fails_frees_its_slot_and_keeps_the_estimate,
    a_handler_that_panics_frees_its_slot_and_keeps_the_estimate,
    a_client_that_goes_before_the_response_frees_its_slot_and_pays_the_estimate,
    a_client_that_goes_before_the_response_pays_nothing_if_the_gate_was_told_so,
    a_client_that_goes_mid_stream_frees_its_slot_and_pays_the_estimate,
    a_client_that_goes_while_nothing_is_sent_frees_its_slot,
    a_client_that_hangs_up_properly_frees_its_slot_once_it_is_written_to,
    a_client_that_hangs_up_on_silence_frees_its_slot_where_the_framework_listens,
    a_settled_request_holds_its_slot_until_it_ends,
    a_handler_may_settle_while_it_is_dropped,
    a_stream_may_settle_while_it_is_dropped,
    a_permit_that_is_kept_for_ever_holds_no_slot,
];

/// One slot, 1,000 tokens a minute.
fn one_slot() -> TenantConfig {
    let slot = LimitConfig::concurrency("in-flight", Dimension::Requests, 1);
    acme().limit(slot).tokens_per_minute(1_000)
}

/// A server at which each request is estimated at 100 tokens.
fn house(doors: &Doors) -> House {
    doors.house_with(one_slot(), |gate| gate.estimate_with(|_| Cost::tokens(100)))
}

/// Begins a response that the case feeds, and reads its head and first chunk.
async fn begun(house: &House, answer: fn(Chunks) -> Answer) -> (Line, Tap) {
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

/// Sends a request to a handler that never answers, and waits until it runs.
async fn hung(house: &House) -> Line {
    let running = Arc::new(Notify::new());
    let runs = Arc::clone(&running);
    let act = house.act(move |_| {
        runs.notify_one();
        pending()
    });
    let mut line = house.line().await;
    line.send(&[&get("/").act(&act)]).await;
    running.notified().await;
    assert_eq!(house.taken().await, 1);
    line
}

async fn a_client_that_goes_before_the_response_frees_its_slot_and_pays_the_estimate(doors: Doors) {
    let house = house(&doors);
    hung(&house).await.vanish();
    house.freed().await;
    house.quiet().await;
    assert_eq!(house.left("tokens_per_minute").await, 900);
    assert_eq!(house.diary.endings(), [(None, false)]);
}

async fn a_client_that_goes_before_the_response_pays_nothing_if_the_gate_was_told_so(doors: Doors) {
    let house = doors.house_with(one_slot(), |gate| {
        gate.estimate_with(|_| Cost::tokens(100))
            .on_drop(OnDrop::Refund)
    });
    hung(&house).await.vanish();
    house.freed().await;
    house.quiet().await;
    assert_eq!(house.left("tokens_per_minute").await, 1_000);
}

async fn a_client_that_goes_mid_stream_frees_its_slot_and_pays_the_estimate(doors: Doors) {
    let house = house(&doors);
    let (line, tap) = begun(&house, Answer::stream).await;
    line.vanish();
    // Whoever writes finds out in the end.
    soon_gone(&tap).await;
    house.freed().await;
    house.quiet().await;
    assert_eq!(house.left("tokens_per_minute").await, 900);
    assert_eq!(house.diary.endings(), [(Some(200), false)]);
}

async fn soon_gone(tap: &Tap) {
    soon(
        || {
            tap.send("more");
            tap.is_gone()
        },
        || "the body is still there".to_owned(),
    )
    .await;
}

async fn a_client_that_goes_while_nothing_is_sent_frees_its_slot(doors: Doors) {
    let house = house(&doors);
    let (line, tap) = begun(&house, Answer::stream).await;
    line.vanish();
    tap.gone().await;
    house.freed().await;
}

async fn a_client_that_hangs_up_properly_frees_its_slot_once_it_is_written_to(doors: Doors) {
    let house = house(&doors);
    let (line, tap) = begun(&house, Answer::stream).await;
    drop(line);
    soon_gone(&tap).await;
    house.freed().await;
    house.quiet().await;
    assert_eq!(house.diary.endings(), [(Some(200), false)]);
}

async fn a_client_that_hangs_up_on_silence_frees_its_slot_where_the_framework_listens(
    doors: Doors,
) {
    let house = house(&doors);
    drop(hung(&house).await);
    if doors.hear_hang_ups() {
        house.freed().await;
        house.served(get("/")).await;
    } else {
        house.refused(get("/"), 429, "tenant_quota_exceeded").await;
    }
}

async fn a_settled_request_holds_its_slot_until_it_ends(doors: Doors) {
    let house = house(&doors);
    let running = Arc::new(Notify::new());
    let runs = Arc::clone(&running);
    let act = house.act(move |visit| {
        let runs = Arc::clone(&runs);
        async move {
            visit.permit().settle(&Cost::tokens(30)).unwrap();
            runs.notify_one();
            pending().await
        }
    });
    let mut line = house.line().await;
    line.send(&[&get("/").act(&act)]).await;
    running.notified().await;
    assert_eq!(house.left("tokens_per_minute").await, 970);
    assert_eq!(house.taken().await, 1);
    line.vanish();
    house.freed().await;
    assert_eq!(house.left("tokens_per_minute").await, 970);
}

/// Settles when it is dropped.
struct Bill(PermitHandle);

impl Drop for Bill {
    fn drop(&mut self) {
        self.0
            .settle(&Cost::tokens(42))
            .expect("the request has not ended yet");
    }
}

async fn a_handler_may_settle_while_it_is_dropped(doors: Doors) {
    let house = house(&doors);
    let running = Arc::new(Notify::new());
    let runs = Arc::clone(&running);
    let act = house.act(move |visit| {
        let runs = Arc::clone(&runs);
        async move {
            let _bill = Bill(visit.permit().clone());
            runs.notify_one();
            pending().await
        }
    });
    let mut line = house.line().await;
    line.send(&[&get("/").act(&act)]).await;
    running.notified().await;
    line.vanish();
    house.freed().await;
    house.quiet().await;
    assert_eq!(house.left("tokens_per_minute").await, 958);
    assert!(!house.diary.settlements()[0].by_default);
}

async fn a_stream_may_settle_while_it_is_dropped(doors: Doors) {
    let house = house(&doors);
    let act = house.act(|visit| async move {
        let (tap, chunks) = crate::conformance::answer::stream();
        tap.send("abc");
        let bill = Bill(visit.permit().clone());
        // The stream never ends by itself: it carries its own tap.
        Ok(Answer::stream(chunks.carrying((bill, tap))))
    });
    let mut line = house.line().await;
    line.send(&[&get("/").act(&act)]).await;
    line.head().await.unwrap();
    line.piece().await.unwrap().unwrap();
    line.vanish();
    house.freed().await;
    house.quiet().await;
    assert_eq!(house.left("tokens_per_minute").await, 958);
    assert!(!house.diary.settlements()[0].by_default);
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
