//! Every way in which a request can name its tenant.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tollgate::Tenant;
use tollgate_tower::{GateBuilder, PermitHandle, Principal, Resolver, TenantSource, with_tenant};
use tower::service_fn;

use crate::kit::{Empty, Kit, acme, empty, id, see};

async fn who(request: Request<Empty>) -> Result<Response<Full<Bytes>>, Infallible> {
    let tenant: &Tenant = request.extensions().get().unwrap();
    let source: TenantSource = request.extensions().get::<PermitHandle>().unwrap().source();
    Ok(Response::new(format!("{} by {source}", tenant.id()).into()))
}

async fn answer(set_up: fn(GateBuilder) -> GateBuilder, request: Request<Empty>) -> String {
    let kit = Kit::with(acme(), |gate| {
        set_up(gate.without_header().without_principal())
    });
    let seen = see(kit.before(service_fn(who)), request).await;
    match seen.status.as_u16() {
        200 => String::from_utf8(seen.body.to_vec()).unwrap(),
        status => format!("{status} {}", seen.json()["code"]),
    }
}

#[tokio::test]
async fn the_default_reads_the_principal_and_the_header() {
    let kit = Kit::new(acme());
    let service = kit.before(service_fn(who));
    let header = empty(Request::get("/").header("x-tenant-id", "acme"));
    assert_eq!(see(service.clone(), header).await.body, "acme by header");
    let vouched = with_tenant(empty(Request::get("/")), id("acme"));
    assert_eq!(
        see(service.clone(), vouched).await.body,
        "acme by principal"
    );
    let both = empty(Request::get("/").header("x-tenant-id", "acme"));
    assert_eq!(
        see(service.clone(), with_tenant(both, id("acme")))
            .await
            .body,
        "acme by principal"
    );
    let forged = empty(Request::get("/").header("x-tenant-id", "acme"));
    assert_eq!(
        see(service.clone(), with_tenant(forged, id("other")))
            .await
            .status,
        403
    );
    let mut claim = empty(Request::get("/"));
    claim.extensions_mut().insert(Principal::new("no such id!"));
    assert_eq!(see(service, claim).await.status, 400);
}

#[tokio::test]
async fn a_header_of_another_name_names_the_tenant() {
    let set_up = |gate: GateBuilder| gate.header_name("X-Org");
    let request = |name: &str| empty(Request::get("/").header(name, "acme"));
    assert_eq!(answer(set_up, request("x-org")).await, "acme by header");
    assert_eq!(
        answer(set_up, request("x-tenant-id")).await,
        "401 \"tenant_required\""
    );
}

#[tokio::test]
async fn the_subdomain_names_the_tenant_under_the_base_domain_only() {
    let set_up = |gate: GateBuilder| gate.resolver(Resolver::subdomain("example.com"));
    let by_target = empty(Request::get("http://Acme.example.com:8080/"));
    assert_eq!(answer(set_up, by_target).await, "acme by subdomain");
    let by_header = empty(Request::get("/").header("host", "acme.example.com"));
    assert_eq!(answer(set_up, by_header).await, "acme by subdomain");
    for host in [
        "acme.example.com.evil.net",
        "a.acme.example.com",
        "[::1]:80",
        "example.com",
    ] {
        let request = empty(Request::get("/").header("host", host));
        assert_eq!(
            answer(set_up, request).await,
            "401 \"tenant_required\"",
            "{host}"
        );
    }
}

#[tokio::test]
async fn the_path_the_query_and_a_cookie_name_the_tenant() {
    let by_path = |gate: GateBuilder| gate.resolver(Resolver::path_after("/t"));
    assert_eq!(
        answer(by_path, empty(Request::get("/t/acme/x"))).await,
        "acme by path"
    );
    let sly = empty(Request::get("/t/..%2fother"));
    assert_eq!(answer(by_path, sly).await, "400 \"tenant_invalid_id\"");
    let by_index = |gate: GateBuilder| gate.resolver(Resolver::path_segment(1));
    assert_eq!(
        answer(by_index, empty(Request::get("/v1/acme"))).await,
        "acme by path"
    );
    let by_query = |gate: GateBuilder| gate.resolver(Resolver::query("tenant"));
    assert_eq!(
        answer(by_query, empty(Request::get("/?tenant=%61cme"))).await,
        "acme by query"
    );
    let twice = empty(Request::get("/?tenant=acme&tenant=acme"));
    assert_eq!(answer(by_query, twice).await, "400 \"tenant_invalid_id\"");
    let by_cookie = |gate: GateBuilder| gate.resolver(Resolver::cookie("tenant"));
    let cookies = empty(
        Request::get("/")
            .header("cookie", "a=b")
            .header("cookie", "tenant=acme"),
    );
    assert_eq!(answer(by_cookie, cookies).await, "acme by cookie");
}

#[tokio::test]
async fn a_function_names_the_tenant() {
    let set_up = |gate: GateBuilder| {
        gate.resolver(Resolver::custom(|request| {
            (request.method() == "GET" && request.path() == "/vip").then(|| "acme".to_owned())
        }))
    };
    assert_eq!(
        answer(set_up, empty(Request::get("/vip"))).await,
        "acme by custom"
    );
    assert_eq!(
        answer(set_up, empty(Request::get("/"))).await,
        "401 \"tenant_required\""
    );
}

#[tokio::test]
async fn sources_that_disagree_are_refused_and_those_that_agree_are_not() {
    let set_up = |gate: GateBuilder| {
        gate.resolver(Resolver::query("tenant"))
            .resolver(Resolver::cookie("tenant"))
    };
    let request = |cookie: &str| empty(Request::get("/?tenant=acme").header("cookie", cookie));
    assert_eq!(
        answer(set_up, request("tenant=acme")).await,
        "acme by query"
    );
    assert_eq!(
        answer(set_up, request("tenant=other")).await,
        "403 \"tenant_mismatch\""
    );
}
