//! What the service serves: routes for tenants, one for everybody, and those for who runs it.

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tollgate::Engine;
use tollgate_admin::Admin;
use tollgate_cache::TenantCache;
use tollgate_store::SqlSource;
use tollgate_tower::extract::CurrentTenant;
use tollgate_tower::{Gate, TollgateLayer};

use crate::admin;
use crate::database::Database;
use crate::metrics::Metrics;
use crate::problem::LARGEST_BODY;
use crate::{chat, health, profile, resources};

/// What the handlers work with.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) database: Arc<Database>,
    pub(crate) cache: TenantCache,
    pub(crate) engine: Engine,
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
pub(crate) fn app(gate: Gate, service: Service, works: Works, admin: Option<&Admin>) -> Router {
    // What stands in a chat's body the gate has to know, so it is read first.
    let chat = post(chat::answer)
        .route_layer(TollgateLayer::new(gate.clone()))
        .route_layer(from_fn(chat::intake));
    let api = Router::new()
        .route("/data", get(data))
        .route("/profile", get(profile::get))
        .merge(resources::routes())
        .layer(TollgateLayer::new(gate))
        .route("/chat", chat)
        .layer(DefaultBodyLimit::max(LARGEST_BODY));
    let Works {
        engine,
        source,
        metrics,
    } = works;
    let app = Router::new()
        .nest("/api", api)
        .route("/public/status", get(status))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(async move || health::ready(&source)))
        .route("/metrics", get(async move || metrics.page(&engine)));
    match admin {
        Some(admin) => app
            .with_state(service.clone())
            .merge(admin::routes(admin, service)),
        None => app.with_state(service),
    }
}

async fn data(CurrentTenant(tenant): CurrentTenant) -> Json<Value> {
    Json(json!({ "tenant": tenant.id(), "message": "This endpoint is tenant-scoped" }))
}

async fn status() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}
