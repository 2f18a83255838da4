//! Every way in which a request can name its tenant, and what a layer before the gate can say of it.

use tollgate::{Cost, TenantConfig};

use super::cases;
use crate::builder::GateBuilder;
use crate::conformance::ask::{Ask, anonymous, get};
use crate::conformance::demo::Before;
use crate::conformance::doors::{Doors, acme, id};
use crate::conformance::house::House;
use crate::conformance::runner::Case;
use crate::facts::Facts;
use crate::request::Principal;
use crate::resolve::Resolver;

pub(super) const CASES: &[Case] = cases![
    a_header_names_the_tenant_whatever_the_case_of_its_name,
    a_header_of_another_name_names_the_tenant,
    a_principal_goes_before_the_header,
    a_header_never_overrides_a_principal,
    a_principal_that_is_no_id_is_a_400,
    a_gate_may_leave_the_principal_alone,
    the_host_names_the_tenant_under_the_base_domain_only,
    the_target_s_host_goes_before_the_header_s,
    a_segment_of_the_path_names_the_tenant,
    a_path_that_can_be_read_in_two_ways_names_nobody,
    the_query_names_the_tenant,
    a_cookie_names_the_tenant,
    a_function_names_the_tenant,
    the_body_s_model_goes_before_the_header_s,
    of_the_body_s_cost_and_the_header_s_the_larger_counts,
];

/// A server whose gate reads the tenant from nowhere but here.
fn house_of(doors: &Doors, resolver: Resolver) -> House {
    doors.house_with(acme(), |gate| {
        gate.without_header().without_principal().resolver(resolver)
    })
}

fn vouched(tenant: &str) -> Before {
    Before {
        principal: Some(Principal::new(tenant)),
        ..Before::default()
    }
}

async fn a_header_names_the_tenant_whatever_the_case_of_its_name(doors: Doors) {
    let house = doors.house(acme());
    for (name, value) in [("x-tenant-id", "acme"), ("X-TENANT-ID", "\t acme ")] {
        let seen = house.served(anonymous("/").header(name, value)).await;
        assert_eq!(seen.text(), "acme by header");
    }
}

async fn a_header_of_another_name_names_the_tenant(doors: Doors) {
    let house = doors.house_with(acme(), |gate| gate.header_name("X-Org"));
    let seen = house.served(anonymous("/").header("x-org", "acme")).await;
    assert_eq!(seen.text(), "acme by header");
    house.refused(get("/"), 401, "tenant_required").await;
}

async fn a_principal_goes_before_the_header(doors: Doors) {
    let house = doors.house(acme());
    let act = house.prepared(vouched("acme"));
    for ask in [anonymous("/"), get("/")] {
        assert_eq!(
            house.served(ask.act(&act)).await.text(),
            "acme by principal"
        );
    }
}

async fn a_header_never_overrides_a_principal(doors: Doors) {
    let house = doors.house(acme());
    house.source.set(TenantConfig::new(id("other"))).unwrap();
    let act = house.prepared(vouched("other"));
    house
        .refused(get("/").act(&act), 403, "tenant_mismatch")
        .await;
}

async fn a_principal_that_is_no_id_is_a_400(doors: Doors) {
    let house = doors.house(acme());
    let act = house.prepared(vouched("no such id!"));
    house
        .refused(anonymous("/").act(&act), 400, "tenant_invalid_id")
        .await;
}

async fn a_gate_may_leave_the_principal_alone(doors: Doors) {
    let house = doors.house_with(acme(), GateBuilder::without_principal);
    let act = house.prepared(vouched("other"));
    assert_eq!(
        house.served(get("/").act(&act)).await.text(),
        "acme by header"
    );
}

async fn the_host_names_the_tenant_under_the_base_domain_only(doors: Doors) {
    let house = house_of(&doors, Resolver::subdomain("example.com"));
    for host in ["acme.example.com", "ACME.Example.com:8080"] {
        let seen = house.served(anonymous("/").host(host)).await;
        assert_eq!(seen.text(), "acme by subdomain");
    }
    for host in [
        "example.com",
        "a.acme.example.com",
        "acme.example.com.evil.net",
        "[::1]:80",
    ] {
        house
            .refused(anonymous("/").host(host), 401, "tenant_required")
            .await;
    }
    // RFC 9112 §3.2 asks servers for a 400 of their own; some leave it to us, and then nobody is named.
    let two = anonymous("/")
        .host("acme.example.com")
        .header("Host", "other.example.com");
    let seen = house.ask(two).await;
    assert!(matches!(seen.status(), 400 | 401), "{seen:?}");
    assert_eq!(house.visits(), 2);
}

async fn the_target_s_host_goes_before_the_header_s(doors: Doors) {
    let house = house_of(&doors, Resolver::subdomain("example.com"));
    let ask = anonymous("http://acme.example.com/").host("other.example.com");
    assert_eq!(house.served(ask).await.text(), "acme by subdomain");
}

async fn a_segment_of_the_path_names_the_tenant(doors: Doors) {
    let house = house_of(&doors, Resolver::path_after("/t"));
    assert_eq!(
        house.served(anonymous("/t/acme/x?y=z")).await.text(),
        "acme by path"
    );
    house
        .refused(anonymous("/x/acme"), 401, "tenant_required")
        .await;
    let house = house_of(&doors, Resolver::path_segment(1));
    assert_eq!(
        house.served(anonymous("/v1/%61cme")).await.text(),
        "acme by path"
    );
}

async fn a_path_that_can_be_read_in_two_ways_names_nobody(doors: Doors) {
    let house = house_of(&doors, Resolver::path_after("/t"));
    for path in ["/t/..%2facme", "/t/a%2fb"] {
        house
            .refused(anonymous(path), 400, "tenant_invalid_id")
            .await;
    }
}

async fn the_query_names_the_tenant(doors: Doors) {
    let house = house_of(&doors, Resolver::query("tenant"));
    assert_eq!(
        house.served(anonymous("/?a=b&tenant=%61cme")).await.text(),
        "acme by query"
    );
    let twice = anonymous("/?tenant=acme&tenant=acme");
    house.refused(twice, 400, "tenant_invalid_id").await;
    house.refused(anonymous("/"), 401, "tenant_required").await;
}

async fn a_cookie_names_the_tenant(doors: Doors) {
    let house = house_of(&doors, Resolver::cookie("tenant"));
    let two_fields = anonymous("/")
        .header("Cookie", "a=b")
        .header("Cookie", "c=d; tenant=acme");
    assert_eq!(house.served(two_fields).await.text(), "acme by cookie");
    let twice = anonymous("/").header("Cookie", "tenant=acme; tenant=other");
    house.refused(twice, 400, "tenant_invalid_id").await;
}

async fn a_function_names_the_tenant(doors: Doors) {
    let by_hand = Resolver::custom(|request| {
        let is_vip = request.method() == "PUT"
            && request.path() == "/vip"
            && request.query() == Some("a=%20");
        is_vip.then(|| "acme".to_owned())
    });
    let house = house_of(&doors, by_hand);
    let vip = Ask::of("PUT", "/vip?a=%20");
    assert_eq!(house.served(vip).await.text(), "acme by custom");
    house
        .refused(anonymous("/vip?a=%20"), 401, "tenant_required")
        .await;
}

async fn the_body_s_model_goes_before_the_header_s(doors: Doors) {
    let house = doors.house(acme().allow_models(["gpt-4"]).allow_tools(["search"]));
    let facts = |facts| Before {
        facts: Some(facts),
        ..Before::default()
    };
    let dear = house.prepared(facts(Facts::new().model("gpt-5")));
    let ask = get("/").act(&dear).header("X-Model", "gpt-4");
    house.refused(ask, 403, "tenant_policy_denied").await;
    let shell = house.prepared(facts(Facts::new().tool("shell")));
    house
        .refused(get("/").act(&shell), 403, "tenant_policy_denied")
        .await;
    let fine = house.prepared(facts(Facts::new().model("gpt-4").tool("search")));
    house.served(get("/").act(&fine)).await;
}

async fn of_the_body_s_cost_and_the_header_s_the_larger_counts(doors: Doors) {
    let config = acme().tokens_per_minute(1_000);
    let house = doors.house_with(config, |gate| gate.tokens_from_header("X-Token-Count"));
    let told = house.prepared(Before {
        facts: Some(Facts::new().cost(Cost::tokens(300))),
        ..Before::default()
    });
    house
        .served(get("/").act(&told).header("X-Token-Count", "1"))
        .await;
    assert_eq!(house.left("tokens_per_minute").await, 700);
    house
        .served(get("/").act(&told).header("X-Token-Count", "400"))
        .await;
    assert_eq!(house.left("tokens_per_minute").await, 300);
}
