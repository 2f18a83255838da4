//! `/tenants/{id}/decisions`: the last decisions on a tenant.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tollgate::TenantId;
use utoipa::ToSchema;

use super::Shared;
use super::forms::{IdParam, Refusals};
use super::id::Id;
use super::params::Params;
use crate::problem::Problem;
use crate::watch::Decision;

/// The last decisions on a tenant.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Decisions {
    /// The tenant.
    #[schema(value_type = String)]
    tenant_id: TenantId,
    /// The newest first: the last 64 denials, and of the admitted requests the last 16 of one a second.
    decisions: Vec<Decision>,
}

/// The last decisions on the tenant, by this process.
#[utoipa::path(
    get, path = "/tenants/{id}/decisions", tag = "usage", operation_id = "listDecisions",
    params(
        IdParam,
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "At most so many. Default: 50."),
    ),
    responses(
        (status = 200, description = "The decisions.", body = Decisions),
        Refusals,
    ),
)]
pub(crate) async fn decisions(
    State(core): Shared,
    Id(id): Id,
    mut params: Params,
) -> Result<Json<Decisions>, Problem> {
    let most = params.whole("limit", 1, 1_000).unwrap_or(50);
    params.finish()?;
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let decisions = core.watch.decisions(&id, most);
    if decisions.is_empty() {
        // Of who is gone they are told as long as they are remembered.
        core.entry(&id).await?;
    }
    Ok(Json(Decisions {
        decisions,
        tenant_id: id,
    }))
}
