//! `GET /admin/all-resources`: what operators see, outside of the gate and behind a password.

mod credential;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(crate) use self::credential::Credential;
use crate::database::Database;
use crate::problem::Problem;
use crate::resources::Paging;
use crate::routes::Service;

/// The routes, for whoever knows `credential`.
pub(crate) fn routes(credential: Credential) -> Router<Service> {
    let check = move |request: Request, next: Next| {
        let known = request
            .headers()
            .get(AUTHORIZATION)
            .is_some_and(|header| credential.is_in(header.as_bytes()));
        async move {
            if known {
                next.run(request).await
            } else {
                unauthorized()
            }
        }
    };
    Router::new()
        .route("/all-resources", get(all_resources))
        .layer(from_fn(check))
}

fn unauthorized() -> Response {
    let detail = "this is for operators";
    let problem = Problem::new(StatusCode::UNAUTHORIZED, "admin_unauthorized", detail);
    let challenge = [(WWW_AUTHENTICATE, "Basic realm=\"admin\", charset=\"UTF-8\"")];
    (challenge, problem).into_response()
}

/// A resource, and whose it is.
#[derive(Debug, Serialize)]
struct Owned {
    tenant_id: String,
    id: String,
    name: String,
    status: String,
    created_at: String,
}

type Row = (String, String, String, String, String);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    after: Option<String>,
    limit: Option<u16>,
}

/// All resources of all tenants, tenant by tenant; `next` is what `after` is to be for the next page.
async fn all_resources(
    State(service): State<Service>,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(page) = page.map_err(|refused| Problem::invalid(refused.body_text()))?;
    let paging = Paging::new(page.after.unwrap_or_default(), page.limit)?;
    if paging.after.contains('\0') {
        return Err(Problem::invalid("after: must be what `next` was"));
    }
    let found = read(&service.database, &paging).await?;
    let (resources, next) = paging.cut(found, |owned| format!("{}/{}", owned.tenant_id, owned.id));
    Ok(Json(json!({ "resources": resources, "next": next })))
}

/// Unscoped, which only the admin handle can be.
async fn read(database: &Database, paging: &Paging) -> Result<Vec<Owned>, sqlx::Error> {
    let after = paging.after.split_once('/').unwrap_or_default();
    let rows: Vec<Row> = match database {
        Database::Sqlite(access) => {
            let sql = "SELECT tenant_id, id, name, status, created_at FROM resources \
                       WHERE (tenant_id, id) > (?, ?) ORDER BY tenant_id, id LIMIT ?";
            let query = sqlx::query_as(sql).bind(after.0).bind(after.1);
            let query = query.bind(paging.ask_for());
            query.fetch_all(access.admin.pool()).await?
        }
        Database::Postgres(access) => {
            let sql = "SELECT tenant_id, id, name, status, created_at FROM resources \
                       WHERE (tenant_id, id) > ($1, $2) ORDER BY tenant_id, id LIMIT $3";
            let query = sqlx::query_as(sql).bind(after.0).bind(after.1);
            let query = query.bind(paging.ask_for());
            query.fetch_all(access.admin.pool()).await?
        }
    };
    let owned = |(tenant_id, id, name, status, created_at)| Owned {
        tenant_id,
        id,
        name,
        status,
        created_at,
    };
    Ok(rows.into_iter().map(owned).collect())
}
