//! What the service serves: one route for tenants, one for everybody.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::{Service, service_fn};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};
use tollgate_hyper::{Gate, GateBody, Tollgate, current_tenant, response};

type Plain = Response<Full<Bytes>>;
type Answer = Response<Either<GateBody<Full<Bytes>>, Full<Bytes>>>;

/// Everything under `/api` goes through the gate; `/public` does not.
pub(crate) async fn app(gate: Gate, request: Request<Incoming>) -> Result<Answer, Infallible> {
    if request.uri().path().starts_with("/api/") {
        let api = Tollgate::new(service_fn(api), gate);
        let response = api.call(request).await?;
        Ok(response.map(Either::Left))
    } else {
        Ok(public(&request).map(Either::Right))
    }
}

async fn api(request: Request<Incoming>) -> Result<Plain, Infallible> {
    if (request.method(), request.uri().path()) != (&Method::GET, "/api/data") {
        return Ok(not_found());
    }
    Ok(match current_tenant(request.extensions()) {
        Ok(tenant) => json_of(&json!({
            "tenant": tenant.id(),
            "message": "This endpoint is tenant-scoped",
        })),
        Err(reply) => response(reply).map(Full::new),
    })
}

fn public(request: &Request<Incoming>) -> Plain {
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/public/status") => json_of(&json!({ "status": "ok" })),
        _ => not_found(),
    }
}

fn json_of(value: &Value) -> Plain {
    let mut response = Response::new(value.to_string().into());
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

fn not_found() -> Plain {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}
