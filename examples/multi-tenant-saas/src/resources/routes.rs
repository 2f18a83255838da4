//! `GET` and `POST /api/resources`, and `GET /api/resources/{id}`.

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tollgate_tower::extract::CurrentTenant;
use uuid::Uuid;

use super::Resource;
use super::fields::{self, Filter, NewResource};
use crate::problem::Problem;
use crate::profile;
use crate::routes::Service;

/// The largest body of a request, in bytes.
const LARGEST_BODY: usize = 16 * 1024;

pub(crate) fn routes() -> Router<Service> {
    Router::new()
        .route("/resources", get(list).post(create))
        .route("/resources/{id}", get(find))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
}

async fn list(
    State(service): State<Service>,
    CurrentTenant(tenant): CurrentTenant,
    filter: Result<Query<Filter>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(filter) = filter.map_err(|refused| Problem::invalid(refused.body_text()))?;
    let paging = filter.paging()?;
    let found = service
        .database
        .list(&tenant, filter.status, &paging)
        .await?;
    let (resources, next) = paging.cut(found, |resource| resource.id.clone());
    Ok(Json(json!({ "resources": resources, "next": next })))
}

async fn create(
    State(service): State<Service>,
    CurrentTenant(tenant): CurrentTenant,
    body: Result<Json<NewResource>, JsonRejection>,
) -> Result<impl IntoResponse, Problem> {
    let Json(new) = body.map_err(|refused| unreadable(&refused))?;
    new.check()?;
    let resource = Resource {
        id: Uuid::now_v7().to_string(),
        name: new.name,
        status: new.status.as_str().to_owned(),
        created_at: jiff::Timestamp::now().to_string(),
    };
    service.database.add(&tenant, &resource).await?;
    profile::forget(&service, &tenant).await;
    let place = [(LOCATION, format!("/api/resources/{}", resource.id))];
    Ok((StatusCode::CREATED, place, Json(resource)))
}

async fn find(
    State(service): State<Service>,
    CurrentTenant(tenant): CurrentTenant,
    Path(id): Path<String>,
) -> Result<Json<Resource>, Problem> {
    let id = fields::id(&id).ok_or_else(Problem::not_found)?;
    let found = service.database.find(&tenant, id).await?;
    found.map(Json).ok_or_else(Problem::not_found)
}

/// What is wrong with a body, under the status that says how: 400, 413, 415; what is JSON and no resource is a 400 too.
fn unreadable(refused: &JsonRejection) -> Problem {
    let detail = refused.body_text();
    match refused.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "request_too_large",
            format!("at most {LARGEST_BODY} bytes"),
        ),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "request_not_json",
            detail,
        ),
        _ => Problem::invalid(detail),
    }
}
