//! `GET` and `POST /api/resources`, and `GET /api/resources/{id}`.

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
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
use super::store::NotAdded;
use crate::problem::Problem;
use crate::profile;
use crate::routes::Service;

pub(crate) fn routes() -> Router<Service> {
    Router::new()
        .route("/resources", get(list).post(create))
        .route("/resources/{id}", get(find))
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
    let Json(new) = body.map_err(|refused| Problem::unreadable(&refused))?;
    new.check()?;
    let resource = Resource {
        id: Uuid::now_v7().to_string(),
        name: new.name,
        status: new.status.as_str().to_owned(),
        created_at: jiff::Timestamp::now().to_string(),
        related: new.related,
    };
    service.database.add(&tenant, &resource).await?;
    profile::forget(&service, &tenant).await;
    let place = [(LOCATION, format!("/api/resources/{}", resource.id))];
    Ok((StatusCode::CREATED, place, Json(resource)))
}

/// What the tenant does not have is unknown to it, whoever else may have it.
impl From<NotAdded> for Problem {
    fn from(refused: NotAdded) -> Self {
        match refused {
            NotAdded::NoSuchRelated(id) => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "related_not_found",
                format!("related: there is no resource {id}; nothing was created"),
            ),
            NotAdded::Database(error) => error.into(),
        }
    }
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
