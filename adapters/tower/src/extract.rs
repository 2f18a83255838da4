//! Extractors for axum handlers: who asks, and the permit to settle.
//!
//! On a route without a [`TollgateLayer`](crate::TollgateLayer) each of them answers 500, with a
//! body that says so: a handler that trusts in the gate never runs without it.
//!
//! # What stands in the body
//! The gate reads no request's body. Where the model or the cost stands in one, a middleware before the gate reads it
//! and leaves [`Facts`](crate::Facts):
//! ```
//! use axum::body::{Body, to_bytes};
//! use axum::extract::Request;
//! use axum::middleware::{Next, from_fn};
//! use axum::response::{IntoResponse, Response};
//! use axum::routing::post;
//! use axum::Router;
//! use http::StatusCode;
//! use tollgate_tower::{Facts, Gate, TollgateLayer};
//!
//! const MOST_BYTES: usize = 1 << 20;
//!
//! async fn facts(request: Request, next: Next) -> Response {
//!     let (mut parts, body) = request.into_parts();
//!     let Ok(body) = to_bytes(body, MOST_BYTES).await else {
//!         return StatusCode::PAYLOAD_TOO_LARGE.into_response();
//!     };
//!     let Ok(json) = serde_json::from_slice::<serde_json::Value>(&body) else {
//!         return StatusCode::BAD_REQUEST.into_response();
//!     };
//!     let model = json["model"].as_str().unwrap_or_default();
//!     parts.extensions.insert(Facts::new().model(model));
//!     next.run(Request::from_parts(parts, Body::from(body))).await
//! }
//!
//! fn app(gate: Gate) -> Router {
//!     // Of layers, the one that is added last is the first to see a request.
//!     Router::new()
//!         .route("/chat", post(|| async { "answer" }))
//!         .layer(TollgateLayer::new(gate))
//!         .layer(from_fn(facts))
//! }
//! # let _ = app;
//! ```

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use tollgate::Tenant;
use tollgate_http::{PermitHandle, Reply};
use tollgate_http1::{current_permit, current_tenant, passed_open, response};

/// The tenant that was admitted.
///
/// Behind a gate that [allows](crate::GateBuilder::allow_missing) requests without one, those are
/// refused here, with the gate's own 401: take [`MaybeTenant`] where none is needed.
///
/// # Examples
/// ```
/// use tollgate_tower::extract::CurrentTenant;
///
/// async fn hello(CurrentTenant(tenant): CurrentTenant) -> String {
///     format!("hello {}", tenant.id())
/// }
/// # let _: axum::routing::MethodRouter = axum::routing::get(hello);
/// ```
#[derive(Debug, Clone)]
pub struct CurrentTenant(pub Tenant);

/// The tenant that was admitted, or none if the gate let the request pass without one.
#[derive(Debug, Clone)]
pub struct MaybeTenant(pub Option<Tenant>);

/// The permit of the admitted request, to settle it at its true cost.
///
/// # Examples
/// ```
/// use tollgate::Cost;
/// use tollgate_tower::extract::CurrentPermit;
///
/// async fn answer(CurrentPermit(permit): CurrentPermit) -> &'static str {
///     if permit.settle(&Cost::tokens(42)).is_err() {
///         eprintln!("settled before");
///     }
///     "42 tokens"
/// }
/// # let _: axum::routing::MethodRouter = axum::routing::get(answer);
/// ```
#[derive(Debug, Clone)]
pub struct CurrentPermit(pub PermitHandle);

/// There is no tenant here: the gate is missing, or let the request pass without one.
#[derive(Debug)]
pub struct NoTenant(Reply);

impl IntoResponse for NoTenant {
    fn into_response(self) -> Response {
        response(self.0).map(Body::from)
    }
}

impl<S: Sync> FromRequestParts<S> for CurrentTenant {
    type Rejection = NoTenant;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let tenant = current_tenant(&parts.extensions);
        tenant.map(Self).map_err(NoTenant)
    }
}

impl<S: Sync> FromRequestParts<S> for MaybeTenant {
    type Rejection = NoTenant;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        match current_tenant(&parts.extensions) {
            Ok(tenant) => Ok(Self(Some(tenant))),
            Err(_) if passed_open(&parts.extensions).is_some() => Ok(Self(None)),
            Err(missing) => Err(NoTenant(missing)),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for CurrentPermit {
    type Rejection = NoTenant;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let permit = current_permit(&parts.extensions);
        permit.map(Self).map_err(NoTenant)
    }
}
