//! `/tenants`: listed, added, read, replaced, changed, removed.

use axum::extract::{OriginalUri, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::header::{ETAG, LOCATION};
use http::{HeaderValue, StatusCode};
use tollgate::{Status, TenantId};

use super::Shared;
use super::body;
use super::change::Written;
use super::door::Trace;
use super::etag::{Conditions, tag};
use super::forms::{
    FieldsForm, IdParam, ListedTenant, PolicyForm, QuotaForm, Refusals, Row, Summary, Tenant,
    TenantForm, TenantPage, Tightest,
};
use super::id::Id;
use super::params::Params;
use crate::admin::Core;
use crate::configs::{Entry, Filter};
use crate::guard::Who;
use crate::problem::{Problem, ProblemBody};

/// Tenants that a page has unless another number is asked for.
const USUAL: u32 = 50;

/// How tenants are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Id,
    Use,
}

/// Some tenants, in the order of their ids, or those in memory, the busiest first.
#[utoipa::path(
    get, path = "/tenants", tag = "tenants", operation_id = "listTenants",
    params(
        ("prefix" = Option<String>, Query, description = "Only ids that begin so."),
        ("status" = Option<super::forms::StatusForm>, Query, description = "Only tenants of this status."),
        ("sort" = Option<super::forms::SortForm>, Query, description = "`use` lists those in memory, the busiest first. Default: id."),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "At most so many. Default: 50."),
        ("after" = Option<String>, Query, min_length = 1, description = "What `next` of the page before was."),
    ),
    responses(
        (status = 200, description = "The tenants.", body = TenantPage),
        Refusals,
    ),
)]
pub(crate) async fn list(
    State(core): Shared,
    mut params: Params,
) -> Result<Json<TenantPage>, Problem> {
    let prefix = params.text("prefix").unwrap_or_default();
    let status = params.word(
        "status",
        &[("active", Status::Active), ("suspended", Status::Suspended)],
    );
    let sort = params.word("sort", &[("id", Order::Id), ("use", Order::Use)]);
    let most = params.whole("limit", 1, u64::from(Filter::MOST));
    let most = most
        .and_then(|most| u32::try_from(most).ok())
        .unwrap_or(USUAL);
    if sort == Some(Order::Use) {
        let from = params.parsed::<usize>("after").unwrap_or_default();
        params.finish()?;
        return core.busiest(&prefix, status, from, most).await.map(Json);
    }
    let after = params.parsed::<TenantId>("after");
    params.finish()?;
    let filter = Filter {
        prefix,
        status,
        after,
        most,
    };
    let page = core.configs.list(&filter).await?;
    let tenants = page.tenants.into_iter().map(|entry| core.listed(entry));
    Ok(Json(TenantPage {
        tenants: tenants.collect(),
        next: page.next.map(|id| id.to_string()),
    }))
}

impl Core {
    /// Tenants in memory, the busiest first, from the `from`th on.
    async fn busiest(
        &self,
        prefix: &str,
        status: Option<Status>,
        from: usize,
        most: u32,
    ) -> Result<TenantPage, Problem> {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let wanted = |id: &TenantId| {
            let tenant = self.engine.get(id);
            id.as_str().starts_with(prefix)
                && tenant.is_some_and(|tenant| status.is_none_or(|it| it == tenant.plan().status()))
        };
        let all = self.engine.busiest(usize::MAX).into_iter();
        let mut ids: Vec<TenantId> = all
            .filter(wanted)
            .skip(from)
            .take(most.saturating_add(1))
            .collect();
        let more = ids.len() > most;
        ids.truncate(most);
        let mut tenants = Vec::with_capacity(ids.len());
        for id in ids {
            // From the cache, for a page of a thousand: who is in memory was loaded.
            let found = self.configs.load(&id).await;
            let found = found.map_err(|error| Problem::unavailable(error.to_string(), None))?;
            let Some(found) = found else { continue };
            tenants.push(self.listed(Entry {
                tenant: id,
                config: Ok((*found.config).clone()),
                version: found.version,
                created_at: None,
                updated_at: None,
            }));
        }
        Ok(TenantPage {
            next: more.then(|| from.saturating_add(most).to_string()),
            tenants,
        })
    }

    fn listed(&self, entry: Entry) -> ListedTenant {
        let summary = self.summary(&entry.tenant);
        ListedTenant {
            row: entry.into(),
            summary,
        }
    }

    fn summary(&self, id: &TenantId) -> Summary {
        let counts = self.watch.counts(id);
        let tenant = self.engine.get(id);
        let usage = tenant.as_ref().map(tollgate::Tenant::usage);
        let fullest = usage.as_ref().and_then(|usage| {
            let full = |level: &tollgate::LimitUsage<'_>| {
                // In thousandths: what is over the capacity is fuller than full.
                let capacity = u128::from(level.limit.burst_or_capacity());
                (u128::from(level.used) * 1_000).checked_div(capacity)
            };
            usage.iter().max_by_key(full)
        });
        Summary {
            tightest: fullest.map(|level| Tightest {
                limit: level.limit.name().to_owned(),
                used: level.used,
                capacity: level.limit.burst_or_capacity(),
            }),
            admitted: counts.admitted,
            denied: counts.denied,
            loaded: tenant.is_some(),
        }
    }
}

/// Adds a tenant that is not there yet.
#[utoipa::path(
    post, path = "/tenants", tag = "tenants", operation_id = "createTenant",
    request_body = TenantForm,
    responses(
        (status = 201, description = "It was added.", body = Tenant, headers(
            ("Location" = String, description = "Where it is."), ("ETag" = String, description = "Its version."))),
        (status = 409, description = "There is such a tenant.", body = ProblemBody, content_type = "application/problem+json"),
        Refusals,
    ),
)]
pub(crate) async fn create(
    State(core): Shared,
    Extension(who): Extension<Who>,
    OriginalUri(uri): OriginalUri,
    body: body::Json,
) -> Result<Response, Problem> {
    let config = body.tenant(None)?;
    let written = core.create(&config, &who).await?;
    let place = format!("{}/{}", uri.path().trim_end_matches('/'), config.tenant_id);
    let mut response = answer(StatusCode::CREATED, written);
    if let Ok(place) = HeaderValue::try_from(place) {
        response.headers_mut().insert(LOCATION, place);
    }
    Ok(response)
}

/// The tenant as its source has it.
#[utoipa::path(
    get, path = "/tenants/{id}", tag = "tenants", operation_id = "readTenant",
    params(
        IdParam,
        ("If-None-Match" = Option<String>, Header, description = "Versions that the client has."),
    ),
    responses(
        (status = 200, description = "The tenant.", body = Row, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "The client has it."),
        Refusals,
    ),
)]
pub(crate) async fn read(
    State(core): Shared,
    Id(id): Id,
    conditions: Conditions,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let entry = core.entry(&id).await?;
    let tag = [(ETAG, tag(entry.version))];
    if conditions.is_known(Some(entry.version)) {
        return Ok((StatusCode::NOT_MODIFIED, tag).into_response());
    }
    Ok((tag, Json(Row::from(entry))).into_response())
}

/// Adds the tenant, or replaces all of its config.
#[utoipa::path(
    put, path = "/tenants/{id}", tag = "tenants", operation_id = "replaceTenant",
    params(
        IdParam,
        ("If-Match" = Option<String>, Header, description = "The version to replace, or `*`; a must if there is one."),
    ),
    request_body = FieldsForm,
    responses(
        (status = 200, description = "It was replaced.", body = Tenant, headers(("ETag" = String, description = "Its version."))),
        (status = 201, description = "It was added.", body = Tenant, headers(
            ("Location" = String, description = "Where it is."), ("ETag" = String, description = "Its version."))),
        (status = 412, description = "It is at another version.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 428, description = "If-Match is missing.", body = ProblemBody, content_type = "application/problem+json"),
        Refusals,
    ),
)]
pub(crate) async fn replace(
    State(core): Shared,
    Extension(who): Extension<Who>,
    OriginalUri(uri): OriginalUri,
    Id(id): Id,
    conditions: Conditions,
    body: body::Json,
) -> Result<Response, Problem> {
    let config = body.tenant(Some(&id))?;
    let written = core.replace(&config, &conditions, &who).await?;
    if written.before.is_some() {
        return Ok(answer(StatusCode::OK, written));
    }
    let mut response = answer(StatusCode::CREATED, written);
    if let Ok(place) = HeaderValue::try_from(uri.path()) {
        response.headers_mut().insert(LOCATION, place);
    }
    Ok(response)
}

/// Changes parts of the tenant's config: a merge patch (RFC 7396).
#[utoipa::path(
    patch, path = "/tenants/{id}", tag = "tenants", operation_id = "patchTenant",
    params(
        IdParam,
        ("If-Match" = Option<String>, Header, description = "Only if it is at this version."),
    ),
    request_body(content((FieldsForm = "application/merge-patch+json"), (FieldsForm = "application/json"))),
    responses(
        (status = 200, description = "The tenant as it is now.", body = Tenant, headers(("ETag" = String, description = "Its version."))),
        Refusals,
    ),
)]
pub(crate) async fn patch(
    State(core): Shared,
    Extension(who): Extension<Who>,
    Id(id): Id,
    conditions: Conditions,
    body: body::Json,
) -> Result<Response, Problem> {
    let change = core.change(&id, &conditions, &who, |config| body.patched(config));
    Ok(answer(StatusCode::OK, change.await?))
}

/// Removes the tenant: its next request is refused.
#[utoipa::path(
    delete, path = "/tenants/{id}", tag = "tenants", operation_id = "deleteTenant",
    params(
        IdParam,
        ("If-Match" = Option<String>, Header, description = "Only if it is at this version."),
    ),
    responses(
        (status = 204, description = "It was removed."),
        Refusals,
    ),
)]
pub(crate) async fn delete(
    State(core): Shared,
    Extension(who): Extension<Who>,
    Id(id): Id,
    conditions: Conditions,
) -> Result<Response, Problem> {
    let (before, after) = core.remove(&id, &conditions, &who).await?;
    let trace = Trace {
        tenant: id,
        before: Some(before),
        after: Some(after),
    };
    Ok((StatusCode::NO_CONTENT, Extension(trace)).into_response())
}

/// Replaces what the tenant may spend.
#[utoipa::path(
    put, path = "/tenants/{id}/quota", tag = "tenants", operation_id = "setQuota",
    params(
        IdParam,
        ("If-Match" = Option<String>, Header, description = "Only if it is at this version."),
    ),
    request_body = QuotaForm,
    responses(
        (status = 200, description = "The tenant as it is now.", body = Tenant, headers(("ETag" = String, description = "Its version."))),
        Refusals,
    ),
)]
pub(crate) async fn set_quota(
    State(core): Shared,
    Extension(who): Extension<Who>,
    Id(id): Id,
    conditions: Conditions,
    body: body::Json,
) -> Result<Response, Problem> {
    let given = body.part("quota", &id)?;
    let change = core.change(&id, &conditions, &who, |config| {
        let mut config = config.clone();
        config.quota = given.quota.clone();
        Ok(config)
    });
    Ok(answer(StatusCode::OK, change.await?))
}

/// Replaces what the tenant may use.
#[utoipa::path(
    put, path = "/tenants/{id}/policy", tag = "tenants", operation_id = "setPolicy",
    params(
        IdParam,
        ("If-Match" = Option<String>, Header, description = "Only if it is at this version."),
    ),
    request_body = PolicyForm,
    responses(
        (status = 200, description = "The tenant as it is now.", body = Tenant, headers(("ETag" = String, description = "Its version."))),
        Refusals,
    ),
)]
pub(crate) async fn set_policy(
    State(core): Shared,
    Extension(who): Extension<Who>,
    Id(id): Id,
    conditions: Conditions,
    body: body::Json,
) -> Result<Response, Problem> {
    let given = body.part("policy", &id)?;
    let change = core.change(&id, &conditions, &who, |config| {
        let mut config = config.clone();
        config.policy = given.policy.clone();
        Ok(config)
    });
    Ok(answer(StatusCode::OK, change.await?))
}

/// Suspends the tenant: its next request is refused.
#[utoipa::path(
    post, path = "/tenants/{id}/suspend", tag = "tenants", operation_id = "suspendTenant",
    params(
        IdParam,
        ("If-Match" = Option<String>, Header, description = "Only if it is at this version."),
    ),
    responses(
        (status = 200, description = "The tenant as it is now.", body = Tenant, headers(("ETag" = String, description = "Its version."))),
        Refusals,
    ),
)]
pub(crate) async fn suspend(
    State(core): Shared,
    Extension(who): Extension<Who>,
    Id(id): Id,
    conditions: Conditions,
) -> Result<Response, Problem> {
    let written = core.set_status(&id, &conditions, &who, Status::Suspended);
    Ok(answer(StatusCode::OK, written.await?))
}

/// Lets a suspended tenant be served again.
#[utoipa::path(
    post, path = "/tenants/{id}/resume", tag = "tenants", operation_id = "resumeTenant",
    params(
        IdParam,
        ("If-Match" = Option<String>, Header, description = "Only if it is at this version."),
    ),
    responses(
        (status = 200, description = "The tenant as it is now.", body = Tenant, headers(("ETag" = String, description = "Its version."))),
        Refusals,
    ),
)]
pub(crate) async fn resume(
    State(core): Shared,
    Extension(who): Extension<Who>,
    Id(id): Id,
    conditions: Conditions,
) -> Result<Response, Problem> {
    let written = core.set_status(&id, &conditions, &who, Status::Active);
    Ok(answer(StatusCode::OK, written.await?))
}

/// Forgets what the tenant has used in this process, but for what is in use now.
#[utoipa::path(
    post, path = "/tenants/{id}/reset", tag = "tenants", operation_id = "resetTenant",
    params(
        IdParam,
    ),
    responses(
        (status = 204, description = "It was forgotten."),
        Refusals,
    ),
)]
pub(crate) async fn reset(State(core): Shared, Id(id): Id) -> Result<Response, Problem> {
    core.engine.tenant(&id).await?.reset();
    let trace = Trace {
        tenant: id,
        before: None,
        after: None,
    };
    Ok((StatusCode::NO_CONTENT, Extension(trace)).into_response())
}

impl Core {
    async fn set_status(
        &self,
        id: &TenantId,
        conditions: &Conditions,
        who: &Who,
        status: Status,
    ) -> Result<Written, Problem> {
        let change = |config: &tollgate::TenantConfig| Ok(config.clone().status(status));
        self.change(id, conditions, who, change).await
    }
}

/// A tenant that was written, and word of that for the audit log.
fn answer(status: StatusCode, written: Written) -> Response {
    let Written { before, entry } = written;
    let trace = Trace {
        tenant: entry.tenant.clone(),
        before,
        after: Some(entry.version),
    };
    let tag = [(ETAG, tag(entry.version))];
    (status, tag, Extension(trace), Json(Row::from(entry))).into_response()
}
