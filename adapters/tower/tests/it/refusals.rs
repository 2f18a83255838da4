//! Every row of the table of refusals, over the wire.

use std::convert::Infallible;

use http::{Request, Response};
use tollgate::{Dimension, Engine, LimitConfig};
use tollgate_tower::{Gate, Reply, Resolver, TollgateLayer};
use tower::{Layer, service_fn};

use crate::kit::{Down, Empty, Kit, Seen, acme, empty, get, hello, id, see};

fn assert_refusal(seen: &Seen, status: u16, code: &str) {
    assert_eq!(seen.status, status, "{seen:?}");
    let body = seen.json();
    assert_eq!(
        (&body["status"], &body["code"]),
        (&status.into(), &code.into())
    );
    assert_eq!(
        seen.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(seen.header("cache-control"), Some("no-store"));
    let retries = seen.header("retry-after").is_some();
    assert_eq!(retries, status == 503 || code == "tenant_quota_exceeded");
    assert_eq!(seen.header("www-authenticate").is_some(), status == 401);
}

/// A handler that must not be reached.
async fn never(request: Request<Empty>) -> Result<Response<Empty>, Infallible> {
    panic!("reached by {request:?}")
}

#[tokio::test]
async fn every_refusal_has_its_status_and_its_code_and_never_reaches_the_handler() {
    let slot = LimitConfig::concurrency("in-flight", Dimension::Requests, 1);
    let config = acme()
        .tokens_per_minute(100)
        .allow_models(["gpt-4"])
        .limit(slot);
    let kit = Kit::with(config, |gate| {
        gate.tokens_from_header("X-Token-Count")
            .resolver(Resolver::query("tenant"))
    });
    let service = kit.before(service_fn(never));
    let table = [
        (Request::get("/"), 401, "tenant_required"),
        (get("/?tenant=other"), 403, "tenant_mismatch"),
        (
            Request::get("/").header("X-Tenant-ID", "a b"),
            400,
            "tenant_invalid_id",
        ),
        (get("/").header("X-Token-Count", "-1"), 400, "cost_invalid"),
        (Request::get("/?tenant=nobody"), 404, "tenant_not_found"),
        (
            get("/").header("X-Model", "gpt-5"),
            403,
            "tenant_policy_denied",
        ),
        (
            get("/").header("X-Token-Count", "101"),
            429,
            "tenant_cost_exceeds_limit",
        ),
    ];
    for (request, status, code) in table {
        assert_refusal(&see(service.clone(), empty(request)).await, status, code);
    }
    let acme = kit.acme().await;
    let slot = acme.try_acquire(&tollgate::Cost::request());
    assert!(slot.is_admitted());
    let seen = see(service.clone(), empty(get("/"))).await;
    assert_refusal(&seen, 429, "tenant_quota_exceeded");
    assert_eq!(seen.header("retry-after"), Some("1"));
    drop(slot);
    kit.source.suspend(&id("acme"));
    assert_refusal(
        &see(service, empty(get("/"))).await,
        403,
        "tenant_suspended",
    );

    let gate = Gate::builder(Engine::builder().source(Down).build().unwrap());
    let service = TollgateLayer::new(gate.build().unwrap()).layer(service_fn(never));
    let seen = see(service, empty(get("/"))).await;
    assert_refusal(&seen, 503, "tenant_backend_unavailable");
}

#[tokio::test]
async fn the_seed_s_curl_examples_answer_200_a_hundred_times_then_429_and_401_and_404() {
    let kit = Kit::new(acme().requests_per_minute(100));
    for _ in 0..100 {
        assert_eq!(kit.send(empty(get("/api/data"))).await.status, 200);
    }
    let refused = kit.send(empty(get("/api/data"))).await;
    assert_refusal(&refused, 429, "tenant_quota_exceeded");
    assert_eq!(
        refused.json()["violated-policies"],
        serde_json::json!(["requests_per_minute"])
    );
    assert!(refused.header("ratelimit").unwrap().contains("r=0"));
    assert_eq!(kit.send(empty(Request::get("/api/data"))).await.status, 401);
    let unknown = Request::get("/api/data").header("X-Tenant-ID", "unknown");
    assert_eq!(kit.send(empty(unknown)).await.status, 404);
}

#[tokio::test]
async fn who_waits_as_told_is_served() {
    let kit = Kit::new(acme().requests_per_minute(1));
    kit.send(empty(get("/"))).await;
    let refused = kit.send(empty(get("/"))).await;
    let millis = refused.header("retry-after-ms").unwrap().parse().unwrap();
    kit.clock.advance(std::time::Duration::from_millis(millis));
    assert_eq!(kit.send(empty(get("/"))).await.status, 200);
}

#[tokio::test]
async fn a_reply_of_one_s_own_is_sent_as_it_is() {
    let kit = Kit::with(acme(), |gate| {
        gate.on_rejected(|rejection| Reply::new(418, "text/plain", rejection.code()))
    });
    let seen = kit.send(empty(Request::get("/"))).await;
    assert_eq!(
        (seen.status.as_u16(), &*seen.body),
        (418, &b"tenant_required"[..])
    );
    assert_eq!(seen.header("content-type"), Some("text/plain"));
}

#[tokio::test]
async fn a_request_without_a_tenant_passes_where_that_is_allowed() {
    let kit = Kit::with(acme().requests_per_minute(1), |gate| {
        gate.allow_missing(true)
    });
    let seen = see(kit.before(service_fn(hello)), empty(Request::get("/"))).await;
    assert_eq!((seen.status.as_u16(), &*seen.body), (200, &b"hello"[..]));
    assert!(seen.headers.is_empty());
}
