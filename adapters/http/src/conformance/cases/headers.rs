//! What responses tell of limits.

use std::time::Duration;

use tollgate::{Cost, Dimension, LimitConfig};

use super::cases;
use crate::conformance::answer::Answer;
use crate::conformance::client::{anonymous, get};
use crate::conformance::house::{Doors, acme};
use crate::conformance::runner::Case;
use crate::headers::{HeaderProfile, ResetStyle};

pub(super) const CASES: &[Case] = cases![
    responses_tell_every_limit_in_the_fields_of_the_ietf,
    a_unit_is_told_where_that_is_asked_for,
    x_ratelimit_tells_the_limit_that_is_nearest_to_its_end,
    a_reset_can_be_a_time_of_day,
    quota_tells_what_is_left_and_leaves_out_what_is_unlimited,
    openai_s_headers_tell_requests_and_tokens,
    anthropic_s_headers_tell_requests_and_tokens,
    every_profile_at_once_is_told_at_once,
    the_handler_s_settlement_counts_in_the_same_response,
    what_the_handler_set_itself_stays,
    redirects_and_unchanged_pages_tell_nothing,
    the_errors_of_handlers_tell_as_much_as_their_successes,
    who_has_no_limits_is_told_nothing,
    a_gate_without_profiles_tells_nothing,
    a_request_without_a_tenant_is_told_nothing,
    a_stream_tells_in_its_head,
];

async fn responses_tell_every_limit_in_the_fields_of_the_ietf(doors: Doors) {
    let house = doors.house(acme().requests_per_minute(100).tokens_per_minute(10_000));
    let seen = house.served(get("/")).await;
    let policy = r#""requests_per_minute";q=100;w=60, "tokens_per_minute";q=10000;w=60"#;
    assert_eq!(seen.header("ratelimit-policy"), Some(policy));
    let state = seen.header("ratelimit").unwrap();
    assert!(
        state.starts_with(r#""requests_per_minute";r=99;t="#),
        "{state}"
    );
    assert!(
        state.ends_with(r#", "tokens_per_minute";r=10000"#),
        "{state}"
    );
    let state = house.served(get("/")).await;
    assert!(state.header("ratelimit").unwrap().contains("r=98"));
}

async fn a_unit_is_told_where_that_is_asked_for(doors: Doors) {
    let house = doors.house_with(acme().tokens_per_minute(100), |gate| gate.units(true));
    let policy = r#""tokens_per_minute";q=100;qu="tokens";w=60"#;
    assert_eq!(
        house.served(get("/")).await.header("ratelimit-policy"),
        Some(policy)
    );
}

async fn x_ratelimit_tells_the_limit_that_is_nearest_to_its_end(doors: Doors) {
    let config = acme().requests_per_minute(10).tokens_per_minute(1_000);
    let house = doors.house_with(config, |gate| gate.profiles([HeaderProfile::XRateLimit]));
    let seen = house.served(get("/")).await;
    assert_eq!(seen.header("x-ratelimit-limit"), Some("10"));
    assert_eq!(seen.header("x-ratelimit-remaining"), Some("9"));
    let reset: u64 = seen.header("x-ratelimit-reset").unwrap().parse().unwrap();
    assert!((60..=62).contains(&reset), "{reset}");
    assert_eq!(seen.header("ratelimit"), None);
}

async fn a_reset_can_be_a_time_of_day(doors: Doors) {
    let house = doors.house_with(acme().requests_per_minute(10), |gate| {
        gate.profiles([HeaderProfile::XRateLimit])
            .reset_style(ResetStyle::Epoch)
    });
    let seen = house.served(get("/")).await;
    let reset: u64 = seen.header("x-ratelimit-reset").unwrap().parse().unwrap();
    let now = Duration::from_nanos(house.clock.now().as_nanos()).as_secs();
    assert!(reset >= now + 60 && reset <= now + 63, "{reset} at {now}");
}

async fn quota_tells_what_is_left_and_leaves_out_what_is_unlimited(doors: Doors) {
    let config = acme().requests_per_minute(10);
    let house = doors.house_with(config, |gate| gate.profiles([HeaderProfile::Quota]));
    let seen = house.served(get("/")).await;
    assert_eq!(seen.header("x-quota-remaining-requests"), Some("9"));
    assert_eq!(seen.header("x-quota-remaining-tokens"), None);
}

async fn openai_s_headers_tell_requests_and_tokens(doors: Doors) {
    let config = acme().requests_per_minute(60).tokens_per_minute(150_000);
    let house = doors.house_with(config, |gate| gate.profiles([HeaderProfile::OpenAi]));
    let seen = house.served(get("/")).await;
    assert_eq!(seen.header("x-ratelimit-limit-requests"), Some("60"));
    assert_eq!(seen.header("x-ratelimit-remaining-requests"), Some("59"));
    assert_eq!(seen.header("x-ratelimit-remaining-tokens"), Some("150000"));
    let reset = seen.header("x-ratelimit-reset-requests").unwrap();
    assert!(reset.starts_with("1m") && reset.ends_with('s'), "{reset}");
}

async fn anthropic_s_headers_tell_requests_and_tokens(doors: Doors) {
    let config = acme().requests_per_minute(60).tokens_per_minute(150_000);
    let house = doors.house_with(config, |gate| gate.profiles([HeaderProfile::Anthropic]));
    let seen = house.served(get("/")).await;
    assert_eq!(
        seen.header("anthropic-ratelimit-requests-limit"),
        Some("60")
    );
    assert_eq!(
        seen.header("anthropic-ratelimit-requests-remaining"),
        Some("59")
    );
    assert_eq!(
        seen.header("anthropic-ratelimit-tokens-limit"),
        Some("150000")
    );
    let reset = seen.header("anthropic-ratelimit-requests-reset").unwrap();
    assert!(reset.contains('T') && reset.ends_with('Z'), "{reset}");
}

async fn every_profile_at_once_is_told_at_once(doors: Doors) {
    let all = [
        HeaderProfile::Ietf,
        HeaderProfile::XRateLimit,
        HeaderProfile::Quota,
        HeaderProfile::OpenAi,
        HeaderProfile::Anthropic,
    ];
    let house = doors.house_with(acme().requests_per_minute(10), |gate| gate.profiles(all));
    let served = house.served(get("/")).await;
    for _ in 1..10 {
        house.served(get("/")).await;
    }
    let refused = house.refused(get("/"), 429, "tenant_quota_exceeded").await;
    for seen in [served, refused] {
        let told = [
            "ratelimit",
            "ratelimit-policy",
            "x-ratelimit-limit",
            "x-quota-remaining-requests",
            "x-ratelimit-limit-requests",
            "anthropic-ratelimit-requests-limit",
        ];
        assert!(
            told.iter().all(|name| seen.header(name).is_some()),
            "{seen:?}"
        );
    }
}

async fn the_handler_s_settlement_counts_in_the_same_response(doors: Doors) {
    let house = doors.house_with(acme().tokens_per_minute(1_000), |gate| {
        gate.profiles([HeaderProfile::Quota])
            .tokens_from_header("X-Token-Count")
    });
    let settle = house.act(|visit| async move {
        visit.permit().settle(&Cost::tokens(120)).unwrap();
        Ok(Answer::text("settled"))
    });
    let seen = house
        .served(get("/").header("X-Token-Count", "500").act(&settle))
        .await;
    assert_eq!(seen.header("x-quota-remaining-tokens"), Some("880"));
}

async fn what_the_handler_set_itself_stays(doors: Doors) {
    let house = doors.house(acme().requests_per_minute(100));
    let own = house.answering(|| Answer::text("").header("ratelimit", "mine"));
    let seen = house.served(get("/").act(&own)).await;
    assert_eq!(seen.header("ratelimit"), Some("mine"));
    assert!(seen.header("ratelimit-policy").is_some());
}

async fn redirects_and_unchanged_pages_tell_nothing(doors: Doors) {
    let house = doors.house(acme().requests_per_minute(100));
    for status in [301, 303, 304, 307] {
        let elsewhere = house.answering(move || {
            Answer::empty()
                .status(status)
                .header("location", "/elsewhere")
        });
        let seen = house.ask(get("/").act(&elsewhere)).await;
        assert_eq!((seen.status(), seen.head.limits()), (status, Vec::new()));
    }
}

async fn the_errors_of_handlers_tell_as_much_as_their_successes(doors: Doors) {
    let house = doors.house(acme().requests_per_minute(100));
    for (status, left) in [(201, 99), (404, 98), (500, 97), (503, 96)] {
        let answer = house.answering(move || Answer::text("so be it").status(status));
        let seen = house.ask(get("/").act(&answer)).await;
        assert_eq!((seen.status(), seen.text()), (status, "so be it"));
        let state = seen.header("ratelimit").unwrap();
        assert!(state.contains(&format!("r={left}")), "{state}");
    }
}

async fn who_has_no_limits_is_told_nothing(doors: Doors) {
    let house = doors.house(acme());
    assert!(house.served(get("/")).await.head.limits().is_empty());
}

async fn a_gate_without_profiles_tells_nothing(doors: Doors) {
    let house = doors.house_with(acme().requests_per_minute(1), |gate| gate.profiles([]));
    assert!(house.served(get("/")).await.head.limits().is_empty());
    let seen = house.refused(get("/"), 429, "tenant_quota_exceeded").await;
    assert!(seen.head.limits().is_empty());
}

async fn a_request_without_a_tenant_is_told_nothing(doors: Doors) {
    let house = doors.house_with(acme().requests_per_minute(9), |gate| {
        gate.allow_missing(true)
    });
    let seen = house.served(anonymous("/")).await;
    assert_eq!((seen.text(), seen.head.limits()), ("nobody", Vec::new()));
}

async fn a_stream_tells_in_its_head(doors: Doors) {
    let slot = LimitConfig::concurrency("in-flight", Dimension::Requests, 2);
    let house = doors.house(acme().limit(slot));
    let (act, mut taps) = house.streaming(Answer::stream);
    let mut line = house.line().await;
    line.send(&[&get("/").act(&act)]).await;
    taps.recv().await.unwrap().send("first");
    let head = line.head().await.unwrap();
    assert_eq!(
        head.header("ratelimit"),
        Some(r#""in-flight";r=1"#),
        "its own slot is taken"
    );
}
