//! `tollgate` for services of [hyper](https://docs.rs/hyper) 1, without tower.
//!
//! [`Tollgate`] is a [`Service`](hyper::service::Service) around another, with a [`Gate`] in between. Requests
//! that it refuses get their reply (401, 403, 404, 429, …) and never reach the service; the others find two things
//! in their extensions:
//! * [`Tenant`](tollgate::Tenant), the engine's handle of the tenant;
//! * [`PermitHandle`], through which the handler settles at the true cost, and which knows
//!   [where](TenantSource) the request named the tenant.
//!
//! [`current_tenant`] and [`current_permit`] find them, or say what to answer where they are missing.
//!
//! A whole server, with its accept loop and dependencies, is `examples/hyper-saas`.
//!
//! For tower's services, axum's and tonic's among them, there is `tollgate-tower`.
//!
//! # Examples
//! ```
//! use std::convert::Infallible;
//!
//! use bytes::Bytes;
//! use http_body_util::{Empty, Full};
//! use hyper::service::{Service, service_fn};
//! use hyper::{Request, Response};
//! use tollgate::{Cost, Engine, InMemorySource, TenantConfig};
//! use tollgate_hyper::{Gate, Tollgate, current_permit, response};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let source = InMemorySource::new();
//! source.set(TenantConfig::new("acme".parse()?).requests_per_minute(1).tokens_per_minute(500))?;
//! let gate = Gate::builder(Engine::builder().source(source).build()?).build()?;
//!
//! async fn hello<B>(request: Request<B>) -> Result<Response<Full<Bytes>>, Infallible> {
//!     let permit = match current_permit(request.extensions()) {
//!         Ok(permit) => permit,
//!         Err(reply) => return Ok(response(reply).map(Full::new)),
//!     };
//!     permit.settle(&Cost::tokens(120)).expect("nobody else settles");
//!     Ok(Response::new(format!("hello {}", permit.tenant().id()).into()))
//! }
//! let service = Tollgate::new(service_fn(hello), gate);
//! // … hyper::server::conn::http1::Builder::new().serve_connection(io, service.clone()) …
//!
//! let request = || Request::get("/").header("X-Tenant-ID", "acme").body(Empty::<Bytes>::new());
//! let response = service.call(request()?).await?;
//! assert_eq!(response.status(), 200);
//! assert!(response.headers()["ratelimit"].to_str()?.contains(r#""tokens_per_minute";r=380"#));
//!
//! let response = service.call(request()?).await?;
//! assert_eq!(response.status(), 429);
//! assert!(response.headers().contains_key("retry-after"));
//! # Ok(())
//! # }
//! ```

mod future;
mod service;

#[cfg(feature = "jwt")]
pub use tollgate_http::jwt;
pub use tollgate_http::{
    AlreadySettled, Charge, DeferredPermit, Facts, Field, Gate, GateBuilder, GateError,
    HeaderProfile, InvalidCredential, LimitRefusal, Outcome, PermitHandle, Principal, Rejection,
    Reply, RequestView, ResetStyle, Resolver, Source as TenantSource, TokenUsage, Unaffordable,
    UsageFormat, most_tokens,
};
pub use tollgate_http1::{GateBody, current_permit, current_tenant, response, with_tenant};

pub use crate::future::ResponseFuture;
pub use crate::service::Tollgate;
