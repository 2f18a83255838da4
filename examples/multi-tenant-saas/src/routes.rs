//! What the service serves: one route for tenants, one for everybody, and three for those who run it.

use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tollgate::Engine;
use tollgate_store::SqlSource;
use tollgate_tower::extract::CurrentTenant;
use tollgate_tower::{Gate, TollgateLayer};

use crate::health;
use crate::metrics::Metrics;

/// Everything under `/api` goes through the gate; nothing else does.
///
/// The metrics and `/readyz` name tenants and what the database says: a service on the open internet serves them on a
/// port of their own.
pub(crate) fn app(gate: Gate, engine: Engine, source: SqlSource, metrics: Metrics) -> Router {
    let api = Router::new()
        .route("/data", get(data))
        .layer(TollgateLayer::new(gate));
    Router::new()
        .nest("/api", api)
        .route("/public/status", get(status))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(async move || health::ready(&source)))
        .route("/metrics", get(async move || metrics.page(&engine)))
}

async fn data(CurrentTenant(tenant): CurrentTenant) -> Json<Value> {
    Json(json!({ "tenant": tenant.id(), "message": "This endpoint is tenant-scoped" }))
}

async fn status() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}
