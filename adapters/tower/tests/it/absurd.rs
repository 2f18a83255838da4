//! Requests that no honest client sends: each gets an answer, none a panic, none a free ride.

use std::time::Duration;

use http::{HeaderValue, Request};
use tollgate::{Dimension, LimitConfig, MatchConfig};

use crate::kit::{Kit, acme, empty, get};

async fn status(kit: &Kit, name: &'static str, values: &[&[u8]]) -> u16 {
    let mut request = empty(Request::get("/"));
    if name != "x-tenant-id" {
        request
            .headers_mut()
            .insert("x-tenant-id", HeaderValue::from_static("acme"));
    }
    for value in values {
        request
            .headers_mut()
            .append(name, HeaderValue::from_bytes(value).unwrap());
    }
    let seen = kit.send(request).await;
    assert!(seen.body.len() < 600, "{seen:?}");
    seen.status.as_u16()
}

fn kit() -> Kit {
    let config = acme().tokens_per_minute(100).allow_models(["gpt-4"]);
    Kit::with(config, |gate| gate.tokens_from_header("X-Token-Count"))
}

#[tokio::test]
async fn ids_of_a_megabyte_of_no_text_or_given_twice_are_400s() {
    let kit = kit();
    for values in [
        &[&vec![b'a'; 1 << 20][..]][..],
        &[&vec![0xff; 1 << 20]],
        &[b"\xc3\xa9"],
        &[b""],
        &[b"   "],
        &[b"acme\t\tacme"],
        &[b"acme,acme"],
        &[b"acme", b"acme"],
        &[b"acme", b"other"],
        &[b"../acme"],
    ] {
        assert_eq!(status(&kit, "x-tenant-id", values).await, 400);
    }
    assert_eq!(status(&kit, "x-tenant-id", &[b" acme "]).await, 200);
}

#[tokio::test]
async fn token_counts_that_are_no_amounts_are_400s_and_change_nothing() {
    let kit = kit();
    for values in [
        &[&vec![b'9'; 1 << 20][..]][..],
        &[b"-1"],
        &[b"-9223372036854775808"],
        &[b"+1"],
        &[b"1e3"],
        &[b"0x1"],
        &[b"1.5"],
        &[b""],
        &[b"9007199254740992"],
        &[b"18446744073709551616"],
        &[b"340282366920938463463374607431768211456"],
        &[b"NaN"],
        &[b"\xff"],
        &[b"1", b"1"],
        &[b"1,1"],
    ] {
        assert_eq!(status(&kit, "x-token-count", values).await, 400);
    }
    assert_eq!(
        kit.acme().await.usage().remaining(&Dimension::Tokens),
        Some(100)
    );
    assert_eq!(
        status(&kit, "x-token-count", &[b"9007199254740991"]).await,
        429
    );
    assert_eq!(status(&kit, "x-token-count", &[b"\t040 "]).await, 200);
    assert_eq!(
        kit.acme().await.usage().remaining(&Dimension::Tokens),
        Some(60)
    );
}

#[tokio::test]
async fn models_that_can_be_read_in_two_ways_are_403s() {
    let kit = kit();
    for values in [
        &[&b"gpt-4"[..], b"gpt-5"][..],
        &[b"gpt-4", b"gpt-4"],
        &[b"gpt-4\xff"],
        &[&vec![b'g'; 1 << 16]],
    ] {
        assert_eq!(status(&kit, "x-model", values).await, 403);
    }
    assert_eq!(status(&kit, "x-model", &[b"gpt-4"]).await, 200);
}

#[tokio::test]
async fn targets_without_a_path_are_decided_like_any_other() {
    let kit = kit();
    let request = Request::options("*").header("x-tenant-id", "acme");
    assert_eq!(kit.send(empty(request)).await.status, 200);
    let request = Request::connect("example.com:80").header("x-tenant-id", "acme");
    assert_eq!(kit.send(empty(request)).await.status, 200);
    assert_eq!(
        kit.send(empty(get("http://user:pass@[::1]:80/a?b#c")))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_flood_of_strangers_is_refused_one_by_one() {
    let kit = kit();
    for stranger in 0..500 {
        let request = Request::get("/").header("x-tenant-id", format!("stranger-{stranger}"));
        assert_eq!(kit.send(empty(request)).await.status, 404);
    }
    assert_eq!(kit.engine.tenants_in_memory(), 0);
}

#[tokio::test]
async fn nobody_gets_past_a_limit_for_a_model_by_naming_two() {
    let mut gpt4 = MatchConfig::default();
    gpt4.models.push("gpt-4*".to_owned());
    let limit = LimitConfig::sliding("gpt4", Dimension::Requests, 1, Duration::from_secs(60));
    let kit = Kit::new(acme().limit(limit.only_for(gpt4)));
    assert_eq!(status(&kit, "x-model", &[b"gpt-4", b"other"]).await, 403);
    assert_eq!(status(&kit, "x-model", &[b"gpt-4\xff"]).await, 403);
    assert_eq!(status(&kit, "x-model", &[b"gpt-4"]).await, 200);
    assert_eq!(status(&kit, "x-model", &[b"gpt-4o"]).await, 429);
    assert_eq!(status(&kit, "x-model", &[b"other"]).await, 200);
}
