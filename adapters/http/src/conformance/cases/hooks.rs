//! What hooks are told of a request, over the wire.

use std::future::pending;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tollgate::{Cost, DenialReason, Event};
use tracing::Span;

use super::cases;
use crate::conformance::answer::{Answer, Chunks};
use crate::conformance::client::{Ask, anonymous, get};
use crate::conformance::house::{Doors, acme};
use crate::conformance::runner::Case;
use crate::permit::PermitHandle;

pub(super) const CASES: &[Case] = cases![
    an_admitted_request_is_told_from_its_tenant_to_its_end,
    a_request_that_is_read_to_its_end_is_complete,
    a_request_that_breaks_off_is_not_complete,
    a_client_that_goes_is_told_as_a_request_without_a_status,
    a_denial_is_told_with_its_status_and_nothing_of_an_end,
    the_policy_hears_of_the_request_as_the_client_sent_it,
    a_request_without_a_tenant_is_told_as_such,
    the_handler_runs_in_its_request_s_span,
    the_body_is_made_in_its_request_s_span,
];

async fn an_admitted_request_is_told_from_its_tenant_to_its_end(doors: Doors) {
    let house = doors.house(acme().tokens_per_minute(100));
    house.acme().await;
    let act = house.act(|visit| async move {
        visit.permit().settle(&Cost::tokens(7)).unwrap();
        Ok(Answer::text("settled").status(201))
    });
    house.ask(get("/").act(&act)).await;
    house.quiet().await;
    let events = house.diary.events();
    let [
        Event::Resolve(resolve),
        Event::Policy(policy),
        Event::Quota(quota),
        Event::Settle(settle),
        Event::Finish(finish),
    ] = &events[..]
    else {
        panic!("{events:?}")
    };
    assert_eq!(resolve.source.as_deref(), Some("header"));
    assert!(policy.allowed && quota.allowed);
    assert_eq!(quota.remaining, [("tokens_per_minute".into(), 100)]);
    assert_eq!(
        (&settle.actual, settle.by_default),
        (&Cost::tokens(7), false)
    );
    assert_eq!((finish.status, finish.complete), (Some(201), true));
}

async fn a_request_that_is_read_to_its_end_is_complete(doors: Doors) {
    let house = doors.house(acme());
    let whole = house.answering(|| Answer::text("whole"));
    let stream = house.answering(|| Answer::stream(Chunks::of(["in", "pieces"])));
    let announced = house.answering(|| Answer::announced(8, Chunks::of(["in", "pieces"])));
    for act in [whole, stream, announced] {
        house.served(get("/").act(&act)).await;
    }
    house.quiet().await;
    assert_eq!(house.diary.endings(), [(Some(200), true); 3]);
}

async fn a_request_that_breaks_off_is_not_complete(doors: Doors) {
    let house = doors.house(acme());
    let (act, mut taps) = house.streaming(|chunks| Answer::stream(chunks).status(206));
    let mut line = house.line().await;
    line.send(&[&get("/").act(&act)]).await;
    let tap = taps.recv().await.unwrap();
    tap.send("a");
    line.head().await.unwrap();
    tap.fail();
    assert!(!line.rest().await.1);
    house.quiet().await;
    assert_eq!(house.diary.endings(), [(Some(206), false)]);
}

async fn a_client_that_goes_is_told_as_a_request_without_a_status(doors: Doors) {
    let house = doors.house(acme());
    let running = Arc::new(Notify::new());
    let runs = Arc::clone(&running);
    let act = house.act(move |_| {
        runs.notify_one();
        pending()
    });
    let mut line = house.line().await;
    line.send(&[&get("/").act(&act)]).await;
    running.notified().await;
    line.vanish();
    house.quiet().await;
    assert_eq!(house.diary.endings(), [(None, false)]);
    assert!(house.diary.settlements()[0].by_default);
}

async fn a_denial_is_told_with_its_status_and_nothing_of_an_end(doors: Doors) {
    let house = doors.house_with(acme().requests_per_minute(1), |gate| {
        gate.on_rejected(|rejection| {
            let mut reply = rejection.reply();
            reply.status += 100;
            reply
        })
    });
    house.served(get("/")).await;
    assert_eq!(house.ask(get("/")).await.status(), 529);
    house.quiet().await;
    let quotas = house.diary.quotas();
    assert_eq!(quotas.len(), 2);
    assert_eq!(
        (quotas[1].allowed, quotas[1].reason, quotas[1].status),
        (false, Some(DenialReason::Quota), Some(529))
    );
    assert_eq!(house.diary.endings().len(), 1);
}

async fn the_policy_hears_of_the_request_as_the_client_sent_it(doors: Doors) {
    let house = doors.house(acme());
    let ask = Ask::of("PUT", "/a/%62/c?d=e").tenant("acme");
    house
        .served(ask.header("X-Model", "gpt-4").header("X-Tool", "search"))
        .await;
    let policies = house.diary.policies();
    let [policy] = &policies[..] else {
        panic!("{policies:?}")
    };
    assert_eq!((&*policy.method, &*policy.path), ("PUT", "/a/%62/c"));
    assert_eq!(
        (policy.model.as_deref(), policy.tool.as_deref()),
        (Some("gpt-4"), Some("search"))
    );
}

async fn a_request_without_a_tenant_is_told_as_such(doors: Doors) {
    let house = doors.house_with(acme(), |gate| gate.allow_missing(true));
    house.served(anonymous("/")).await;
    let events = house.diary.events();
    let [Event::Resolve(resolve)] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!((&resolve.tenant, resolve.refused), (&None, None));
}

/// Whether this runs in the span of the permit's request.
fn is_in_span(permit: &PermitHandle) -> bool {
    let span = permit.span().id();
    span.is_some() && span == Span::current().id()
}

async fn the_handler_runs_in_its_request_s_span(doors: Doors) {
    let house = doors.house(acme());
    let act = house.act(|visit| async move {
        let before = is_in_span(visit.permit());
        tokio::task::yield_now().await;
        let after = is_in_span(visit.permit());
        Ok(Answer::text(format!("{before} {after}")))
    });
    // The first waits for its tenant, the second does not.
    for _ in 0..2 {
        assert_eq!(house.served(get("/").act(&act)).await.text(), "true true");
    }
}

async fn the_body_is_made_in_its_request_s_span(doors: Doors) {
    let house = doors.house(acme());
    let polls: Arc<Mutex<Vec<bool>>> = Arc::default();
    let seen = Arc::clone(&polls);
    let act = house.act(move |visit| {
        let (permit, seen) = (visit.permit().clone(), Arc::clone(&seen));
        let watch = move || seen.lock().push(is_in_span(&permit));
        async { Ok(Answer::stream(Chunks::of(["in", "pieces"]).watched(watch))) }
    });
    assert_eq!(house.served(get("/").act(&act)).await.text(), "inpieces");
    let polls = polls.lock();
    assert!(
        polls.len() >= 3 && polls.iter().all(|inside| *inside),
        "{polls:?}"
    );
}
