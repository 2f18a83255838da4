use std::net::IpAddr;

use super::*;

const TOKEN: &str = "b5f1d5f0c8e04f4d9d54a8ce1d1c7f2e";

fn guard() -> Guard {
    Guard::new(vec![
        Credential::basic("ops", "pa:ss", Role::ReadWrite).unwrap(),
        Credential::bearer(TOKEN, Role::ReadOnly)
            .unwrap()
            .named("scraper"),
    ])
    .unwrap()
}

fn peer(address: &str) -> Peer {
    Peer::at(address.parse::<IpAddr>().unwrap())
}

fn basic(pair: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(pair))
}

async fn status(guard: &Guard, value: &str, peer: Peer) -> u16 {
    let mut headers = HeaderMap::new();
    headers.insert(
        AUTHORIZATION,
        HeaderValue::from_bytes(value.as_bytes()).unwrap(),
    );
    match guard.admit(&headers, peer).await {
        Ok(_) => 200,
        Err(problem) => {
            let response = axum::response::IntoResponse::into_response(problem);
            response.status().as_u16()
        }
    }
}

#[tokio::test]
async fn only_a_whole_credential_lets_anybody_in() {
    let guard = guard();
    for (at, right) in [
        basic("ops:pa:ss"),
        basic("ops:pa:ss").replace("Basic", "bAsIc"),
        format!("bearer  {TOKEN}"),
    ]
    .iter()
    .enumerate()
    {
        assert_eq!(status(&guard, right, peer("10.0.0.1")).await, 200, "{at}");
    }
    let wrong = [
        basic("ops:pa:s"),
        basic("ops:pa:ss "),
        basic("Ops:pa:ss"),
        basic("ops:"),
        basic(":pa:ss"),
        basic("ops"),
        basic("scraper:pa:ss"),
        basic(&format!("scraper:{TOKEN}")),
        basic(""),
        "Basic".into(),
        "Basic ".into(),
        "Basic ???".into(),
        "Bearer".into(),
        "Bearer ".into(),
        format!("Bearer {}", &TOKEN[1..]),
        format!("Bearer {TOKEN}0"),
        format!("Bearer {}", TOKEN.to_uppercase()),
        format!("Basic {TOKEN}"),
        format!("Token {TOKEN}"),
        TOKEN.into(),
        String::new(),
        format!("Bearer {}", "x".repeat(5_000)),
        basic("ops:pa\0:ss"),
        "Bearer \u{e9}".into(),
    ];
    for (at, wrong) in wrong.iter().enumerate() {
        // From an address each, so that none is refused for the number of tries.
        let peer = peer(&format!("10.1.0.{at}"));
        assert_eq!(status(&guard, wrong, peer).await, 401, "{wrong:?}");
    }
}

#[tokio::test]
async fn two_credentials_at_once_are_none() {
    let mut headers = HeaderMap::new();
    for _ in 0..2 {
        headers.append(AUTHORIZATION, basic("ops:pa:ss").parse().unwrap());
    }
    assert!(guard().admit(&headers, peer("10.0.0.1")).await.is_err());
}

#[tokio::test]
async fn after_ten_wrong_tries_a_minute_no_more_are_looked_at_and_who_is_known_still_gets_in() {
    let guard = guard();
    let here = peer("2001:db8::1");
    assert_eq!(status(&guard, &basic("ops:pa:ss"), here).await, 200);
    let mut seen = Vec::new();
    for try_ in 0..100 {
        // A new address each time: one neighbour has them all.
        let address = format!("2001:db8::{try_:x}");
        seen.push(status(&guard, &basic(&format!("ops:{try_}")), peer(&address)).await);
    }
    assert_eq!(seen.iter().filter(|status| **status == 401).count(), 10);
    assert_eq!(seen.iter().filter(|status| **status == 429).count(), 90);
    assert_eq!(status(&guard, &basic("ops:pa:ss"), here).await, 200);
    assert_eq!(status(&guard, &format!("Bearer {TOKEN}"), here).await, 200);
    assert_eq!(status(&guard, &format!("Bearer {TOKEN}x"), here).await, 429);
    assert_eq!(
        status(&guard, &basic("ops:wrong"), peer("2001:db8:0:1::1")).await,
        401
    );
}

#[tokio::test(start_paused = true)]
async fn a_minute_later_they_are_looked_at_again() {
    let tries = Tries::default();
    let here = peer("10.0.0.1");
    let begun = (0..20).filter(|_| tries.begin(here).is_ok()).count();
    assert_eq!(begun, 10);
    let wait = tries.begin(here).unwrap_err();
    let almost = wait.checked_sub(Duration::from_millis(1)).unwrap();
    tokio::time::advance(almost).await;
    assert!(tries.begin(here).is_err());
    tokio::time::advance(Duration::from_millis(1)).await;
    assert!(tries.begin(here).is_ok());
}

#[tokio::test]
async fn a_hundred_tries_at_once_count_as_a_hundred() {
    let guard = std::sync::Arc::new(guard());
    let tries = (0..100).map(|at| {
        let guard = std::sync::Arc::clone(&guard);
        tokio::spawn(
            async move { status(&guard, &basic(&format!("ops:{at}")), peer("10.0.0.1")).await },
        )
    });
    let mut refused = 0;
    for attempt in tries.collect::<Vec<_>>() {
        refused += usize::from(attempt.await.unwrap() == 429);
    }
    assert_eq!(refused, 90);
}

#[test]
fn without_a_credential_or_with_one_name_twice_there_is_no_guard() {
    assert!(matches!(
        Guard::new(Vec::new()),
        Err(BuildError::NoCredential)
    ));
    let twice =
        ["one", "two"].map(|password| Credential::basic("ops", password, Role::ReadOnly).unwrap());
    assert!(matches!(Guard::new(twice.into()), Err(BuildError::NameTwice(name)) if name == "ops"));
}
