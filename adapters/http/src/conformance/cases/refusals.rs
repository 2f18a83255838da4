//! Every row of the table of refusals, but for those of limits.

use tollgate::InMemorySource;

use super::cases;
use crate::conformance::ask::{Ask, anonymous, get};
use crate::conformance::doors::{Doors, acme, id, room};
use crate::conformance::runner::Case;
use crate::conformance::sources::Down;
use crate::reply::Reply;
use crate::request::Field;
use crate::resolve::{InvalidCredential, Resolver};

pub(super) const CASES: &[Case] = cases![
    no_tenant_is_a_401_with_a_challenge,
    a_credential_that_proves_nothing_is_a_401_whatever_else_names_a_tenant,
    a_name_that_no_credential_proves_is_a_401_where_credentials_are_read,
    sources_that_disagree_are_a_403,
    a_malformed_id_is_a_400,
    two_headers_are_a_400_even_if_they_agree,
    a_malformed_cost_is_a_400_and_charges_nothing,
    an_unknown_tenant_is_a_404,
    a_suspended_tenant_is_a_403,
    a_model_or_tool_that_is_not_allowed_is_a_403,
    a_model_that_can_be_read_in_two_ways_is_a_403,
    a_method_or_path_that_is_not_allowed_is_a_403,
    what_a_route_demands_and_a_request_lacks_is_a_403,
    a_source_that_is_down_is_a_503_to_be_retried,
    a_reply_of_one_s_own_is_sent_as_it_is,
    a_refused_upload_gets_its_reply,
    a_refusal_to_head_has_a_head_only,
    refusals_are_the_same_where_nobody_listens,
];

async fn no_tenant_is_a_401_with_a_challenge(doors: Doors) {
    let house = doors.house(acme());
    let seen = house.refused(anonymous("/"), 401, "tenant_required").await;
    let challenge = r#"Tenant realm="tenant", header="X-Tenant-ID""#;
    assert_eq!(seen.header("www-authenticate"), Some(challenge));
}

/// The tenant that a request's API key proves.
fn by_key() -> Resolver {
    Resolver::credential(|request| match request.header("x-api-key") {
        Field::Absent => Ok(None),
        Field::Once(b"sk-acme") => Ok(Some("acme".to_owned())),
        Field::Once(_) | Field::Repeated => Err(InvalidCredential::new("nobody has this key")),
    })
}

async fn a_credential_that_proves_nothing_is_a_401_whatever_else_names_a_tenant(doors: Doors) {
    let house = doors.house_with(acme(), |gate| gate.resolver(by_key()));
    let forged = get("/").header("X-API-Key", "sk-forged");
    let seen = house.refused(forged, 401, "credential_invalid").await;
    let challenge = seen.header("www-authenticate").unwrap();
    assert!(challenge.starts_with("Bearer ") && challenge.contains(r#"error="invalid_token""#));
    assert!(challenge.contains("nobody has this key"), "{challenge}");
    let proved = anonymous("/").header("X-API-Key", "sk-acme");
    assert_eq!(house.served(proved).await.text(), "acme by principal");
}

async fn a_name_that_no_credential_proves_is_a_401_where_credentials_are_read(doors: Doors) {
    let plot = doors.plot(acme());
    let strict = plot.gate(|gate| gate.resolver(by_key()));
    let trusting = plot.gate(|gate| gate.resolver(by_key()).accept_unproven());
    let house = plot.open(vec![room("/inside", trusting), room("", strict)]);
    house.refused(get("/"), 401, "tenant_unproven").await;
    let agreeing = get("/").header("X-API-Key", "sk-acme");
    assert_eq!(house.served(agreeing).await.text(), "acme by principal");
    assert_eq!(house.served(get("/inside")).await.text(), "acme by header");
}

async fn sources_that_disagree_are_a_403(doors: Doors) {
    let house = doors.house_with(acme(), |gate| gate.resolver(Resolver::query("tenant")));
    house
        .refused(get("/?tenant=other"), 403, "tenant_mismatch")
        .await;
    house.served(get("/?tenant=acme")).await;
}

async fn a_malformed_id_is_a_400(doors: Doors) {
    let house = doors.house(acme());
    for bad in [
        &b"a b"[..],
        b"a,b",
        b"..",
        b"../acme",
        b"\xff\xfe",
        b"\xc3\xa9",
        b"acme\tacme",
    ] {
        let ask = anonymous("/").header("X-Tenant-ID", bad);
        house.refused(ask, 400, "tenant_invalid_id").await;
    }
    let long = "a".repeat(4_000);
    let seen = house
        .refused(anonymous("/").tenant(&long), 400, "tenant_invalid_id")
        .await;
    assert!(seen.body.len() < 600, "{seen:?}");
    house
        .refused(anonymous("/").tenant(""), 400, "tenant_invalid_id")
        .await;
}

async fn two_headers_are_a_400_even_if_they_agree(doors: Doors) {
    let house = doors.house(acme());
    for second in ["acme", "other"] {
        let twice = get("/").header("x-tenant-id", second);
        house.refused(twice, 400, "tenant_invalid_id").await;
    }
}

async fn a_malformed_cost_is_a_400_and_charges_nothing(doors: Doors) {
    let config = acme().tokens_per_minute(100);
    let house = doors.house_with(config, |gate| gate.tokens_from_header("X-Token-Count"));
    let bad = [
        "-1",
        "+1",
        "1e3",
        "1.5",
        "0x1",
        "",
        "NaN",
        "9007199254740992",
        "18446744073709551616",
        "1,1",
    ];
    for bad in bad {
        house
            .refused(get("/").header("x-token-count", bad), 400, "cost_invalid")
            .await;
    }
    let twice = get("/")
        .header("x-token-count", "1")
        .header("x-token-count", "1");
    house.refused(twice, 400, "cost_invalid").await;
    assert_eq!(house.left("tokens_per_minute").await, 100);
    house.served(get("/").header("x-token-count", "040")).await;
    assert_eq!(house.left("tokens_per_minute").await, 60);
}

async fn an_unknown_tenant_is_a_404(doors: Doors) {
    let house = doors.house(acme());
    house
        .refused(anonymous("/").tenant("nobody"), 404, "tenant_not_found")
        .await;
}

async fn a_suspended_tenant_is_a_403(doors: Doors) {
    let house = doors.house(acme().allow_models(["gpt-4"]));
    assert!(house.source.suspend(&id("acme")));
    house.refused(get("/"), 403, "tenant_suspended").await;
    // Not what its policy would say.
    house
        .refused(get("/").header("X-Model", "gpt-5"), 403, "tenant_suspended")
        .await;
    assert!(house.source.resume(&id("acme")));
    house.served(get("/")).await;
}

async fn a_model_or_tool_that_is_not_allowed_is_a_403(doors: Doors) {
    let house = doors.house(acme().allow_models(["gpt-4*"]).allow_tools(["search"]));
    for bad in [
        get("/").header("X-Model", "gpt-5"),
        get("/").header("X-Tool", "shell"),
    ] {
        house.refused(bad, 403, "tenant_policy_denied").await;
    }
    house
        .served(
            get("/")
                .header("x-model", "gpt-4o")
                .header("x-tool", "search"),
        )
        .await;
    house.served(get("/")).await;
}

async fn a_model_that_can_be_read_in_two_ways_is_a_403(doors: Doors) {
    let house = doors.house(acme().allow_models(["gpt-4"]));
    let gpt4 = || get("/").header("X-Model", "gpt-4");
    for sly in [
        gpt4().header("X-Model", "gpt-5"),
        gpt4().header("x-model", "gpt-4"),
    ] {
        house.refused(sly, 403, "tenant_policy_denied").await;
    }
    let no_text = get("/").header("X-Model", b"gpt-4\xff");
    house.refused(no_text, 403, "tenant_policy_denied").await;
}

async fn a_method_or_path_that_is_not_allowed_is_a_403(doors: Doors) {
    let house = doors.house(acme().allow_methods(["GET"]).allow_paths(["/public/*"]));
    house.served(get("/public/a?b=c")).await;
    let post = Ask::of("POST", "/public/a").tenant("acme");
    house.refused(post, 403, "tenant_policy_denied").await;
    for path in ["/private", "/publicity", "/private?x=/public/a"] {
        house.refused(get(path), 403, "tenant_policy_denied").await;
    }
}

async fn what_a_route_demands_and_a_request_lacks_is_a_403(doors: Doors) {
    let plot = doors.plot(acme().feature("beta", true));
    let demanding = plot.gate(|gate| gate.require_model().feature("beta"));
    let alpha = plot.gate(|gate| gate.feature("alpha"));
    let house = plot.open(vec![room("/alpha", alpha), room("", demanding)]);
    house
        .refused(get("/alpha"), 403, "tenant_policy_denied")
        .await;
    house.refused(get("/"), 403, "tenant_policy_denied").await;
    house.served(get("/").header("X-Model", "gpt-4")).await;
}

async fn a_source_that_is_down_is_a_503_to_be_retried(doors: Doors) {
    let plot = doors.plot_on(Down, InMemorySource::new());
    let gate = plot.gate(|gate| gate);
    let house = plot.open(vec![room("", gate)]);
    let seen = house
        .refused(get("/"), 503, "tenant_backend_unavailable")
        .await;
    assert_eq!(seen.header("retry-after"), Some("1"));
    assert!(!seen.text().contains("db-7"), "{seen:?}");
}

async fn a_reply_of_one_s_own_is_sent_as_it_is(doors: Doors) {
    let house = doors.house_with(acme(), |gate| {
        gate.on_rejected(|rejection| {
            let reply = Reply::new(418, "text/plain", rejection.code());
            reply
                .with_header("X-Own", "yes")
                .with_header("bad name", "left out")
        })
    });
    let seen = house.ask(anonymous("/")).await;
    assert_eq!((seen.status(), seen.text()), (418, "tenant_required"));
    assert_eq!(seen.header("content-type"), Some("text/plain"));
    assert_eq!(
        (seen.header("x-own"), seen.header("bad name")),
        (Some("yes"), None)
    );
}

async fn a_refused_upload_gets_its_reply(doors: Doors) {
    let house = doors.house(acme());
    let post = || Ask::of("POST", "/").tenant("nobody");
    house
        .refused(post().sized("twelve bytes"), 404, "tenant_not_found")
        .await;
    house
        .refused(
            post().chunked(&["twelve", " bytes"]),
            404,
            "tenant_not_found",
        )
        .await;
}

async fn a_refusal_to_head_has_a_head_only(doors: Doors) {
    let house = doors.house(acme());
    let mut line = house.line().await;
    let seen = line.ask(&Ask::of("HEAD", "/")).await;
    assert_eq!((seen.status(), seen.body.len()), (401, 0));
    // The next response would be garbled, had there been a body.
    assert_eq!(line.ask(&get("/")).await.text(), "acme by header");
}

async fn refusals_are_the_same_where_nobody_listens(doors: Doors) {
    let plot = doors.deaf_plot(acme().requests_per_minute(1));
    let gate = plot.gate(|gate| gate);
    let house = plot.open(vec![room("", gate)]);
    house.refused(anonymous("/"), 401, "tenant_required").await;
    assert_eq!(house.served(get("/")).await.text(), "acme by header");
    let seen = house.refused(get("/"), 429, "tenant_quota_exceeded").await;
    assert!(seen.header("ratelimit").unwrap().contains("r=0"));
    house
        .refused(anonymous("/").tenant("unknown"), 404, "tenant_not_found")
        .await;
}
