//! `/tenants/{id}/history`: what has become of a tenant, and who did it.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use tollgate::{TenantConfig, TenantId};
use utoipa::ToSchema;

use super::Shared;
use super::forms::{IdParam, Refusals, TenantForm};
use super::id::Id;
use super::params::Params;
use crate::configs::Revision;
use crate::problem::{Problem, ProblemBody};

/// Some changes of a tenant.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Revisions {
    /// The tenant.
    #[schema(value_type = String)]
    tenant_id: TenantId,
    /// The newest first.
    #[serde(rename = "revisions")]
    newest_first: Vec<RevisionForm>,
    /// What `before` is to be for the next page; `null`: there are no more.
    next: Option<u64>,
}

/// One change of a tenant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Revision)]
pub(crate) struct RevisionForm {
    /// The version that it made.
    version: u64,
    /// When, as RFC 3339 in UTC.
    at: String,
    /// Who made it; `null` if the source doesn't know.
    by: Option<String>,
    /// What was there; `null`: the change added the tenant.
    before: Option<Snapshot>,
    /// What is there since; `null`: the change removed the tenant.
    after: Option<Snapshot>,
}

/// A tenant's config at one time, or what was wrong with its entry.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Snapshot {
    /// The config.
    Config(Box<Known>),
    /// It was none.
    Broken {
        /// What was wrong.
        error: String,
    },
}

/// A tenant's config at one time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Known {
    #[serde(flatten)]
    #[schema(value_type = TenantForm)]
    config: TenantConfig,
}

impl From<Revision> for RevisionForm {
    fn from(revision: Revision) -> Self {
        let snapshot = |config: Result<TenantConfig, String>| match config {
            Ok(config) => Snapshot::Config(Box::new(Known { config })),
            Err(error) => Snapshot::Broken { error },
        };
        Self {
            version: revision.version,
            at: revision.at,
            by: revision.by,
            before: revision.before.map(snapshot),
            after: revision.after.map(snapshot),
        }
    }
}

/// What has become of the tenant, also of one that is gone.
#[utoipa::path(
    get, path = "/tenants/{id}/history", tag = "tenants", operation_id = "listHistory",
    params(
        IdParam,
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "At most so many. Default: 50."),
        ("before" = Option<u64>, Query, description = "Only versions below: what `next` of the page before was."),
    ),
    responses(
        (status = 200, description = "Its changes.", body = Revisions),
        (status = 404, description = "The source keeps no history (`no-history`).", body = ProblemBody, content_type = "application/problem+json"),
        Refusals,
    ),
)]
pub(crate) async fn history(
    State(core): Shared,
    Id(id): Id,
    mut params: Params,
) -> Result<Json<Revisions>, Problem> {
    let most = params.whole("limit", 1, 1_000).unwrap_or(50);
    let before = params.whole("before", 0, u64::MAX);
    params.finish()?;
    let most = u32::try_from(most).unwrap_or(u32::MAX);
    let Some(history) = core.configs.history(&id, before, most).await? else {
        let detail = "this source keeps no history";
        return Err(Problem::new(StatusCode::NOT_FOUND, "no-history", detail));
    };
    Ok(Json(Revisions {
        tenant_id: id,
        newest_first: history.revisions.into_iter().map(Into::into).collect(),
        next: history.next,
    }))
}
