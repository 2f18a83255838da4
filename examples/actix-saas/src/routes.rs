//! What the service serves: one route for tenants, one for everybody.

use actix_web::web::{self, Json, ServiceConfig};
use serde_json::{Value, json};
use tollgate_actix::{CurrentTenant, Gate, TollgateMiddleware};

/// Everything under `/api` goes through the gate; `/public` does not.
pub(crate) fn configure(app: &mut ServiceConfig, gate: Gate) {
    let api = web::scope("/api")
        .route("/data", web::get().to(data))
        .wrap(TollgateMiddleware::new(gate));
    app.service(api)
        .route("/public/status", web::get().to(status));
}

async fn data(CurrentTenant(tenant): CurrentTenant) -> Json<Value> {
    Json(json!({ "tenant": tenant.id(), "message": "This endpoint is tenant-scoped" }))
}

async fn status() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}
