//! What is for operators: the admin API with its console, and `GET /admin/all-resources`, outside of the gate and behind
//! a password.

use std::error::Error;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tollgate::Engine;
use tollgate_admin::{Admin, Credential, Role, Watch};
use tollgate_store::SqlSource;

use crate::database::Database;
use crate::problem::Problem;
use crate::resources::Paging;
use crate::routes::Service;

/// Who may see and change everything: `name:password`.
pub(crate) fn credential(text: &str) -> Result<Credential, Box<dyn Error>> {
    let pair = text.split_once(':');
    let pair = pair.filter(|(name, password)| !name.is_empty() && !password.is_empty());
    let (name, password) = pair.ok_or("must be name:password, neither of them empty")?;
    Ok(Credential::basic(name, password, Role::ReadWrite)?)
}

/// The API for whoever knows `credential`.
pub(crate) fn api(
    engine: &Engine,
    source: &SqlSource,
    watch: Watch,
    credential: Credential,
) -> Result<Admin, Box<dyn Error>> {
    let admin = Admin::builder(engine.clone(), source.clone())
        .watch(watch)
        .credential(credential);
    Ok(admin.build()?)
}

/// The API under `/admin`, with a route of the service's own beside it.
pub(crate) fn routes(admin: &Admin, service: Service) -> Router {
    let own = Router::new()
        .route("/admin/all-resources", get(all_resources))
        .with_state(service);
    Router::new()
        .nest("/admin", admin.router())
        .merge(admin.guarded(own))
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
