//! Tenants that a credential proves.

use tollgate_http::{Entry, Field, GateBuilder, InvalidCredential, Resolver, Source};

use crate::kit::{Head, Kit, acme, json};

/// A gate that knows the key of one tenant, which its client may send.
fn keys(gate: GateBuilder) -> GateBuilder {
    gate.resolver(Resolver::credential(|request| {
        match request.header("x-api-key") {
            Field::Absent => Ok(None),
            Field::Once(b"k-acme") => Ok(Some("acme".to_owned())),
            Field::Once(_) | Field::Repeated => {
                Err(InvalidCredential::new("nobody has this \"key\""))
            }
        }
    }))
}

#[tokio::test]
async fn a_key_names_its_tenant_as_the_principal() {
    let kit = Kit::with(acme(), keys);
    let admission = kit
        .admitted(&Head::anonymous("/").with("x-api-key", "k-acme"))
        .await;
    assert_eq!(admission.id().as_str(), "acme");
    assert_eq!(admission.source(), Source::Principal);
}

#[tokio::test]
async fn a_key_that_nobody_has_is_refused_whatever_a_header_says() {
    let kit = Kit::with(acme(), keys);
    let head = Head::get("/").with("x-api-key", "k-other");
    let reply = kit.refused(&head).await;
    assert_eq!(reply.status, 401);
    assert_eq!(json(&reply)["code"], "credential_invalid");
    assert_eq!(
        reply.header("www-authenticate"),
        Some(
            r#"Bearer realm="tenant", error="invalid_token", error_description="nobody has this key""#
        )
    );
}

#[tokio::test]
async fn a_tenant_that_is_only_named_is_not_proved_even_where_none_is_needed() {
    let strict = Kit::with(acme(), |gate| keys(gate).allow_missing(true));
    let reply = strict.refused(&Head::get("/")).await;
    assert_eq!(reply.status, 401);
    assert_eq!(json(&reply)["code"], "tenant_unproven");
    let entry = strict.enter(&Head::anonymous("/")).await;
    assert!(matches!(entry, Entry::Open));
    let both = Head::get("/").with("x-api-key", "k-acme");
    strict.admitted(&both).await.finish();

    let trusting = Kit::with(acme(), |gate| keys(gate).accept_unproven());
    let admission = trusting.admitted(&Head::get("/")).await;
    assert_eq!(admission.source(), Source::Header);
}

#[tokio::test]
async fn a_header_never_overrides_a_key_and_the_ways_that_work_are_offered_to_who_has_neither() {
    let kit = Kit::with(acme(), keys);
    let sly = Head::of("globex", "/").with("x-api-key", "k-acme");
    assert_eq!(json(&kit.refused(&sly).await)["code"], "tenant_mismatch");
    let reply = kit.refused(&Head::anonymous("/")).await;
    assert_eq!(
        reply.header("www-authenticate"),
        Some(r#"Bearer realm="tenant""#)
    );
    let trusting = Kit::with(acme(), |gate| keys(gate).accept_unproven());
    let reply = trusting.refused(&Head::anonymous("/")).await;
    assert_eq!(
        reply.header("www-authenticate"),
        Some(r#"Bearer realm="tenant", Tenant realm="tenant", header="X-Tenant-ID""#)
    );
    assert_eq!(
        json(&reply)["detail"],
        "the request names no tenant: send a credential, or the header X-Tenant-ID"
    );
}
