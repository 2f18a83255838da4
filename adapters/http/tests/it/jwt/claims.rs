//! What a token must say beside being signed.

use std::time::Duration;

use serde_json::{Value, json};
use tollgate_http::jwt::{JwtAlgorithm, JwtClaims, JwtError, JwtVerifierBuilder};

use super::kit::{Issuer, NOW, SECRET, builder, good};

/// What a verifier makes of `claims` in a token that is signed as it should be.
fn check(
    claims: &Value,
    set_up: impl FnOnce(JwtVerifierBuilder) -> JwtVerifierBuilder,
) -> Result<JwtClaims, JwtError> {
    let issuer = Issuer::hmac(JwtAlgorithm::Hs256, SECRET);
    set_up(builder([issuer.key()]))
        .build()
        .verify(&issuer.token(claims))
}

fn plain(claims: &Value) -> Result<JwtClaims, JwtError> {
    check(claims, |builder| builder)
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = good();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = good();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

fn missing(claim: &str) -> Result<JwtClaims, JwtError> {
    let claim = claim.into();
    Err(JwtError::MissingClaim { claim })
}

#[derive(serde::Deserialize)]
struct Mine {
    sub: String,
}

#[test]
fn a_good_token_tells_its_claims() {
    let claims = plain(&good()).unwrap();
    assert_eq!(claims.tenant().as_str(), "acme");
    assert_eq!(claims.subject(), Some("alice"));
    assert_eq!(claims.get("exp"), Some(&json!(NOW + 300)));
    assert_eq!(claims.get("scope"), None);
    assert_eq!(claims.parse::<Mine>().unwrap().sub, "alice");
}

#[test]
fn a_token_dies_at_its_exp_and_the_leeway_after_it() {
    let dying = |exp: u64, leeway: u64| {
        check(&with("exp", json!(exp)), |builder| {
            builder.leeway(Duration::from_secs(leeway))
        })
    };
    assert!(dying(NOW + 1, 0).is_ok());
    assert_eq!(dying(NOW, 0), Err(JwtError::Expired));
    assert!(dying(NOW - 9, 10).is_ok());
    assert_eq!(dying(NOW - 10, 10), Err(JwtError::Expired));
    assert!(
        plain(&with("exp", json!(NOW - 59))).is_ok(),
        "60 s by default"
    );
    assert_eq!(plain(&with("exp", json!(NOW - 60))), Err(JwtError::Expired));
    assert_eq!(plain(&with("exp", json!(0))), Err(JwtError::Expired));
}

#[test]
fn a_token_begins_at_its_nbf_and_the_leeway_before_it() {
    assert!(plain(&with("nbf", json!(NOW + 60))).is_ok());
    assert_eq!(
        plain(&with("nbf", json!(NOW + 61))),
        Err(JwtError::NotYetValid)
    );
    let strict = check(&with("nbf", json!(NOW + 1)), |builder| {
        builder.leeway(Duration::ZERO)
    });
    assert_eq!(strict, Err(JwtError::NotYetValid));
    assert!(plain(&with("nbf", json!(0))).is_ok());
}

#[test]
fn times_may_have_fractions_and_must_be_numbers() {
    assert!(plain(&with("exp", json!(1_800_000_000.5))).is_ok());
    assert_eq!(
        plain(&with("exp", json!(1_799_999_939.5))),
        Err(JwtError::Expired)
    );
    for name in ["exp", "nbf"] {
        for odd in [
            json!("never"),
            json!("1900000000"),
            json!(null),
            json!(true),
            json!([1_900_000_000]),
            json!(-1),
            json!(-1.5),
            json!(1e300),
        ] {
            let error = plain(&with(name, odd.clone())).unwrap_err();
            assert!(
                matches!(&error, JwtError::MalformedClaim { claim, .. } if &**claim == name),
                "{name} {odd}: {error}"
            );
        }
    }
    assert!(plain(&with("exp", json!(u64::MAX))).is_ok());
}

#[test]
fn a_token_without_exp_is_refused() {
    assert_eq!(plain(&without("exp")), missing("exp"));
}

#[test]
fn to_a_clock_from_before_1970_everything_has_expired() {
    let before = std::time::SystemTime::UNIX_EPOCH - Duration::from_secs(1);
    let read = check(&with("exp", json!(u64::MAX)), |builder| {
        builder.clock(move || before)
    });
    assert_eq!(read, Err(JwtError::Expired));
}

#[test]
fn the_claim_must_be_there_and_be_a_string_that_is_a_tenant_id() {
    assert_eq!(plain(&without("tenant_id")), missing("tenant_id"));
    for odd in [
        json!(1),
        json!(null),
        json!(["acme"]),
        json!({"id": "acme"}),
    ] {
        let error = plain(&with("tenant_id", odd)).unwrap_err();
        assert!(matches!(error, JwtError::MalformedClaim { .. }), "{error}");
    }
    for odd in [
        "",
        "a b",
        "..",
        "a/b",
        "ACME\n",
        &"a".repeat(256),
        "acme\u{0}",
        "ácme",
    ] {
        let error = plain(&with("tenant_id", json!(odd))).unwrap_err();
        assert!(
            matches!(error, JwtError::InvalidTenant(_)),
            "{odd}: {error}"
        );
        assert!(error.to_string().len() < 200);
    }
}

#[test]
fn any_claim_can_name_the_tenant_even_one_with_dots_or_inside_another() {
    let claims = json!({
        "exp": NOW + 1, "org": "a", "https://example.com/tenant": "b", "firebase": {"tenant": "c"},
    });
    let named = |name: &str| {
        let claims = check(&claims, |builder| builder.tenant_claim(name));
        claims.map(|claims| claims.tenant().to_string())
    };
    assert_eq!(named("org").as_deref(), Ok("a"));
    assert_eq!(named("https://example.com/tenant").as_deref(), Ok("b"));
    assert!(named("firebase.tenant").is_err());
    let inside = |object, name| {
        let claims = check(&claims, |builder| builder.tenant_claim_in(object, name));
        claims.map(|claims| claims.tenant().to_string())
    };
    assert_eq!(inside("firebase", "tenant").as_deref(), Ok("c"));
    for (object, name) in [("firebase", "org"), ("org", "a"), ("nothing", "tenant")] {
        let claim = format!("{object}/{name}").into();
        assert_eq!(inside(object, name), Err(JwtError::MissingClaim { claim }));
    }
}

#[test]
fn the_issuer_must_be_one_of_those_that_were_named() {
    let read = |claims: &Value| {
        check(claims, |builder| {
            builder.issuer("https://a").issuer("https://b")
        })
    };
    assert!(read(&with("iss", json!("https://a"))).is_ok());
    assert!(read(&with("iss", json!("https://b"))).is_ok());
    for odd in [
        json!("https://c"),
        json!("https://a/"),
        json!(["https://a"]),
        json!(null),
    ] {
        assert_eq!(read(&with("iss", odd)), Err(JwtError::WrongIssuer));
    }
    assert_eq!(read(&good()), missing("iss"));
    assert!(plain(&with("iss", json!("anybody"))).is_ok());
}

#[test]
fn the_audience_must_be_us() {
    let read = |claims: &Value| check(claims, |builder| builder.audience("api").audience("web"));
    for fine in [json!("api"), json!("web"), json!(["other", "api"])] {
        assert!(read(&with("aud", fine)).is_ok());
    }
    for odd in [
        json!("other"),
        json!("API"),
        json!([]),
        json!(["other"]),
        json!([["api"]]),
        json!(1),
    ] {
        assert_eq!(read(&with("aud", odd)), Err(JwtError::WrongAudience));
    }
    assert_eq!(read(&good()), missing("aud"));
}

#[test]
fn a_token_for_somebody_is_not_for_a_verifier_that_was_not_told_who_it_is() {
    for aud in [json!("api"), json!([]), json!(null)] {
        assert_eq!(plain(&with("aud", aud)), Err(JwtError::WrongAudience));
    }
}

#[test]
fn of_a_claim_that_is_there_twice_the_last_counts_for_all_checks() {
    let issuer = Issuer::hmac(JwtAlgorithm::Hs256, SECRET);
    let twice = format!(
        r#"{{"tenant_id": "evil", "exp": {}, "tenant_id": "acme", "exp": {}}}"#,
        NOW - 1_000,
        NOW + 1
    );
    let claims = issuer
        .verifier()
        .verify(&issuer.signed(r#"{"alg":"HS256"}"#, &twice))
        .unwrap();
    assert_eq!(claims.tenant().as_str(), "acme");
    assert_eq!(claims.get("tenant_id"), Some(&json!("acme")));
}

#[test]
fn claims_that_are_no_object_are_refused() {
    let issuer = Issuer::hmac(JwtAlgorithm::Hs256, SECRET);
    for odd in [
        "[]",
        "\"acme\"",
        "null",
        "",
        "{",
        "{}{}",
        &"[".repeat(3_000),
    ] {
        let read = issuer
            .verifier()
            .verify(&issuer.signed(r#"{"alg":"HS256"}"#, odd));
        assert!(matches!(read, Err(JwtError::Malformed { .. })), "{odd}");
    }
}
