//! `GET /healthz` and `GET /readyz`: for who restarts the process, and for who sends it requests.

use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::{Value, json};
use tollgate_store::{FeedMode, Health, SqlSource};

/// The process is alive, whatever has become of the database: nothing that a restart would mend.
pub(crate) async fn alive() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// Whether tenants can be looked up. While they can't, those in memory go on being served.
pub(crate) fn ready(source: &SqlSource) -> impl IntoResponse + use<> {
    let health = source.health();
    let status = if health.is_ready() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(report(&health)))
}

fn report(health: &Health) -> Value {
    let mut reasons = Vec::new();
    if let Some(down) = &health.down {
        let seconds = down.lasting.as_secs();
        reasons.push(format!("no database for {seconds} s: {}", down.cause));
    }
    if health.feed == FeedMode::Lost {
        let seconds = health.feed_for.as_secs();
        reasons.push(format!("no changes of tenants come in for {seconds} s"));
    }
    let broken = health.broken.iter();
    let broken: Vec<Value> = broken
        .map(|(tenant, problem)| json!({ "tenant": tenant, "problem": problem }))
        .collect();
    json!({
        "status": if health.is_ready() { "ready" } else { "unavailable" },
        "reasons": reasons,
        "broken_tenants": broken,
    })
}
