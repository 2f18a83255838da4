//! `GET /api/profile`: what costs a query to find out, and is kept for five minutes.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode};
use axum::response::IntoResponse;
use serde_json::{Value, json};
use tollgate::Tenant;
use tollgate_cache::CacheError;
use tollgate_db::DbError;
use tollgate_tower::extract::CurrentTenant;

use crate::database::Database;
use crate::problem::Problem;
use crate::routes::Service;

/// In Redis it lies under `tenant:<id>:user-profile`.
const KEY: &str = "user-profile";
const KEPT_FOR: Duration = Duration::from_secs(5 * 60);
const X_CACHE: HeaderName = HeaderName::from_static("x-cache");

/// The profile, and in the header `X-Cache` whether it was at hand: `hit` or `miss`.
pub(crate) async fn get(
    State(service): State<Service>,
    CurrentTenant(tenant): CurrentTenant,
) -> Result<impl IntoResponse, Problem> {
    let mut found = "hit";
    let cache = service.cache.for_tenant(&tenant);
    let profile = cache.get_or_insert_with(KEY, KEPT_FOR, || {
        found = "miss";
        load(&service.database, &tenant)
    });
    let profile: Value = profile.await?;
    Ok(([(X_CACHE, found)], Json(profile)))
}

async fn load(database: &Database, tenant: &Tenant) -> Result<Value, DbError> {
    let resources: serde_json::Map<String, Value> = database
        .count(tenant)
        .await?
        .into_iter()
        .map(|(status, count)| (status, count.into()))
        .collect();
    Ok(json!({
        "tenant": tenant.id(),
        "resources": resources,
        "as_of": jiff::Timestamp::now().to_string(),
    }))
}

/// Has the next request find out anew. One that can't be told shows old numbers for five minutes at most.
pub(crate) async fn forget(service: &Service, tenant: &Tenant) {
    if let Err(error) = service.cache.for_tenant(tenant).delete(KEY).await {
        let error = crate::with_causes(&error);
        tracing::warn!(tenant = %tenant.id(), error, "a cached profile is out of date");
    }
}

/// Only a load can fail here, or a Redis that is not set up right.
impl From<CacheError> for Problem {
    fn from(error: CacheError) -> Self {
        tracing::error!(error = crate::with_causes(&error), "no profile");
        let transient = error.load_error().is_some_and(DbError::is_transient);
        if transient {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            Self::new(status, "database_unavailable", "try again later")
        } else {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            Self::new(status, "internal", "this is a mistake of ours")
        }
    }
}
