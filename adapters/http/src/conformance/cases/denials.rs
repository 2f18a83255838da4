//! What a client hears of a limit that says no.

use std::time::Duration;

use serde_json::json;
use tollgate::{Cost, Dimension, LimitConfig, MatchConfig, TenantConfig};

use super::cases;
use crate::conformance::ask::{anonymous, get};
use crate::conformance::doors::{Doors, acme, id, room};
use crate::conformance::runner::Case;

pub(super) const CASES: &[Case] = cases![
    a_used_up_limit_is_a_429_with_the_whole_story,
    who_waits_as_told_is_served_and_who_does_not_is_not,
    slots_in_use_are_a_429_to_be_retried_in_a_second,
    a_cost_above_a_capacity_is_a_429_that_is_never_to_be_retried,
    a_limit_above_the_tenant_says_whose_it_is,
    nobody_gets_past_a_limit_for_a_model_by_naming_two,
    limits_that_are_not_exposed_are_not_named,
    the_seed_s_curl_examples_answer_as_the_seed_says,
];

async fn a_used_up_limit_is_a_429_with_the_whole_story(doors: Doors) {
    let house = doors.house(acme().requests_per_minute(2).tokens_per_minute(1_000));
    house.served(get("/")).await;
    house.served(get("/")).await;
    let seen = house.refused(get("/"), 429, "tenant_quota_exceeded").await;
    let millis: u64 = seen.header("retry-after-ms").unwrap().parse().unwrap();
    let seconds = millis.div_ceil(1_000).to_string();
    assert_eq!(seen.header("retry-after"), Some(&*seconds));
    let body = seen.json();
    assert_eq!(
        body["type"],
        "https://iana.org/assignments/http-problem-types#quota-exceeded"
    );
    assert_eq!(body["violated-policies"], json!(["requests_per_minute"]));
    assert_eq!(
        body["limits"],
        json!([{
            "name": "requests_per_minute", "dimension": "requests", "capacity": 2,
            "window": "60s", "remaining": 0, "retry_after_ms": millis,
        }])
    );
    let state = seen.header("ratelimit").unwrap();
    assert!(
        state.starts_with(r#""requests_per_minute";r=0;t="#),
        "{state}"
    );
    assert!(
        seen.header("ratelimit-policy")
            .unwrap()
            .contains(r#""tokens_per_minute";q=1000"#)
    );
}

async fn who_waits_as_told_is_served_and_who_does_not_is_not(doors: Doors) {
    let house = doors.house(acme().requests_per_minute(1));
    house.served(get("/")).await;
    let seen = house.refused(get("/"), 429, "tenant_quota_exceeded").await;
    let millis: u64 = seen.header("retry-after-ms").unwrap().parse().unwrap();
    house.clock.advance(Duration::from_millis(millis - 1));
    house.refused(get("/"), 429, "tenant_quota_exceeded").await;
    house.clock.advance(Duration::from_millis(1));
    house.served(get("/")).await;
}

async fn slots_in_use_are_a_429_to_be_retried_in_a_second(doors: Doors) {
    let slot = LimitConfig::concurrency("in-flight", Dimension::Requests, 1);
    let house = doors.house(acme().limit(slot));
    let taken = house.acme().await;
    let taken = taken.try_acquire(&Cost::request());
    let seen = house.refused(get("/"), 429, "tenant_quota_exceeded").await;
    assert_eq!(seen.header("retry-after"), Some("1"));
    assert_eq!(seen.header("retry-after-ms"), None);
    assert_eq!(seen.json()["violated-policies"], json!(["in-flight"]));
    drop(taken);
    house.served(get("/")).await;
}

async fn a_cost_above_a_capacity_is_a_429_that_is_never_to_be_retried(doors: Doors) {
    let config = acme().tokens_per_minute(100);
    let house = doors.house_with(config, |gate| gate.tokens_from_header("X-Token-Count"));
    let ask = get("/").header("X-Token-Count", "101");
    let seen = house.refused(ask, 429, "tenant_cost_exceeds_limit").await;
    assert_eq!(seen.header("retry-after-ms"), None);
    assert_eq!(
        seen.json()["violated-policies"],
        json!(["tokens_per_minute"])
    );
    house.served(get("/").header("X-Token-Count", "100")).await;
}

async fn a_limit_above_the_tenant_says_whose_it_is(doors: Doors) {
    let plot = doors.plot(acme().parent(id("umbrella")));
    plot.source
        .set(TenantConfig::new(id("umbrella")).requests_per_minute(1))
        .unwrap();
    let gate = plot.gate(|gate| gate);
    let house = plot.open(vec![room("", gate)]);
    house.served(get("/")).await;
    let seen = house.refused(get("/"), 429, "tenant_quota_exceeded").await;
    assert_eq!(
        seen.json()["violated-policies"],
        json!(["umbrella/requests_per_minute"])
    );
}

async fn nobody_gets_past_a_limit_for_a_model_by_naming_two(doors: Doors) {
    let mut gpt4 = MatchConfig::default();
    gpt4.models.push("gpt-4*".to_owned());
    let limit = LimitConfig::sliding("gpt4", Dimension::Requests, 1, Duration::from_secs(60));
    let house = doors.house(acme().limit(limit.only_for(gpt4)));
    let ask = |model: &str| get("/").header("X-Model", model);
    let two = ask("gpt-4").header("X-Model", "other");
    house.refused(two, 403, "tenant_policy_denied").await;
    house.served(ask("gpt-4")).await;
    house
        .refused(ask("gpt-4o"), 429, "tenant_quota_exceeded")
        .await;
    let other = house.served(ask("other")).await;
    assert_eq!(
        other.header("ratelimit"),
        None,
        "the limit is not for this model"
    );
}

async fn limits_that_are_not_exposed_are_not_named(doors: Doors) {
    let config = acme().requests_per_minute(1);
    let house = doors.house_with(config, |gate| gate.expose_limits(false));
    assert!(house.served(get("/")).await.head.limits().is_empty());
    let seen = house.refused(get("/"), 429, "tenant_quota_exceeded").await;
    assert!(
        seen.head.limits().is_empty() && !seen.text().contains("per_minute"),
        "{seen:?}"
    );
}

async fn the_seed_s_curl_examples_answer_as_the_seed_says(doors: Doors) {
    let house = doors.house(acme().requests_per_minute(100));
    let mut line = house.line().await;
    for request in 1..=100 {
        let seen = line.ask(&get("/api/data")).await;
        assert_eq!(seen.status(), 200, "request {request}");
    }
    house
        .refused(get("/api/data"), 429, "tenant_quota_exceeded")
        .await;
    house
        .refused(anonymous("/api/data"), 401, "tenant_required")
        .await;
    house
        .refused(
            anonymous("/api/data").tenant("unknown"),
            404,
            "tenant_not_found",
        )
        .await;
}
