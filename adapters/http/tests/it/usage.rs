//! Requests that are settled at what their response's body tells.

use tollgate::{Cost, Dimension, OnDrop};
use tollgate_http::{BodyGuard, Charge, GateBuilder, Outcome, UsageFormat};

use crate::kit::{Answer, Head, Kit, acme};

const EVENTS: Answer = Answer(200, &[("content-type", "text/event-stream; charset=utf-8")]);
const TOLD: &[u8] =
    b"data: {\"choices\":[],\"usage\":{\"prompt_tokens\":30,\"completion_tokens\":12,\
    \"total_tokens\":42}}\n\ndata: [DONE]\n\n";

fn kit(set_up: fn(GateBuilder) -> GateBuilder) -> Kit {
    Kit::with(acme().tokens_per_minute(1_000), |gate| {
        set_up(gate)
            .estimate_with(|_| Cost::tokens(500))
            .usage_from(UsageFormat::OpenAi)
    })
}

async fn answered(kit: &Kit, answer: &Answer) -> BodyGuard {
    let mut admission = kit.admitted(&Head::get("/")).await;
    kit.gate.answered(&mut admission, answer);
    admission.into_guard()
}

async fn left(kit: &Kit) -> u64 {
    let tenant = kit.engine.tenant(&crate::kit::id("acme")).await.unwrap();
    tenant.usage().remaining(&Dimension::Tokens).unwrap()
}

#[tokio::test]
async fn what_the_body_has_told_is_what_it_cost_however_it_ends_and_is_cut() {
    for ends_well in [true, false] {
        let kit = kit(|gate| gate);
        let mut guard = answered(&kit, &EVENTS).await;
        assert!(guard.wants_body());
        for piece in TOLD.chunks(7) {
            assert_eq!(left(&kit).await, 500, "not before the end");
            guard.read(piece);
        }
        let permit = guard.permit().clone();
        if ends_well {
            guard.end();
        } else {
            drop(guard);
        }
        assert_eq!(permit.outcome(), Some(Outcome::Settled));
        assert_eq!(left(&kit).await, 958);
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_before_it_has_told_leaves_it_to_the_drop_rule() {
    let keeps = kit(|gate| gate);
    let refunds = kit(|gate| gate.on_drop(OnDrop::Refund));
    for (kit, after) in [(keeps, 500), (refunds, 1_000)] {
        let mut guard = answered(&kit, &EVENTS).await;
        guard.read(TOLD.get(..60).unwrap());
        drop(guard);
        assert_eq!(left(&kit).await, after);
    }
}

#[tokio::test]
async fn bodies_that_tell_nothing_are_not_looked_at() {
    let kit = kit(|gate| gate.on_drop(OnDrop::Refund));
    for headers in [
        &[][..],
        &[("content-type", "text/html")],
        &[
            ("content-type", "application/json"),
            ("content-encoding", "gzip"),
        ],
    ] {
        let guard = answered(&kit, &Answer(200, headers)).await;
        assert!(!guard.wants_body(), "{headers:?}");
    }
}

#[tokio::test]
async fn handlers_and_statuses_come_before_the_body() {
    let kit = kit(|gate| gate.on_outcome(|_| Charge::Refund));
    let mut guard = answered(&kit, &EVENTS).await;
    guard.read(TOLD);
    guard.end();
    assert_eq!(left(&kit).await, 1_000, "the status refunded it");
}

#[tokio::test]
async fn a_price_of_one_s_own_is_asked() {
    let kit = kit(|gate| gate.usage_cost(|usage| Cost::tokens(usage.input + 10 * usage.output)));
    let mut guard = answered(&kit, &EVENTS).await;
    guard.read(TOLD);
    guard.end();
    assert_eq!(left(&kit).await, 1_000 - 150);
}

#[tokio::test]
async fn a_price_that_panics_ends_the_request_all_the_same() {
    let kit = kit(|gate| gate.usage_cost(|usage| panic!("no price for {usage:?}")));
    for unwinds in [false, true] {
        let before = left(&kit).await;
        let mut guard = answered(&kit, &EVENTS).await;
        let permit = guard.permit().clone();
        guard.read(TOLD);
        let handler = tokio::spawn(async move {
            let _guard = guard;
            assert!(!unwinds, "the body panics, too");
        });
        assert_eq!(handler.await.is_err(), unwinds);
        assert_eq!(permit.outcome(), Some(Outcome::Ended));
        assert_eq!(left(&kit).await, before - 500);
    }
}
