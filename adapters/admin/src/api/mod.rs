//! The routes: each reads a request, asks the engine or the source, and answers with JSON.

mod body;
mod change;
mod decisions;
mod door;
mod etag;
mod events;
mod explain;
pub(crate) mod forms;
mod health;
mod history;
mod id;
mod overview;
mod params;
pub(crate) mod samples;
mod tenants;
mod usage;

use std::sync::Arc;

use axum::extract::{OriginalUri, State};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use utoipa::OpenApi as _;
use utoipa::openapi::{OpenApi, Server};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::forms::{Credentials, SortForm};
use crate::admin::Core;
use crate::console;
use crate::problem::Problem;

pub(crate) type Shared = State<Arc<Core>>;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "tollgate admin",
        description = "Tenants, their limits and policies, what they use, and why they were denied.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    components(schemas(SortForm)),
    modifiers(&Credentials),
)]
struct Document;

/// Everything, as a router and as a document, which can't differ: one list makes both.
pub(crate) fn router(core: &Arc<Core>) -> Router {
    let (guarded, _) = guarded().split_for_parts();
    let guarded = guarded.route_layer(from_fn_with_state(Arc::clone(core), door::enter));
    let (open, _) = open().split_for_parts();
    let document = get(async |OriginalUri(uri): OriginalUri| Json(openapi_at(uri.path())));
    Router::new()
        .merge(guarded.merge(open).with_state(Arc::clone(core)))
        .route("/openapi.json", document)
        .merge(console::routes())
        .fallback(nowhere)
        .method_not_allowed_fallback(async || Problem::method(""))
        .layer(from_fn(door::seal))
}

/// Routes of the host's own behind the same door.
pub(crate) fn guarded_routes(core: &Arc<Core>, own: Router) -> Router {
    if !own.has_routes() {
        return own;
    }
    own.route_layer(from_fn_with_state(Arc::clone(core), door::enter))
        .route_layer(from_fn(door::seal))
}

/// The document as it is served there: only now is it known where the API is mounted.
fn openapi_at(path: &str) -> OpenApi {
    let mount = path.strip_suffix("/openapi.json").unwrap_or_default();
    let mut document = openapi();
    let place = if mount.is_empty() { "/" } else { mount };
    document.servers = Some(vec![Server::new(place)]);
    document
}

pub(crate) fn openapi() -> OpenApi {
    let document = OpenApiRouter::<Arc<Core>>::with_openapi(Document::openapi());
    let mut document = document.merge(guarded()).merge(open()).into_openapi();
    forms::tag_headers(&mut document);
    document
}

/// What only those may see who have a credential.
fn guarded() -> OpenApiRouter<Arc<Core>> {
    OpenApiRouter::new()
        .routes(routes!(tenants::list, tenants::create))
        .routes(routes!(
            tenants::read,
            tenants::replace,
            tenants::patch,
            tenants::delete
        ))
        .routes(routes!(tenants::set_quota))
        .routes(routes!(tenants::set_policy))
        .routes(routes!(tenants::suspend))
        .routes(routes!(tenants::resume))
        .routes(routes!(tenants::reset))
        .routes(routes!(usage::usage))
        .routes(routes!(explain::explain))
        .routes(routes!(decisions::decisions))
        .routes(routes!(history::history))
        .routes(routes!(events::events))
        .routes(routes!(overview::overview))
}

/// What anybody may see.
fn open() -> OpenApiRouter<Arc<Core>> {
    OpenApiRouter::new()
        .routes(routes!(health::health))
        .routes(routes!(health::ready))
}

async fn nowhere() -> Response {
    Problem::not_found("there is nothing here").into_response()
}
