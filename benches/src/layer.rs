//! A service that answers at once, the gate as a layer before it, and requests through either.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::body::Body;
use http::{HeaderValue, Request, Response, StatusCode};
use tollgate::Engine;
use tollgate_tower::{Gate, HeaderProfile, TollgateLayer};
use tower::{Service, service_fn};

use crate::keys::name;

/// The header that names the tenant.
pub const HEADER: &str = "x-tenant-id";

/// A service that answers every request with an empty body.
pub fn bare() -> impl Service<
    Request<Body>,
    Response = Response<Body>,
    Error = Infallible,
    Future = Ready<Result<Response<Body>, Infallible>>,
> + Clone {
    service_fn(|_: Request<Body>| ready(Ok(Response::new(Body::empty()))))
}

/// A layer that tells the limits in these headers.
pub fn gate<const N: usize>(engine: Engine, profiles: [HeaderProfile; N]) -> TollgateLayer {
    let gate = Gate::builder(engine).header_name(HEADER).profiles(profiles);
    TollgateLayer::new(gate.build().unwrap())
}

/// Requests of tenant 0 through a service whose future is ready when it is polled; answers with the status.
pub fn asking<S, B>(mut service: S) -> impl FnMut() -> StatusCode
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
{
    let tenant = HeaderValue::from_str(&name(0)).unwrap();
    move || {
        let request = Request::get("/api/data").header(HEADER, tenant.clone());
        let response = pin!(service.call(request.body(Body::empty()).unwrap()));
        match response.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(response)) => response.status(),
            Poll::Pending => StatusCode::REQUEST_TIMEOUT,
        }
    }
}
