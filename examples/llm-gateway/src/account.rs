//! What a tenant may ask of itself, at no charge: its models, and how full its limits are.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use http_body_util::{BodyExt, Limited};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tollgate::{Access, LimitUsage, Status, Tenant};

use crate::app::Gateway;
use crate::auth::Caller;
use crate::refusal::Refusal;

/// The longest list of models that is read.
const MOST_MODELS: usize = 4 << 20;

/// `GET /v1/models`: those of the upstream that the tenant may use.
pub(crate) async fn models(
    State(gateway): State<Arc<Gateway>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Result<Response, Response> {
    let tenant = find(&gateway, &caller)
        .await
        .map_err(Refusal::into_response)?;
    let answer = gateway
        .upstream
        .send(Method::GET, "/models", &headers, Body::empty());
    let answer = answer.await.map_err(IntoResponse::into_response)?;
    if !answer.status().is_success() {
        return Ok(answer);
    }
    let list = read(answer.into_body())
        .await
        .map_err(Refusal::into_response)?;
    let plan = tenant.plan();
    let allowed = |model: &Value| {
        let model = model.get("id").and_then(Value::as_str);
        let access = Access {
            model,
            ..Access::default()
        };
        model.is_some() && plan.policy().check(&access).is_ok()
    };
    let data: Vec<Value> = list.data.into_iter().filter(allowed).collect();
    Ok(Json(json!({"object": "list", "data": data})).into_response())
}

#[derive(Deserialize)]
struct List {
    data: Vec<Value>,
}

async fn read(body: Body) -> Result<List, Refusal> {
    let bad = || {
        Refusal::new(
            StatusCode::BAD_GATEWAY,
            "server_error",
            "upstream_failed",
            "The list of models can't be read.",
        )
    };
    let body = Limited::new(body, MOST_MODELS)
        .collect()
        .await
        .map_err(|_| bad())?;
    serde_json::from_slice(&body.to_bytes()).map_err(|_| bad())
}

/// `GET /v1/usage`: how full the tenant's limits are.
pub(crate) async fn usage(
    State(gateway): State<Arc<Gateway>>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, Refusal> {
    let tenant = find(&gateway, &caller).await?;
    let usage = tenant.usage();
    let limits: Vec<_> = usage.iter().map(Level::of).collect();
    Ok(Json(json!({"tenant": tenant.id(), "limits": limits})).into_response())
}

#[derive(Serialize)]
struct Level<'u> {
    name: &'u str,
    dimension: &'u str,
    capacity: u64,
    used: u64,
    remaining: u64,
    /// Until all of it can be spent again; null for slots, which nobody can know.
    full_in_ms: Option<u128>,
}

impl<'u> Level<'u> {
    fn of(level: LimitUsage<'u>) -> Self {
        Self {
            name: level.limit.name(),
            dimension: level.limit.dimension().as_str(),
            capacity: level.limit.capacity(),
            used: level.used,
            remaining: level.remaining,
            full_in_ms: level.full_in.map(|full_in| full_in.as_millis()),
        }
    }
}

async fn find(gateway: &Gateway, Caller(id): &Caller) -> Result<Tenant, Refusal> {
    let class = "invalid_request_error";
    match gateway.engine.tenant(id).await {
        Ok(tenant) if tenant.plan().status() == Status::Active => Ok(tenant),
        Ok(_) => Err(Refusal::new(
            StatusCode::FORBIDDEN,
            class,
            "account_deactivated",
            "Your account is suspended.",
        )),
        Err(error) if error.is_not_found() => {
            Err(Refusal::unauthorized("Your API key's account is gone."))
        }
        Err(error) => {
            tracing::error!(%error, tenant = %id, "a tenant can't be loaded");
            let message = "Your account can't be looked up at the moment.";
            Err(Refusal::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "server_error",
                "unavailable",
                message,
            ))
        }
    }
}
