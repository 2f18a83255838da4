//! `/health` and `/ready`: for those who start and stop processes; with a credential, for people too.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::Value;
use tollgate::TenantId;
use utoipa::ToSchema;

use super::Shared;
use crate::admin::Core;
use crate::configs::SourceHealth;
use crate::guard::Peer;
use crate::problem::{Problem, ProblemBody};

/// Whether the process is well.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok` or `unready`.
    #[schema(value_type = StateForm)]
    status: &'static str,
    /// With a credential: how the source of configs is doing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    source: Option<SourceForm>,
    /// With a credential: tenants in memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    tenants_in_memory: Option<usize>,
}

/// Whether a process is well.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "only described: the words are written elsewhere")]
pub(crate) enum StateForm {
    /// It is.
    Ok,
    /// It serves tenants that it knows; the source of the others does not answer.
    Unready,
}

/// How a source of configs is doing.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Source)]
pub(crate) struct SourceForm {
    /// `memory`, `sqlite`, `postgres`, ….
    kind: String,
    /// Whether it is of use.
    ready: bool,
    /// What keeps it from being so.
    problem: Option<String>,
    /// Tenants whose entries are no configs.
    broken: Vec<BrokenEntry>,
    /// Whatever else it tells, by name.
    figures: BTreeMap<String, Value>,
}

/// A tenant whose entry is no config.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BrokenEntry {
    /// The tenant.
    #[schema(value_type = String)]
    tenant_id: TenantId,
    /// What is wrong.
    error: String,
}

impl From<SourceHealth> for SourceForm {
    fn from(health: SourceHealth) -> Self {
        let entry = |(tenant_id, error)| BrokenEntry { tenant_id, error };
        Self {
            kind: health.kind,
            ready: health.problem.is_none(),
            problem: health.problem,
            broken: health.broken.into_iter().map(entry).collect(),
            figures: health.figures,
        }
    }
}

/// Whether the process runs. With a credential, also how.
#[utoipa::path(
    get, path = "/health", tag = "health", operation_id = "readHealth", security(()),
    responses(
        (status = 200, description = "It runs.", body = Health),
        (status = "4XX", description = "The credential is wrong.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn health(
    State(core): Shared,
    peer: Peer,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let details = core.asks_for_details(&headers, peer).await?;
    Ok(core.state(StatusCode::OK, "ok", details))
}

/// Whether requests of tenants that are not in memory can be served. With a credential, also why not.
#[utoipa::path(
    get, path = "/ready", tag = "health", operation_id = "readReadiness", security(()),
    responses(
        (status = 200, description = "They can.", body = Health),
        (status = 503, description = "The source of configs does not answer.", body = Health),
        (status = "4XX", description = "The credential is wrong.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn ready(
    State(core): Shared,
    peer: Peer,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let details = core.asks_for_details(&headers, peer).await?;
    if core.configs.health().problem.is_none() {
        return Ok(core.state(StatusCode::OK, "ok", details));
    }
    Ok(core.state(StatusCode::SERVICE_UNAVAILABLE, "unready", details))
}

impl Core {
    /// Whether a credential is given; a wrong one is refused here as anywhere.
    async fn asks_for_details(&self, headers: &HeaderMap, peer: Peer) -> Result<bool, Problem> {
        if !headers.contains_key(AUTHORIZATION) {
            return Ok(false);
        }
        self.guard.admit(headers, peer).await?;
        Ok(true)
    }

    fn state(&self, code: StatusCode, status: &'static str, details: bool) -> Response {
        let health = Health {
            status,
            source: details.then(|| self.configs.health().into()),
            tenants_in_memory: details.then(|| self.engine.tenants_in_memory()),
        };
        (code, Json(health)).into_response()
    }
}
