//! Extractors: who asks, and the permit to settle.
//!
//! On a route without a [`TollgateMiddleware`](crate::TollgateMiddleware) each of them answers 500, with a
//! body that says so: a handler that trusts in the gate never runs without it.

use std::future::{Ready, ready};

use actix_web::dev::{Extensions, Payload};
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, ResponseError};
use tollgate::Tenant;
use tollgate_http::{Gate, PermitHandle, Reply};

use crate::context::passed_open;
use crate::reply;

/// The tenant that was admitted.
///
/// Behind a gate that [allows](crate::GateBuilder::allow_missing) requests without one, those are
/// refused here, with the gate's own 401: take [`MaybeTenant`] where none is needed.
///
/// # Examples
/// ```
/// use tollgate_actix::CurrentTenant;
///
/// async fn hello(CurrentTenant(tenant): CurrentTenant) -> String {
///     format!("hello {}", tenant.id())
/// }
/// # let _: actix_web::Route = actix_web::web::get().to(hello);
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
/// use tollgate_actix::CurrentPermit;
///
/// async fn answer(CurrentPermit(permit): CurrentPermit) -> &'static str {
///     if permit.settle(&Cost::tokens(42)).is_err() {
///         eprintln!("settled before");
///     }
///     "42 tokens"
/// }
/// # let _: actix_web::Route = actix_web::web::get().to(answer);
/// ```
#[derive(Debug, Clone)]
pub struct CurrentPermit(pub PermitHandle);

/// There is no tenant here: the gate is missing, or let the request pass without one.
#[derive(Debug, thiserror::Error)]
#[error("there is no tenant here: the gate is missing, or let the request pass without one")]
pub struct NoTenant(Box<Reply>);

impl NoTenant {
    fn explain(extensions: &Extensions) -> Self {
        let passed = passed_open(extensions);
        let reply = passed.map_or_else(Reply::gate_missing, Gate::tenant_required);
        Self(Box::new(reply))
    }
}

impl ResponseError for NoTenant {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let (response, body) = reply::response((*self.0).clone());
        response.set_body(body).map_into_boxed_body()
    }
}

impl FromRequest for CurrentTenant {
    type Error = NoTenant;
    type Future = Ready<Result<Self, NoTenant>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(take(&request.extensions()).map(Self))
    }
}

impl FromRequest for MaybeTenant {
    type Error = NoTenant;
    type Future = Ready<Result<Self, NoTenant>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let extensions = request.extensions();
        ready(match take(&extensions) {
            Ok(tenant) => Ok(Self(Some(tenant))),
            Err(_) if passed_open(&extensions).is_some() => Ok(Self(None)),
            Err(missing) => Err(missing),
        })
    }
}

impl FromRequest for CurrentPermit {
    type Error = NoTenant;
    type Future = Ready<Result<Self, NoTenant>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(take(&request.extensions()).map(Self))
    }
}

fn take<T: Clone + 'static>(extensions: &Extensions) -> Result<T, NoTenant> {
    let left = extensions.get::<T>().cloned();
    left.ok_or_else(|| NoTenant::explain(extensions))
}
