//! Every row of the table of refusals: its status, its code, its body, its headers.

use std::time::Duration;

use serde_json::json;
use tollgate::{
    ChangeListener, ConfigSource, Dimension, Engine, InMemorySource, LimitConfig, Loading,
    SourceError, TenantConfig, TenantId,
};
use tollgate_http::{Entry, Gate, GateBuilder, Reply};

use crate::kit::{Down, Head, Kit, acme, id, json};

/// Checks what all refusals have in common.
fn assert_refusal(reply: &Reply, status: u16, code: &str) {
    assert_eq!((reply.status, &json(reply)["code"]), (status, &json!(code)));
    let body = json(reply);
    assert_eq!(body["status"], json!(status));
    assert!(body["type"].as_str().unwrap().contains(':'), "{body}");
    assert!(!body["title"].as_str().unwrap().is_empty());
    assert!(!body["detail"].as_str().unwrap().is_empty());
    assert_eq!(
        reply.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(reply.header("cache-control"), Some("no-store"));
}

fn assert_no_retry(reply: &Reply) {
    assert_eq!(reply.header("retry-after"), None);
    assert_eq!(reply.header("retry-after-ms"), None);
}

#[tokio::test]
async fn no_tenant_is_a_401_with_a_challenge() {
    let kit = Kit::new(acme());
    let reply = kit.refused(&Head::anonymous("/")).await;
    assert_refusal(&reply, 401, "tenant_required");
    let challenge = r#"Tenant realm="tenant", header="X-Tenant-ID""#;
    assert_eq!(reply.header("www-authenticate"), Some(challenge));
    assert_no_retry(&reply);

    let kit = Kit::with(acme(), GateBuilder::without_header);
    let reply = kit.refused(&Head::get("/")).await;
    assert_eq!(
        reply.header("www-authenticate"),
        Some(r#"Tenant realm="tenant""#)
    );
}

#[tokio::test]
async fn sources_that_disagree_are_a_403() {
    let kit = Kit::with(acme(), |gate| {
        gate.resolver(tollgate_http::Resolver::path_after("/t"))
    });
    let reply = kit.refused(&Head::get("/t/other/x")).await;
    assert_refusal(&reply, 403, "tenant_mismatch");
    assert!(
        !String::from_utf8_lossy(&reply.body).contains("other\""),
        "no ids are told"
    );
    assert!(matches!(
        kit.enter(&Head::get("/t/acme/x")).await,
        Entry::Admitted(_)
    ));
}

#[tokio::test]
async fn a_malformed_id_is_a_400_that_echoes_40_characters_at_most() {
    let kit = Kit::new(acme());
    for bad in [
        &b"a b"[..],
        b"",
        b"a,b",
        b"\xff\xfe",
        b"..",
        &vec![b'x'; 1 << 20],
    ] {
        let reply = kit
            .refused(&Head::anonymous("/").with("x-tenant-id", bad))
            .await;
        assert_refusal(&reply, 400, "tenant_invalid_id");
        assert!(reply.body.len() < 500);
    }
    let reply = kit
        .refused(&Head::get("/").with("X-Tenant-ID", "acme"))
        .await;
    assert_refusal(&reply, 400, "tenant_invalid_id");
}

#[tokio::test]
async fn a_malformed_cost_is_a_400() {
    let kit = Kit::with(acme(), |gate| gate.tokens_from_header("X-Token-Count"));
    for bad in ["-1", "1e3", "99999999999999999999"] {
        let reply = kit
            .refused(&Head::get("/").with("x-token-count", bad))
            .await;
        assert_refusal(&reply, 400, "cost_invalid");
        assert_no_retry(&reply);
    }
    assert!(matches!(
        kit.enter(&Head::get("/")).await,
        Entry::Admitted(_)
    ));
}

#[tokio::test]
async fn an_unknown_tenant_is_a_404() {
    let kit = Kit::new(acme());
    let reply = kit.refused(&Head::of("nobody", "/")).await;
    assert_refusal(&reply, 404, "tenant_not_found");
    assert_eq!(
        json(&reply)["detail"],
        json!("there is no tenant \"nobody\"")
    );
}

#[tokio::test]
async fn a_removed_tenant_is_a_404_from_then_on() {
    let kit = Kit::new(acme());
    kit.admitted(&Head::get("/")).await.finish();
    assert!(kit.source.remove(&id("acme")));
    assert_refusal(&kit.refused(&Head::get("/")).await, 404, "tenant_not_found");
}

#[tokio::test]
async fn a_suspended_tenant_is_a_403_from_then_on_whatever_its_policy_says() {
    let kit = Kit::new(acme().allow_models(["gpt-4"]));
    kit.admitted(&Head::get("/")).await.finish();
    assert!(kit.source.suspend(&id("acme")));
    assert_refusal(&kit.refused(&Head::get("/")).await, 403, "tenant_suspended");
    let gpt5 = Head::get("/").with("x-model", "gpt-5");
    assert_refusal(&kit.refused(&gpt5).await, 403, "tenant_suspended");
    assert!(kit.source.resume(&id("acme")));
    kit.admitted(&Head::get("/")).await.finish();
}

#[tokio::test]
async fn a_policy_s_no_is_a_403_that_says_what_is_not_allowed() {
    let kit = Kit::new(acme().allow_models(["gpt-4*"]).allow_tools(["search"]));
    let reply = kit.refused(&Head::get("/").with("x-model", "gpt-5")).await;
    assert_refusal(&reply, 403, "tenant_policy_denied");
    let detail = json!("tenant \"acme\": model \"gpt-5\" is not allowed");
    assert_eq!(json(&reply)["detail"], detail);
    let reply = kit.refused(&Head::get("/").with("X-Tool", "shell")).await;
    assert_refusal(&reply, 403, "tenant_policy_denied");
    for sly in [&b"\xff"[..], &vec![b'g'; 1 << 16]] {
        let reply = kit.refused(&Head::get("/").with("x-model", sly)).await;
        assert_refusal(&reply, 403, "tenant_policy_denied");
    }
    let twice = Head::get("/")
        .with("x-model", "gpt-4")
        .with("x-model", "gpt-4");
    assert_refusal(&kit.refused(&twice).await, 403, "tenant_policy_denied");
    kit.admitted(
        &Head::get("/")
            .with("x-model", "gpt-4o")
            .with("x-tool", "search"),
    )
    .await
    .finish();
    kit.admitted(&Head::get("/")).await.finish();
}

#[tokio::test]
async fn a_route_may_demand_a_model_a_tool_and_a_feature() {
    let demanding =
        |set_up: fn(GateBuilder) -> GateBuilder| Kit::with(acme().feature("beta", true), set_up);
    for kit in [
        demanding(GateBuilder::require_model),
        demanding(GateBuilder::require_tool),
        demanding(|gate| gate.feature("alpha")),
    ] {
        assert_refusal(
            &kit.refused(&Head::get("/")).await,
            403,
            "tenant_policy_denied",
        );
    }
    let kit = demanding(|gate| gate.feature("beta").require_model().model_header("X-LLM"));
    kit.admitted(&Head::get("/").with("x-llm", "gpt-4"))
        .await
        .finish();
}

#[tokio::test]
async fn a_used_up_limit_is_a_429_with_the_whole_story() {
    let kit = Kit::new(acme().requests_per_minute(2).tokens_per_minute(1_000));
    for _ in 0..2 {
        kit.admitted(&Head::get("/")).await.finish();
    }
    let reply = kit.refused(&Head::get("/")).await;
    assert_refusal(&reply, 429, "tenant_quota_exceeded");
    let millis: u64 = reply.header("retry-after-ms").unwrap().parse().unwrap();
    assert_eq!(
        reply.header("retry-after"),
        Some(&*millis.div_ceil(1000).to_string())
    );
    let body = json(&reply);
    assert_eq!(
        body["type"],
        json!("https://iana.org/assignments/http-problem-types#quota-exceeded")
    );
    assert_eq!(
        body["title"],
        json!("Request cannot be satisfied as assigned quota has been exceeded")
    );
    assert_eq!(
        body["detail"],
        json!("limit \"requests_per_minute\" is used up")
    );
    assert_eq!(body["violated-policies"], json!(["requests_per_minute"]));
    assert_eq!(
        body["limits"],
        json!([{
            "name": "requests_per_minute", "dimension": "requests", "capacity": 2,
            "window": "60s", "remaining": 0, "retry_after_ms": millis,
        }])
    );
    let state = reply.header("ratelimit").unwrap();
    assert!(
        state.starts_with(r#""requests_per_minute";r=0;t="#),
        "{state}"
    );
    assert!(
        reply
            .header("ratelimit-policy")
            .unwrap()
            .contains("tokens_per_minute")
    );
}

#[tokio::test]
async fn who_obeys_retry_after_is_admitted_and_who_comes_a_tick_early_is_not() {
    let kit = Kit::new(acme().requests_per_minute(1));
    kit.clock.advance(Duration::from_nanos(123_456_789));
    kit.admitted(&Head::get("/")).await.finish();
    kit.clock.advance(Duration::from_nanos(987_654_321));
    let reply = kit.refused(&Head::get("/")).await;
    let millis: u64 = reply.header("retry-after-ms").unwrap().parse().unwrap();
    kit.clock.advance(Duration::from_millis(millis - 1));
    let again = kit.refused(&Head::get("/")).await;
    assert_eq!(again.header("retry-after"), Some("1"));
    kit.clock.advance(Duration::from_millis(1));
    kit.admitted(&Head::get("/")).await.finish();
}

#[tokio::test]
async fn every_limit_that_is_short_is_named_and_the_one_that_decides_comes_first() {
    let hour = Duration::from_secs(3600);
    let hourly = LimitConfig::sliding("hourly", Dimension::Requests, 1, hour);
    let kit = Kit::new(
        acme()
            .requests_per_minute(1)
            .tokens_per_minute(5)
            .limit(hourly),
    );
    kit.admitted(&Head::get("/")).await.finish();
    let body = json(&kit.refused(&Head::get("/")).await);
    assert_eq!(
        body["violated-policies"],
        json!(["hourly", "requests_per_minute"])
    );
    assert_eq!(body["limits"][1]["retry_after_ms"], json!(null));
}

#[tokio::test]
async fn slots_in_use_are_a_429_to_be_retried_in_a_second() {
    let slot = LimitConfig::concurrency("in-flight", Dimension::Requests, 1);
    let kit = Kit::new(acme().limit(slot));
    let first = kit.admitted(&Head::get("/")).await;
    let reply = kit.refused(&Head::get("/")).await;
    assert_refusal(&reply, 429, "tenant_quota_exceeded");
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert_eq!(reply.header("retry-after-ms"), None);
    assert_eq!(json(&reply)["violated-policies"], json!(["in-flight"]));
    assert_eq!(json(&reply)["limits"][0]["window"], json!(null));
    first.finish();
    kit.admitted(&Head::get("/")).await.finish();
}

#[tokio::test]
async fn a_cost_above_a_capacity_is_a_429_that_is_never_to_be_retried() {
    let kit = Kit::with(acme().tokens_per_minute(100), |gate| {
        gate.tokens_from_header("x-tokens")
    });
    let reply = kit.refused(&Head::get("/").with("x-tokens", "101")).await;
    assert_refusal(&reply, 429, "tenant_cost_exceeds_limit");
    assert_no_retry(&reply);
    assert_eq!(
        json(&reply)["violated-policies"],
        json!(["tokens_per_minute"])
    );
    assert_eq!(json(&reply)["limits"][0]["remaining"], json!(100));
    kit.admitted(&Head::get("/").with("x-tokens", "100"))
        .await
        .finish();
}

#[tokio::test]
async fn no_room_for_a_tenant_is_a_503_and_nobody_else_s_quota() {
    let source = InMemorySource::new();
    source.set(acme().requests_per_minute(5)).unwrap();
    source.set(TenantConfig::new(id("globex"))).unwrap();
    let builder = Engine::builder().source(source);
    let one = std::num::NonZeroUsize::MIN;
    let engine = builder.most_tenants(one).build().unwrap();
    let held = engine.tenant(&id("acme")).await.unwrap();
    let gate = Gate::builder(engine).build().unwrap();
    let globex = Head::of("globex", "/");
    let Entry::Rejected(reply) = gate.enter(&globex).await else {
        panic!("admitted")
    };
    assert_refusal(&reply, 503, "tenant_backend_unavailable");
    drop(held);
    assert!(matches!(gate.enter(&globex).await, Entry::Admitted(_)));
}

#[tokio::test]
async fn a_source_that_is_down_is_a_503_that_tells_no_secrets() {
    let engine = Engine::builder().source(Down).build().unwrap();
    let gate = Gate::builder(engine).build().unwrap();
    let Entry::Rejected(reply) = gate.enter(&Head::get("/")).await else {
        panic!("admitted")
    };
    assert_refusal(&reply, 503, "tenant_backend_unavailable");
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert_eq!(
        json(&reply)["type"],
        json!("https://iana.org/assignments/http-problem-types#temporary-reduced-capacity")
    );
    assert!(!String::from_utf8_lossy(&reply.body).contains("db-7"));
}

#[tokio::test]
async fn a_source_that_knows_when_it_asks_again_has_the_client_come_back_then() {
    struct Resting;
    impl ConfigSource for Resting {
        fn load<'s>(&'s self, _: &'s TenantId) -> Loading<'s> {
            let error = SourceError::new("down").retry_after(Duration::from_millis(4_200));
            Box::pin(async { Err(error) })
        }

        fn subscribe(&self, _: std::sync::Arc<dyn ChangeListener>) {}
    }
    let engine = Engine::builder().source(Resting).build().unwrap();
    let gate = Gate::builder(engine).build().unwrap();
    let Entry::Rejected(reply) = gate.enter(&Head::get("/")).await else {
        panic!("admitted")
    };
    assert_refusal(&reply, 503, "tenant_backend_unavailable");
    assert_eq!(reply.header("retry-after"), Some("5"));
}

#[tokio::test]
async fn every_problem_has_a_type_of_its_own() {
    let source_down = Gate::builder(Engine::builder().source(Down).build().unwrap());
    let Entry::Rejected(down) = source_down.build().unwrap().enter(&Head::get("/")).await else {
        panic!("admitted")
    };
    let kit = Kit::with(acme().requests_per_minute(1).allow_models(["a"]), |gate| {
        gate.tokens_from_header("x-tokens")
            .resolver(tollgate_http::Resolver::path_after("/t"))
    });
    let mut replies = vec![
        down,
        kit.refused(&Head::anonymous("/")).await,
        kit.refused(&Head::get("/t/b")).await,
        kit.refused(&Head::of("a b", "/")).await,
        kit.refused(&Head::get("/").with("x-tokens", "x")).await,
        kit.refused(&Head::of("nobody", "/")).await,
        kit.refused(&Head::get("/").with("x-model", "b")).await,
    ];
    kit.admitted(&Head::get("/")).await.finish();
    replies.push(kit.refused(&Head::get("/")).await);
    kit.source.suspend(&id("acme"));
    replies.push(kit.refused(&Head::get("/")).await);
    replies.push(Reply::gate_missing());
    let mut types: Vec<_> = replies
        .iter()
        .map(|reply| json(reply)["type"].to_string())
        .collect();
    types.sort();
    types.dedup();
    assert_eq!(types.len(), replies.len(), "{types:?}");
}

#[tokio::test]
async fn limits_can_be_kept_from_clients_and_retry_after_still_be_told() {
    let kit = Kit::with(acme().requests_per_minute(1), |gate| {
        gate.expose_limits(false)
    });
    let admission = kit.admitted(&Head::get("/")).await;
    assert_eq!(kit.report(200, &admission), []);
    admission.finish();
    let reply = kit.refused(&Head::get("/")).await;
    assert_refusal(&reply, 429, "tenant_quota_exceeded");
    assert!(reply.header("retry-after").is_some());
    assert_eq!(reply.header("ratelimit"), None);
    let body = String::from_utf8(reply.body).unwrap();
    assert!(
        !body.contains("requests_per_minute") && !body.contains("limits"),
        "{body}"
    );
}

#[tokio::test]
async fn every_reply_can_be_replaced() {
    let kit = Kit::with(acme().requests_per_minute(1), |gate| {
        gate.on_rejected(|rejection| {
            Reply::new(418, "text/plain", rejection.code()).with_header("ratelimit", "mine")
        })
    });
    let reply = kit.refused(&Head::anonymous("/")).await;
    assert_eq!((reply.status, &*reply.body), (418, &b"tenant_required"[..]));
    kit.admitted(&Head::get("/")).await.finish();
    let reply = kit.refused(&Head::get("/")).await;
    assert_eq!(
        (reply.status, &*reply.body),
        (418, &b"tenant_quota_exceeded"[..])
    );
    assert_eq!(reply.header("ratelimit"), Some("mine"));
    assert!(reply.header("ratelimit-policy").is_some());
}
