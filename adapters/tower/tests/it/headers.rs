//! The limits' headers on the responses of handlers.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tollgate::Cost;
use tollgate_tower::{HeaderProfile, PermitHandle};
use tower::service_fn;

use crate::kit::{Empty, Kit, acme, empty, get, see};

type Answer = Result<Response<Full<Bytes>>, Infallible>;

#[tokio::test]
async fn responses_tell_what_is_left() {
    let kit = Kit::new(acme().requests_per_minute(100).tokens_per_minute(10_000));
    let seen = kit.send(empty(get("/"))).await;
    assert_eq!(
        seen.header("ratelimit-policy"),
        Some(r#""requests_per_minute";q=100;w=60, "tokens_per_minute";q=10000;w=60"#)
    );
    let state = seen.header("ratelimit").unwrap();
    assert!(
        state.starts_with(r#""requests_per_minute";r=99;t="#),
        "{state}"
    );
    assert!(
        state.ends_with(r#", "tokens_per_minute";r=10000"#),
        "{state}"
    );
    assert_eq!(seen.body, "hello");
}

#[tokio::test]
async fn the_handler_s_settlement_counts_in_the_same_response() {
    let kit = Kit::with(acme().tokens_per_minute(1_000), |gate| {
        gate.profiles([HeaderProfile::Quota])
            .tokens_from_header("x-token-count")
    });
    let settle = |request: Request<Empty>| async move {
        let permit: &PermitHandle = request.extensions().get().unwrap();
        permit.settle(&Cost::tokens(120)).unwrap();
        assert!(permit.settle(&Cost::tokens(0)).is_err());
        Answer::Ok(Response::new(Full::from("settled")))
    };
    let request = empty(get("/").header("x-token-count", "500"));
    let seen = see(kit.before(service_fn(settle)), request).await;
    assert_eq!(seen.header("x-quota-remaining-tokens"), Some("880"));
}

#[tokio::test]
async fn what_the_handler_set_itself_stays() {
    let kit = Kit::new(acme().requests_per_minute(100));
    let own = |_: Request<Empty>| async {
        let response = Response::builder().header("RateLimit", "mine");
        Answer::Ok(response.body(Full::default()).unwrap())
    };
    let seen = see(kit.before(service_fn(own)), empty(get("/"))).await;
    assert_eq!(
        seen.headers.get_all("ratelimit").iter().collect::<Vec<_>>(),
        ["mine"]
    );
    assert!(seen.header("ratelimit-policy").is_some());
}

#[tokio::test]
async fn redirects_tell_nothing() {
    let kit = Kit::new(acme().requests_per_minute(100));
    let redirect = |_: Request<Empty>| async {
        let response = Response::builder()
            .status(303)
            .header("location", "/elsewhere");
        Answer::Ok(response.body(Full::default()).unwrap())
    };
    let seen = see(kit.before(service_fn(redirect)), empty(get("/"))).await;
    assert_eq!(seen.headers.len(), 1);
}

#[tokio::test]
async fn profiles_can_be_chosen_and_combined() {
    let kit = Kit::with(acme().requests_per_minute(10), |gate| {
        gate.profiles([HeaderProfile::XRateLimit, HeaderProfile::Quota])
    });
    let seen = kit.send(empty(get("/"))).await;
    assert_eq!(seen.header("x-ratelimit-limit"), Some("10"));
    assert_eq!(seen.header("x-ratelimit-remaining"), Some("9"));
    assert!(
        seen.header("x-ratelimit-reset")
            .unwrap()
            .parse::<u64>()
            .unwrap()
            >= 60
    );
    assert_eq!(seen.header("x-quota-remaining-requests"), Some("9"));
    assert_eq!(seen.header("x-quota-remaining-tokens"), None);
    assert_eq!(seen.header("ratelimit"), None);
}
