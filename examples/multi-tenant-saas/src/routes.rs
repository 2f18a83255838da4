//! What the service serves: one route for tenants, one for everybody.

use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tollgate_tower::extract::CurrentTenant;
use tollgate_tower::{Gate, TollgateLayer};

/// Everything under `/api` goes through the gate; `/public` does not.
pub(crate) fn app(gate: Gate) -> Router {
    let api = Router::new()
        .route("/data", get(data))
        .layer(TollgateLayer::new(gate));
    Router::new()
        .nest("/api", api)
        .route("/public/status", get(status))
}

async fn data(CurrentTenant(tenant): CurrentTenant) -> Json<Value> {
    Json(json!({ "tenant": tenant.id(), "message": "This endpoint is tenant-scoped" }))
}

async fn status() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}
