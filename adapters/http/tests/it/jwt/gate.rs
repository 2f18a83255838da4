//! Tokens at the gate: who is let in, and what the others are told.

use serde_json::json;
use tollgate::TenantConfig;
use tollgate_http::jwt::{JwtAlgorithm, JwtError};
use tollgate_http::{GateBuilder, Principal, Reply, Source};

use super::kit::{Issuer, NOW, SECRET, good};
use crate::kit::{Head, Kit, acme, id, json};

fn issuer() -> Issuer {
    Issuer::hmac(JwtAlgorithm::Hs256, SECRET)
}

/// A gate that reads tokens, and the header too unless told otherwise.
fn kit(set_up: impl FnOnce(GateBuilder) -> GateBuilder) -> Kit {
    let verifier = issuer().verifier();
    let kit = Kit::with(acme().requests_per_minute(100), |gate| {
        set_up(gate.jwt(verifier))
    });
    kit.source.set(TenantConfig::new(id("globex"))).unwrap();
    kit
}

fn bearing(token: &str) -> Head {
    Head::anonymous("/").with("Authorization", format!("Bearer {token}"))
}

fn assert_refused(reply: &Reply, status: u16, code: &str) {
    assert_eq!((reply.status, &json(reply)["code"]), (status, &json!(code)));
}

#[tokio::test]
async fn a_good_token_is_enough() {
    for kit in [kit(|gate| gate), kit(GateBuilder::without_header)] {
        let admission = kit.admitted(&bearing(&issuer().token(&good()))).await;
        assert_eq!(admission.id().as_str(), "acme");
        assert_eq!(admission.source(), Source::Principal);
        admission.finish();
    }
}

#[tokio::test]
async fn a_header_that_agrees_may_stand_beside_the_token_and_one_that_does_not_is_a_403() {
    let kit = kit(|gate| gate);
    let token = issuer().token(&good());
    let agreed = bearing(&token).with("X-Tenant-ID", "acme");
    let admission = kit.admitted(&agreed).await;
    assert_eq!(admission.source(), Source::Principal);
    admission.finish();
    for other in ["globex", "Acme", "nobody"] {
        let head = bearing(&token).with("X-Tenant-ID", other);
        assert_refused(&kit.refused(&head).await, 403, "tenant_mismatch");
    }
}

#[tokio::test]
async fn a_wrong_token_is_a_401_that_says_why_even_beside_a_header() {
    let kit = kit(|gate| gate);
    let mut late = good();
    late["exp"] = json!(NOW - 3_600);
    let mut strange = good();
    strange["tenant_id"] = json!("a b");
    let other = Issuer::hmac(JwtAlgorithm::Hs256, &SECRET[1..]);
    for (token, reason) in [
        (issuer().token(&late), "the token has expired"),
        (
            issuer().token(&json!({"exp": NOW + 9})),
            "the token has no claim tenant_id",
        ),
        (
            issuer().token(&strange),
            "the token names no tenant: a tenant id may only have",
        ),
        (other.token(&good()), "the signature of the token is wrong"),
        ("garbage".to_owned(), "the token is malformed"),
        ("a".repeat(9_000), "the token is longer than 8192 bytes"),
        (String::new(), "the token is malformed: it is empty"),
    ] {
        for head in [
            bearing(&token),
            bearing(&token).with("X-Tenant-ID", "acme"),
            bearing(&token).with("X-Tenant-ID", "globex"),
        ] {
            let reply = kit.refused(&head).await;
            assert_refused(&reply, 401, "credential_invalid");
            let challenge = reply.header("www-authenticate").unwrap();
            let beginning = format!(
                r#"Bearer realm="tenant", error="invalid_token", error_description="{reason}"#
            );
            assert!(challenge.starts_with(&beginning), "{challenge}");
            assert!(!String::from_utf8_lossy(&reply.body).contains("eyJ"));
        }
    }
}

#[tokio::test]
async fn two_authorization_headers_are_a_401_even_if_they_agree() {
    let kit = kit(|gate| gate);
    let token = issuer().token(&good());
    for second in [format!("Bearer {token}"), "Basic YTpi".to_owned()] {
        let head = bearing(&token).with("authorization", second);
        assert_refused(&kit.refused(&head).await, 401, "credential_invalid");
    }
}

#[tokio::test]
async fn without_a_token_the_header_counts_only_where_that_is_accepted() {
    let basic = Head::get("/").with("Authorization", "Basic YTpi");
    let strict = kit(|gate| gate);
    for head in [Head::get("/"), basic.clone()] {
        let reply = strict.refused(&head).await;
        assert_refused(&reply, 401, "tenant_unproven");
        assert_eq!(
            reply.header("www-authenticate"),
            Some(r#"Bearer realm="tenant""#)
        );
    }
    let open = kit(GateBuilder::accept_unproven);
    for head in [Head::get("/"), basic.clone()] {
        let admission = open.admitted(&head).await;
        assert_eq!(admission.source(), Source::Header);
        admission.finish();
    }
    let closed = kit(GateBuilder::without_header);
    for head in [Head::get("/"), basic] {
        let reply = closed.refused(&head).await;
        assert_refused(&reply, 401, "tenant_required");
        assert_eq!(
            reply.header("www-authenticate"),
            Some(r#"Bearer realm="tenant""#)
        );
    }
}

#[tokio::test]
async fn a_wrong_token_does_not_pass_where_no_tenant_is_needed() {
    let kit = kit(|gate| gate.allow_missing(true).without_header());
    assert_refused(&kit.refused(&bearing("x")).await, 401, "credential_invalid");
    let entry = kit.enter(&Head::anonymous("/")).await;
    assert!(matches!(entry, tollgate_http::Entry::Open));
}

#[tokio::test]
async fn without_the_principal_of_the_extensions_tokens_are_read_all_the_same() {
    let kit = kit(GateBuilder::without_principal);
    let token = issuer().token(&good());
    kit.admitted(&bearing(&token)).await.finish();
    for open in [bearing("garbage"), Head::anonymous("/")] {
        let named = open.with("X-Tenant-ID", "acme");
        assert_eq!(kit.refused(&named).await.status, 401);
    }
}

#[tokio::test]
async fn an_unknown_tenant_of_a_good_token_is_a_404() {
    let mut claims = good();
    claims["tenant_id"] = json!("nobody");
    let reply = kit(|gate| gate)
        .refused(&bearing(&issuer().token(&claims)))
        .await;
    assert_refused(&reply, 404, "tenant_not_found");
}

#[test]
fn an_authentication_layer_reads_the_values_of_the_header_as_the_gate_does() {
    let verifier = issuer().verifier();
    let value = format!(" Bearer {} ", issuer().token(&good()));
    let read = |values: &[&str]| {
        let claims = verifier.verify_authorization(values.iter().map(|value| value.as_bytes()));
        claims.map(|claims| claims.map(|claims| Principal::from(&claims)))
    };
    assert_eq!(read(&[&value]), Ok(Some(Principal::new("acme"))));
    assert_eq!(read(&[]), Ok(None));
    assert_eq!(read(&["Basic YTpi"]), Ok(None));
    assert_eq!(read(&[&value, &value]), Err(JwtError::RepeatedHeader));
    assert!(matches!(
        read(&["Bearer x"]),
        Err(JwtError::Malformed { .. })
    ));
}
