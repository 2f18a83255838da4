//! Connections that are kept, tenants that have to be loaded, configs that change between two requests.

use tollgate::{Dimension, InMemorySource, LimitConfig, TenantConfig};

use super::cases;
use crate::conformance::answer::Answer;
use crate::conformance::ask::{Ask, get};
use crate::conformance::demo::{Before, Mark};
use crate::conformance::doors::{Doors, acme, id, room};
use crate::conformance::house::{House, soon};
use crate::conformance::runner::Case;
use crate::conformance::sources::Slow;

pub(super) const CASES: &[Case] = cases![
    each_request_of_a_kept_connection_is_charged_once,
    requests_that_are_sent_at_once_are_answered_in_order,
    a_refusal_leaves_the_connection_open,
    a_request_s_body_reaches_the_handler_whole,
    a_tenant_that_is_not_loaded_is_loaded_while_its_request_waits,
    many_requests_for_a_tenant_that_is_not_loaded_are_each_charged_once,
    a_client_that_goes_while_its_tenant_is_loaded_is_charged_nothing,
    a_tenant_that_is_not_loaded_may_turn_out_to_be_nobody,
    a_new_limit_counts_from_the_next_request_of_the_connection,
    a_suspension_counts_from_the_next_request_of_the_connection,
    a_removal_counts_from_the_next_request_of_the_connection,
    a_request_under_way_survives_its_tenant_s_suspension,
    one_tenant_s_quota_is_not_another_s,
];

async fn each_request_of_a_kept_connection_is_charged_once(doors: Doors) {
    let house = doors.house(acme().requests_per_minute(10));
    let mut line = house.line().await;
    for left in (0..10).rev() {
        assert_eq!(line.ask(&get("/")).await.status(), 200);
        assert_eq!(house.left("requests_per_minute").await, left);
    }
    assert_eq!(line.ask(&get("/")).await.status(), 429);
}

async fn requests_that_are_sent_at_once_are_answered_in_order(doors: Doors) {
    let house = doors.house(acme().requests_per_minute(2));
    let named = |name: &'static str| house.answering(move || Answer::text(name));
    let acts = [named("first"), named("second"), named("third")];
    let asks = acts.map(|act| get("/").act(&act));
    let mut line = house.line().await;
    line.send(&asks.each_ref()).await;
    assert_eq!(line.seen().await.unwrap().text(), "first");
    assert_eq!(line.seen().await.unwrap().text(), "second");
    assert_eq!(line.seen().await.unwrap().status(), 429);
}

async fn a_refusal_leaves_the_connection_open(doors: Doors) {
    let house = doors.house(acme());
    let mut line = house.line().await;
    assert_eq!(line.ask(&Ask::of("GET", "/")).await.status(), 401);
    assert_eq!(
        line.ask(&Ask::of("GET", "/").tenant("nobody"))
            .await
            .status(),
        404
    );
    assert_eq!(line.ask(&get("/")).await.status(), 200);
}

async fn a_request_s_body_reaches_the_handler_whole(doors: Doors) {
    let house = doors.house(acme());
    let echo =
        house.act(|visit| async move { Ok(Answer::text(String::from_utf8(visit.body).unwrap())) });
    let mut line = house.line().await;
    let post = || Ask::of("POST", "/").tenant("acme").act(&echo);
    for ask in [
        post().sized("twelve bytes"),
        post().chunked(&["twel", "ve b", "ytes"]),
    ] {
        assert_eq!(line.ask(&ask).await.text(), "twelve bytes");
    }
}

/// A server whose configs come when the case lets them.
fn slow_house(doors: &Doors) -> (House, Slow) {
    let configs = InMemorySource::new();
    let slot = LimitConfig::concurrency("in-flight", Dimension::Requests, 8);
    configs
        .set(acme().requests_per_minute(10).limit(slot))
        .unwrap();
    let slow = Slow::new(configs.clone());
    let plot = doors.plot_on(slow.clone(), configs);
    let gate = plot.gate(|gate| gate);
    (plot.open(vec![room("", gate)]), slow)
}

async fn a_tenant_that_is_not_loaded_is_loaded_while_its_request_waits(doors: Doors) {
    let (house, slow) = slow_house(&doors);
    let mut line = house.line().await;
    line.send(&[&get("/")]).await;
    slow.asked().await;
    assert_eq!(house.visits(), 0);
    slow.answer();
    let seen = line.seen().await.unwrap();
    assert_eq!((seen.status(), seen.text()), (200, "acme by header"));
    assert!(seen.header("ratelimit").unwrap().contains("r=9"));
    assert_eq!(house.left("requests_per_minute").await, 9);
}

async fn many_requests_for_a_tenant_that_is_not_loaded_are_each_charged_once(doors: Doors) {
    let (house, slow) = slow_house(&doors);
    let mut lines = Vec::new();
    for _ in 0..5 {
        let mut line = house.line().await;
        line.send(&[&get("/")]).await;
        lines.push(line);
    }
    slow.asked().await;
    slow.answer();
    for mut line in lines {
        assert_eq!(line.seen().await.unwrap().status(), 200);
    }
    assert_eq!(house.left("requests_per_minute").await, 5);
}

async fn a_client_that_goes_while_its_tenant_is_loaded_is_charged_nothing(doors: Doors) {
    let (house, slow) = slow_house(&doors);
    let mark = Mark::default();
    let act = house.prepared(Before {
        mark: Some(mark.clone()),
        ..Before::default()
    });
    let mut line = house.line().await;
    line.send(&[&get("/").act(&act)]).await;
    slow.asked().await;
    assert!(!mark.is_alone());
    line.vanish();
    soon(
        || mark.is_alone(),
        || "the request is still there".to_owned(),
    )
    .await;
    slow.answer();
    assert_eq!(house.left("requests_per_minute").await, 10);
    assert_eq!(house.visits(), 0);
}

async fn a_tenant_that_is_not_loaded_may_turn_out_to_be_nobody(doors: Doors) {
    let (house, slow) = slow_house(&doors);
    let mut line = house.line().await;
    line.send(&[&Ask::of("GET", "/").tenant("nobody")]).await;
    slow.asked().await;
    slow.answer();
    assert_eq!(line.seen().await.unwrap().status(), 404);
    assert_eq!(house.visits(), 0);
}

async fn a_new_limit_counts_from_the_next_request_of_the_connection(doors: Doors) {
    let house = doors.house(acme().requests_per_minute(1));
    let mut line = house.line().await;
    assert_eq!(line.ask(&get("/")).await.status(), 200);
    assert_eq!(line.ask(&get("/")).await.status(), 429);
    house.source.set(acme().requests_per_minute(2)).unwrap();
    let seen = line.ask(&get("/")).await;
    assert_eq!(seen.status(), 200);
    assert!(seen.header("ratelimit-policy").unwrap().contains("q=2"));
    assert_eq!(line.ask(&get("/")).await.status(), 429);
    house.source.set(acme().allow_paths(["/api/*"])).unwrap();
    assert_eq!(line.ask(&get("/")).await.status(), 403);
    assert_eq!(line.ask(&get("/api/x")).await.status(), 200);
}

async fn a_suspension_counts_from_the_next_request_of_the_connection(doors: Doors) {
    let house = doors.house(acme());
    let mut line = house.line().await;
    assert_eq!(line.ask(&get("/")).await.status(), 200);
    assert!(house.source.suspend(&id("acme")));
    assert_eq!(line.ask(&get("/")).await.status(), 403);
    assert!(house.source.resume(&id("acme")));
    assert_eq!(line.ask(&get("/")).await.status(), 200);
}

async fn a_removal_counts_from_the_next_request_of_the_connection(doors: Doors) {
    let house = doors.house(acme());
    let mut line = house.line().await;
    assert_eq!(line.ask(&get("/")).await.status(), 200);
    assert!(house.source.remove(&id("acme")));
    assert_eq!(line.ask(&get("/")).await.status(), 404);
    house.source.set(acme()).unwrap();
    assert_eq!(line.ask(&get("/")).await.status(), 200);
}

async fn a_request_under_way_survives_its_tenant_s_suspension(doors: Doors) {
    let house = doors.house(acme());
    let (act, mut taps) = house.streaming(Answer::stream);
    let mut line = house.line().await;
    line.send(&[&get("/").act(&act)]).await;
    let tap = taps.recv().await.unwrap();
    tap.send("begun");
    line.head().await.unwrap();
    assert!(house.source.suspend(&id("acme")));
    house.refused(get("/"), 403, "tenant_suspended").await;
    tap.send(" and done");
    drop(tap);
    let (body, whole) = line.rest().await;
    assert_eq!((&*body, whole), (&b"begun and done"[..], true));
}

async fn one_tenant_s_quota_is_not_another_s(doors: Doors) {
    let house = doors.house(acme().requests_per_minute(1));
    house
        .source
        .set(TenantConfig::new(id("other")).requests_per_minute(1))
        .unwrap();
    let other = || Ask::of("GET", "/").tenant("other");
    house.served(get("/")).await;
    house.refused(get("/"), 429, "tenant_quota_exceeded").await;
    assert_eq!(house.served(other()).await.text(), "other by header");
    house.refused(other(), 429, "tenant_quota_exceeded").await;
}
