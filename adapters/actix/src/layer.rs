//! The middleware that puts a gate before an app, a scope or a resource.

use std::future::{Ready, ready};

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use tollgate_http::Gate;

use crate::body::GateBody;
use crate::service::Tollgate;

/// Puts a [`Gate`] before an app, a scope or a resource, by its `wrap`; see the [crate's example](crate).
///
/// Routes with other demands get middlewares of their own, on gates that share one engine. What else a route is
/// wrapped in runs before the gate if it is wrapped later: an authentication layer, which is to
/// [vouch](crate::with_tenant) for the tenant, comes after the gate in the code.
///
/// The policy sees the path as the router does: a `NormalizePath` that is wrapped later has its way first.
#[derive(Debug, Clone)]
pub struct TollgateMiddleware {
    gate: Gate,
}

impl TollgateMiddleware {
    /// A middleware that asks this gate.
    pub fn new(gate: Gate) -> Self {
        Self { gate }
    }
}

impl<S, B> Transform<S, ServiceRequest> for TollgateMiddleware
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<GateBody<B>>;
    type Error = Error;
    type Transform = Tollgate<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(Tollgate::new(inner, self.gate.clone())))
    }
}
