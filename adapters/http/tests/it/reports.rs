//! What admitted responses tell of the limits.

use tollgate::Cost;
use tollgate_http::{HeaderProfile, ResetStyle};

use crate::kit::{Head, Kit, acme};

#[tokio::test]
async fn the_fields_tell_what_is_left_after_this_request() {
    let kit = Kit::new(acme().requests_per_minute(100));
    let admission = kit.admitted(&Head::get("/")).await;
    let told = kit.report(200, &admission);
    assert_eq!(
        told[0],
        (
            "ratelimit-policy".into(),
            r#""requests_per_minute";q=100;w=60"#.into()
        )
    );
    assert_eq!(told[1].0, "ratelimit");
    assert!(
        told[1].1.starts_with(r#""requests_per_minute";r=99;t="#),
        "{told:?}"
    );
}

#[tokio::test]
async fn what_the_handler_settled_counts_already() {
    let kit = Kit::with(acme().tokens_per_minute(1_000), |gate| {
        gate.profiles([HeaderProfile::Quota])
            .estimate_with(|_| Cost::tokens(500))
    });
    let admission = kit.admitted(&Head::get("/")).await;
    let before = [("x-quota-remaining-tokens".to_owned(), "500".to_owned())];
    assert_eq!(kit.report(200, &admission), before);
    admission.permit().settle(&Cost::tokens(20)).unwrap();
    let after = [("x-quota-remaining-tokens".to_owned(), "980".to_owned())];
    assert_eq!(kit.report(200, &admission), after);
}

#[tokio::test]
async fn errors_tell_the_limits_and_redirects_do_not() {
    let kit = Kit::new(acme().requests_per_minute(100));
    let admission = kit.admitted(&Head::get("/")).await;
    for status in [200, 204, 400, 404, 500, 503] {
        assert_eq!(kit.report(status, &admission).len(), 2, "{status}");
    }
    for status in [100, 101, 103, 301, 304, 307] {
        assert_eq!(kit.report(status, &admission), [], "{status}");
    }
}

#[tokio::test]
async fn any_set_of_profiles_is_sent_at_once() {
    let kit = Kit::with(acme().requests_per_minute(100), |gate| {
        gate.profiles([
            HeaderProfile::Ietf,
            HeaderProfile::XRateLimit,
            HeaderProfile::Quota,
        ])
        .reset_style(ResetStyle::Delta)
    });
    let admission = kit.admitted(&Head::get("/")).await;
    let names: Vec<_> = kit
        .report(200, &admission)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(
        names,
        [
            "ratelimit-policy",
            "ratelimit",
            "x-ratelimit-limit",
            "x-ratelimit-remaining",
            "x-ratelimit-reset",
            "x-quota-remaining-requests",
        ]
    );
    let silent = Kit::with(acme().requests_per_minute(100), |gate| gate.profiles([]));
    let admission = silent.admitted(&Head::get("/")).await;
    assert_eq!(silent.report(200, &admission), []);
}

#[tokio::test]
async fn a_tenant_without_limits_is_told_nothing() {
    let kit = Kit::with(acme(), |gate| {
        gate.profiles([
            HeaderProfile::Ietf,
            HeaderProfile::XRateLimit,
            HeaderProfile::Quota,
        ])
    });
    let admission = kit.admitted(&Head::get("/")).await;
    assert_eq!(kit.report(200, &admission), []);
}
