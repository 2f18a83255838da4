//! What a client hears when a limit above its tenant says no.

use std::time::Duration;

use http::HeaderValue;
use serde_json::json;
use tollgate::{Cost, Dimension, LimitConfig, MatchConfig, TenantConfig};

use crate::kit::{Kit, acme, empty, get, id};

fn umbrella() -> TenantConfig {
    TenantConfig::new(id("umbrella"))
}

fn below(config: TenantConfig) -> TenantConfig {
    config.parent(id("umbrella"))
}

/// acme with two requests a minute, below an umbrella with three, of which somebody else has spent two.
async fn kit() -> Kit {
    let kit = Kit::with(below(acme().requests_per_minute(2)), |gate| {
        gate.expose_limits(true)
    });
    kit.source.set(umbrella().requests_per_minute(3)).unwrap();
    let umbrella = kit.engine.tenant(&id("umbrella")).await.unwrap();
    assert!(umbrella.try_acquire(&Cost::requests(2)).is_admitted());
    kit
}

#[tokio::test]
async fn a_denial_names_the_limit_above_and_whose_it_is_with_its_own_numbers() {
    let kit = kit().await;
    let served = kit.send(empty(get("/"))).await;
    assert_eq!(served.status, 200);
    assert_eq!(
        served.header("ratelimit").map(|r| r.contains("r=1")),
        Some(true),
        "acme's own"
    );
    let denied = kit.send(empty(get("/"))).await;
    assert_eq!(denied.status, 429);
    let body = denied.json();
    assert_eq!(body["code"], "tenant_quota_exceeded");
    assert_eq!(
        body["violated-policies"],
        json!(["umbrella/requests_per_minute"])
    );
    let [limit] = &body["limits"].as_array().unwrap()[..] else {
        panic!("{body}")
    };
    assert_eq!(
        (
            &limit["name"],
            &limit["tenant"],
            &limit["capacity"],
            &limit["remaining"]
        ),
        (
            &json!("requests_per_minute"),
            &json!("umbrella"),
            &json!(3),
            &json!(0)
        )
    );
    let detail = body["detail"].as_str().unwrap();
    assert!(
        detail.contains("limit \"requests_per_minute\" of \"umbrella\""),
        "{detail}"
    );
    let millis: u64 = denied.header("retry-after-ms").unwrap().parse().unwrap();
    assert_eq!(limit["retry_after_ms"], json!(millis));
    let seconds: u64 = denied.header("retry-after").unwrap().parse().unwrap();
    assert_eq!(seconds, millis.div_ceil(1_000));
    kit.clock.advance(Duration::from_millis(millis - 1));
    assert_eq!(kit.send(empty(get("/"))).await.status, 429);
    kit.clock.advance(Duration::from_millis(1));
    assert_eq!(kit.send(empty(get("/"))).await.status, 200);
}

#[tokio::test]
async fn what_a_limit_above_can_never_admit_has_no_retry() {
    let kit = Kit::with(below(acme()), |gate| {
        gate.expose_limits(true).tokens_from_header("X-Token-Count")
    });
    kit.source.set(umbrella().tokens_per_minute(10)).unwrap();
    let never = kit
        .send(empty(get("/").header("X-Token-Count", "11")))
        .await;
    let body = never.json();
    assert_eq!(
        (never.status.as_u16(), &body["code"]),
        (429, &json!("tenant_cost_exceeds_limit"))
    );
    assert_eq!(
        body["violated-policies"],
        json!(["umbrella/tokens_per_minute"])
    );
    assert_eq!(never.header("retry-after"), None);
}

#[tokio::test]
async fn a_tenant_below_one_that_is_suspended_or_removed_or_lost_is_told_so() {
    let kit = kit().await;
    assert!(kit.source.suspend(&id("umbrella")));
    assert_eq!(
        kit.send(empty(get("/"))).await.json()["code"],
        "tenant_suspended"
    );
    assert!(kit.source.resume(&id("umbrella")));
    assert_eq!(kit.send(empty(get("/"))).await.status, 200);
    let lost = Kit::new(below(acme()));
    let seen = lost.send(empty(get("/"))).await;
    assert_eq!(
        seen.json()["code"],
        "tenant_backend_unavailable",
        "its own config is there"
    );
}

/// Found by the audit: only the tenant's own plan was asked whether the model must be readable.
#[tokio::test]
async fn nobody_gets_past_a_limit_above_for_some_models_by_naming_one_that_can_t_be_read() {
    let mut gpt4 = MatchConfig::default();
    gpt4.models.push("gpt-4".to_owned());
    let minute = Duration::from_secs(60);
    let limit = LimitConfig::sliding("gpt4", Dimension::Requests, 1, minute).only_for(gpt4);
    let kit = Kit::new(below(acme()));
    kit.source.set(umbrella().limit(limit)).unwrap();
    let ask = |model: &'static [u8]| {
        let model = HeaderValue::from_bytes(model).unwrap();
        kit.send(empty(get("/").header("X-Model", model)))
    };
    assert_eq!(ask(b"gpt-4").await.status, 200);
    assert_eq!(ask(b"gpt-4").await.status, 429);
    assert_eq!(ask(b"claude").await.status, 200);
    assert_eq!(ask(b"gpt-4\xff").await.status, 403);
}
