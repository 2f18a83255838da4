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
