//! What a request costs in the end: what its handler settles, or what the gate's rules say.

use parking_lot::Mutex;
use std::sync::Arc;
use tokio::sync::mpsc::unbounded_channel;
use tollgate::{Cost, OnDrop};

use super::cases;
use crate::builder::GateBuilder;
use crate::conformance::answer::Answer;
use crate::conformance::client::get;
use crate::conformance::demo::Visit;
use crate::conformance::house::{Doors, House, acme, soon};
use crate::conformance::runner::Case;
use crate::outcome::Charge;
use crate::permit::{DeferredPermit, Outcome, PermitHandle};

pub(super) const CASES: &[Case] = cases![
    what_was_reserved_too_much_is_given_back,
    what_was_reserved_too_little_becomes_debt,
    a_refund_gives_everything_back,
    a_kept_estimate_stays,
    what_nobody_settles_is_kept_by_default,
    what_nobody_settles_is_given_back_if_the_gate_was_told_so,
    of_several_settlements_the_first_counts,
    after_the_end_nothing_can_be_settled,
    a_deferred_permit_is_settled_after_the_end,
    a_task_may_settle_while_the_response_goes_out,
    a_status_may_refund_what_the_handler_left_open,
    a_status_may_keep_what_else_would_be_given_back,
    the_handler_goes_before_the_status,
];

/// A server with 1,000 tokens a minute; each request is estimated at 500.
fn house(doors: &Doors, set_up: impl FnOnce(GateBuilder) -> GateBuilder) -> House {
    doors.house_with(
        acme().tokens_per_minute(1_000).requests_per_minute(10),
        |gate| set_up(gate.estimate_with(|_| Cost::tokens(500))),
    )
}

/// A part that does something with its permit, and answers.
fn doing(house: &House, deed: fn(&PermitHandle)) -> String {
    house.act(move |visit: Visit| async move {
        deed(visit.permit());
        Ok(Answer::text("done"))
    })
}

async fn tokens_left_after(house: &House, act: &str) -> u64 {
    house.served(get("/").act(act)).await;
    house.quiet().await;
    house.left("tokens_per_minute").await
}

async fn what_was_reserved_too_much_is_given_back(doors: Doors) {
    let house = house(&doors, |gate| gate);
    let act = doing(&house, |permit| permit.settle(&Cost::tokens(120)).unwrap());
    assert_eq!(tokens_left_after(&house, &act).await, 880);
    assert_eq!(
        house.left("requests_per_minute").await,
        9,
        "not named, so kept"
    );
}

async fn what_was_reserved_too_little_becomes_debt(doors: Doors) {
    let house = house(&doors, |gate| gate);
    let act = doing(&house, |permit| {
        permit.settle(&Cost::tokens(1_500)).unwrap();
    });
    assert_eq!(tokens_left_after(&house, &act).await, 0);
    house.refused(get("/"), 429, "tenant_quota_exceeded").await;
}

async fn a_refund_gives_everything_back(doors: Doors) {
    let house = house(&doors, |gate| gate);
    let act = doing(&house, |permit| permit.refund().unwrap());
    assert_eq!(tokens_left_after(&house, &act).await, 1_000);
    assert_eq!(house.left("requests_per_minute").await, 10);
}

async fn a_kept_estimate_stays(doors: Doors) {
    let house = house(&doors, |gate| gate.on_drop(OnDrop::Refund));
    let act = doing(&house, |permit| permit.keep().unwrap());
    assert_eq!(tokens_left_after(&house, &act).await, 500);
}

async fn what_nobody_settles_is_kept_by_default(doors: Doors) {
    let house = house(&doors, |gate| gate);
    let act = doing(&house, |_| {});
    assert_eq!(tokens_left_after(&house, &act).await, 500);
    assert!(house.diary.settlements()[0].by_default);
}

async fn what_nobody_settles_is_given_back_if_the_gate_was_told_so(doors: Doors) {
    let house = house(&doors, |gate| gate.on_drop(OnDrop::Refund));
    let act = doing(&house, |_| {});
    assert_eq!(tokens_left_after(&house, &act).await, 1_000);
}

async fn of_several_settlements_the_first_counts(doors: Doors) {
    let house = house(&doors, |gate| gate);
    let act = doing(&house, |permit| {
        permit.settle(&Cost::tokens(100)).unwrap();
        let error = permit.settle(&Cost::tokens(900)).unwrap_err();
        assert_eq!(error.outcome, Outcome::Settled);
        assert!(permit.refund().is_err() && permit.keep().is_err());
    });
    assert_eq!(tokens_left_after(&house, &act).await, 900);
    assert_eq!(house.diary.settlements().len(), 1);
}

async fn after_the_end_nothing_can_be_settled(doors: Doors) {
    let house = house(&doors, |gate| gate);
    let stray: Arc<Mutex<Option<PermitHandle>>> = Arc::default();
    let kept = Arc::clone(&stray);
    let act = house.act(move |visit| {
        *kept.lock() = visit.permit;
        async { Ok(Answer::text("kept")) }
    });
    house.served(get("/").act(&act)).await;
    house.quiet().await;
    let permit = stray.lock().take().unwrap();
    assert_eq!(
        permit.settle(&Cost::tokens(0)).unwrap_err().outcome,
        Outcome::Ended
    );
    assert_eq!(house.left("tokens_per_minute").await, 500);
}

async fn a_deferred_permit_is_settled_after_the_end(doors: Doors) {
    let house = house(&doors, |gate| gate);
    let deferred: Arc<Mutex<Option<DeferredPermit>>> = Arc::default();
    let kept = Arc::clone(&deferred);
    let act = house.act(move |visit| {
        *kept.lock() = Some(visit.permit().defer().unwrap());
        async { Ok(Answer::text("batched")) }
    });
    house.served(get("/").act(&act)).await;
    let ended = || !house.diary.endings().is_empty();
    soon(ended, || "the request has not ended".to_owned()).await;
    assert_eq!(house.left("tokens_per_minute").await, 500);
    deferred.lock().take().unwrap().settle(&Cost::tokens(7));
    assert_eq!(house.left("tokens_per_minute").await, 993);
}

async fn a_task_may_settle_while_the_response_goes_out(doors: Doors) {
    let house = house(&doors, |gate| gate);
    let (send, mut permits) = unbounded_channel();
    let act = house.act(move |visit| {
        let (tap, chunks) = crate::conformance::answer::stream();
        let sent = send.send((visit.permit().clone(), tap));
        async move {
            sent.unwrap();
            Ok(Answer::stream(chunks))
        }
    });
    let mut line = house.line().await;
    line.send(&[&get("/").act(&act)]).await;
    let (permit, tap) = permits.recv().await.unwrap();
    tap.send("first");
    line.head().await.unwrap();
    line.piece().await.unwrap().unwrap();
    let task = tokio::spawn(async move { permit.settle(&Cost::tokens(42)) });
    task.await.unwrap().unwrap();
    drop(tap);
    assert!(line.piece().await.is_none());
    house.quiet().await;
    assert_eq!(house.left("tokens_per_minute").await, 958);
}

async fn a_status_may_refund_what_the_handler_left_open(doors: Doors) {
    let house = house(&doors, |gate| {
        gate.on_outcome(|status| match status {
            500.. => Charge::Refund,
            _ => Charge::Open,
        })
    });
    let broken = house.answering(|| Answer::text("upstream is down").status(502));
    let seen = house.ask(get("/").act(&broken)).await;
    assert_eq!(seen.status(), 502);
    let state = seen.header("ratelimit").unwrap();
    assert!(
        state.contains(r#""tokens_per_minute";r=1000"#),
        "told at once: {state}"
    );
    assert_eq!(house.left("tokens_per_minute").await, 1_000);
    house.served(get("/")).await;
    assert_eq!(house.left("tokens_per_minute").await, 500);
}

async fn a_status_may_keep_what_else_would_be_given_back(doors: Doors) {
    let house = house(&doors, |gate| {
        gate.on_drop(OnDrop::Refund)
            .on_outcome(|status| match status {
                200 => Charge::Keep,
                _ => Charge::Open,
            })
    });
    house.served(get("/")).await;
    house.quiet().await;
    assert_eq!(house.left("tokens_per_minute").await, 500);
    let broken = house.answering(|| Answer::empty().status(500));
    house.ask(get("/").act(&broken)).await;
    house.quiet().await;
    assert_eq!(
        house.left("tokens_per_minute").await,
        500,
        "left open, and given back"
    );
}

async fn the_handler_goes_before_the_status(doors: Doors) {
    let house = house(&doors, |gate| gate.on_outcome(|_| Charge::Refund));
    let act = doing(&house, |permit| permit.settle(&Cost::tokens(7)).unwrap());
    assert_eq!(tokens_left_after(&house, &act).await, 993);
}
