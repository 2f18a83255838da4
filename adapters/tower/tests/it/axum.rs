//! The extractors, in a real router.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::Request;
use tollgate::{Cost, Dimension};
use tollgate_tower::extract::{CurrentPermit, CurrentTenant, MaybeTenant};
use tollgate_tower::with_tenant;

use crate::kit::{Kit, acme, id, see};

async fn strict(CurrentTenant(tenant): CurrentTenant) -> String {
    tenant.id().to_string()
}

async fn lenient(MaybeTenant(tenant): MaybeTenant) -> String {
    tenant.map_or_else(|| "nobody".to_owned(), |tenant| tenant.id().to_string())
}

async fn settling(CurrentPermit(permit): CurrentPermit) -> String {
    permit.settle(&Cost::tokens(7)).unwrap();
    permit
        .usage()
        .remaining(&Dimension::Tokens)
        .unwrap()
        .to_string()
}

fn router() -> Router {
    Router::new()
        .route("/strict", get(strict))
        .route("/lenient", get(lenient))
        .route("/settling", get(settling))
}

fn anonymous(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

fn vouched(path: &str) -> Request<Body> {
    with_tenant(anonymous(path), id("acme"))
}

#[tokio::test]
async fn handlers_behind_the_gate_get_their_tenant_and_their_permit() {
    let kit = Kit::new(acme().tokens_per_minute(100));
    let app = router().layer(kit.layer.clone());
    assert_eq!(see(app.clone(), vouched("/strict")).await.body, "acme");
    assert_eq!(see(app.clone(), vouched("/lenient")).await.body, "acme");
    let settled = see(app, vouched("/settling")).await;
    assert_eq!(settled.body, "93");
    assert!(settled.header("ratelimit").unwrap().contains("r=93"));
}

#[tokio::test]
async fn without_the_layer_every_extractor_answers_500_and_says_why() {
    for path in ["/strict", "/lenient", "/settling"] {
        let seen = see(router(), vouched(path)).await;
        assert_eq!(seen.status, 500);
        assert_eq!(seen.json()["code"], "tenant_gate_missing");
        assert_eq!(
            seen.header("content-type"),
            Some("application/problem+json")
        );
    }
}

#[tokio::test]
async fn where_no_tenant_is_needed_those_that_want_one_answer_401() {
    let kit = Kit::with(acme(), |gate| gate.allow_missing(true));
    let app = router().layer(kit.layer.clone());
    assert_eq!(see(app.clone(), anonymous("/lenient")).await.body, "nobody");
    assert_eq!(see(app.clone(), vouched("/lenient")).await.body, "acme");
    for path in ["/strict", "/settling"] {
        let seen = see(app.clone(), anonymous(path)).await;
        assert_eq!(seen.status, 401);
        assert_eq!(seen.json()["code"], "tenant_required");
    }
}

#[tokio::test]
async fn routes_may_have_gates_of_their_own_on_one_engine() {
    let kit = Kit::new(acme().requests_per_minute(1));
    let public = tollgate_tower::Gate::builder(kit.engine.clone()).allow_missing(true);
    let public = tollgate_tower::TollgateLayer::new(public.build().unwrap());
    let app = Router::new()
        .route("/private", get(strict).layer(kit.layer.clone()))
        .route("/public", get(lenient).layer(public));
    assert_eq!(see(app.clone(), anonymous("/public")).await.body, "nobody");
    assert_eq!(see(app.clone(), anonymous("/private")).await.status, 401);
    assert_eq!(see(app.clone(), vouched("/public")).await.body, "acme");
    assert_eq!(
        see(app, vouched("/private")).await.status,
        429,
        "one engine, one quota"
    );
}

#[tokio::test]
async fn the_policy_reads_the_path_that_the_client_sent_however_deep_the_router_is_nested() {
    let kit = Kit::new(acme().allow_paths(["/api/v1/*"]));
    let inner = router().layer(kit.layer.clone());
    let app = Router::new().nest("/api", Router::new().nest("/v1", inner.clone()));
    assert_eq!(see(app, vouched("/api/v1/strict")).await.status, 200);
    let elsewhere = Router::new().nest("/admin", inner);
    assert_eq!(see(elsewhere, vouched("/admin/strict")).await.status, 403);
}

#[tokio::test]
async fn a_path_that_gate_and_router_could_read_in_two_ways_is_denied() {
    let kit = Kit::new(acme().allow_paths(["/public/*"]));
    let app = Router::new()
        .route("/public/{*rest}", get(strict))
        .route("/admin/{*rest}", get(strict))
        .layer(kit.layer.clone());
    assert_eq!(see(app.clone(), vouched("/public/x")).await.status, 200);
    for path in [
        "/admin/../public/x",
        "/admin/%2e%2e/public/x",
        "/admin/./../public",
        "/admin//x",
    ] {
        assert_eq!(see(app.clone(), vouched(path)).await.status, 403, "{path}");
    }
}
