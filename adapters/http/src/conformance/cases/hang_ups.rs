//! Clients that go away, and what their requests do then.

use std::future::pending;
use std::sync::Arc;

use tokio::sync::Notify;
use tollgate::{Cost, OnDrop};

use super::cases;
use super::endings::{begun, house, one_slot};
use crate::conformance::answer::{Answer, Tap, stream};
use crate::conformance::ask::get;
use crate::conformance::client::Line;
use crate::conformance::doors::Doors;
use crate::conformance::house::{House, soon};
use crate::conformance::runner::Case;
use crate::permit::PermitHandle;

pub(super) const CASES: &[Case] = cases![
    a_client_that_goes_before_the_response_frees_its_slot_and_pays_the_estimate,
    a_client_that_goes_before_the_response_pays_nothing_if_the_gate_was_told_so,
    a_client_that_goes_mid_stream_frees_its_slot_and_pays_the_estimate,
    a_client_that_goes_while_nothing_is_sent_frees_its_slot,
    a_client_that_hangs_up_properly_frees_its_slot_once_it_is_written_to,
    a_client_that_hangs_up_on_silence_frees_its_slot_where_the_framework_listens,
    a_settled_request_holds_its_slot_until_it_ends,
    a_handler_may_settle_while_it_is_dropped,
    a_stream_may_settle_while_it_is_dropped,
];

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
        let (tap, chunks) = stream();
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
