//! What the service serves: routes for tenants, one for everybody, and those for who runs it.

use std::sync::Arc;

use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tollgate::Engine;
use tollgate_cache::TenantCache;
use tollgate_store::SqlSource;
use tollgate_tower::extract::CurrentTenant;
use tollgate_tower::{Gate, TollgateLayer};

use crate::admin::{self, Credential};
use crate::database::Database;
use crate::metrics::Metrics;
use crate::{health, profile, resources};

/// What the handlers work with.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) database: Arc<Database>,
    pub(crate) cache: TenantCache,
}

/// What those of the routes that are not tenants' look at.
#[derive(Debug, Clone)]
pub(crate) struct Works {
    pub(crate) engine: Engine,
    pub(crate) source: SqlSource,
    pub(crate) metrics: Metrics,
}

/// Everything under `/api` goes through the gate; nothing else does. Without a credential there is no `/admin`.
///
/// The metrics and `/readyz` name tenants and what the database says: a service on the open internet serves them on a
/// port of their own.
pub(crate) fn app(gate: Gate, service: Service, works: Works, admin: Option<Credential>) -> Router {
    let api = Router::new()
        .route("/data", get(data))
        .route("/profile", get(profile::get))
        .merge(resources::routes())
        .layer(TollgateLayer::new(gate));
    let Works {
        engine,
        source,
        metrics,
    } = works;
    let mut app = Router::new()
        .nest("/api", api)
        .route("/public/status", get(status))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(async move || health::ready(&source)))
        .route("/metrics", get(async move || metrics.page(&engine)));
    if let Some(credential) = admin {
        app = app.nest("/admin", admin::routes(credential));
    }
    app.with_state(service)
}

async fn data(CurrentTenant(tenant): CurrentTenant) -> Json<Value> {
    Json(json!({ "tenant": tenant.id(), "message": "This endpoint is tenant-scoped" }))
}

async fn status() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}
