//! `tollgate` for tower services: axum, hyper, tonic, and anything else that speaks
//! [`http`](https://docs.rs/http).
//!
//! [`TollgateLayer`] puts a [`Gate`] before a service. Requests that it refuses get their reply (401,
//! 403, 404, 429, …) and never reach the service; the others find two things in their
//! extensions:
//! * [`Tenant`](tollgate::Tenant), the engine's handle of the tenant;
//! * [`PermitHandle`], through which the handler settles at the true cost, and which knows
//!   [where](TenantSource) the request named the tenant.
//!
//! [`current_tenant`] and [`current_permit`] find them, or say what to answer where they are missing.
//!
//! With the feature `axum` they are extractors too (`extract::CurrentTenant` and its siblings).
//!
//! # Examples
//! ```
//! use std::convert::Infallible;
//!
//! use http::{Request, Response};
//! use tollgate::{Cost, Engine, InMemorySource, Tenant, TenantConfig};
//! use tollgate_tower::{Gate, PermitHandle, TollgateLayer};
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let source = InMemorySource::new();
//! source.set(TenantConfig::new("acme".parse()?).requests_per_minute(1).tokens_per_minute(500))?;
//! let gate = Gate::builder(Engine::builder().source(source).build()?).build()?;
//!
//! let service = TollgateLayer::new(gate).layer(service_fn(|request: Request<String>| async move {
//!     let tenant: &Tenant = request.extensions().get().expect("the gate is before us");
//!     let permit: &PermitHandle = request.extensions().get().expect("the gate is before us");
//!     permit.settle(&Cost::tokens(120)).expect("nobody else settles");
//!     Ok::<_, Infallible>(Response::new(format!("hello {}", tenant.id())))
//! }));
//!
//! let request = || Request::get("/").header("X-Tenant-ID", "acme").body(String::new());
//! let response = service.clone().oneshot(request()?).await?;
//! assert_eq!(response.status(), 200);
//! assert!(response.headers()["ratelimit"].to_str()?.contains(r#""tokens_per_minute";r=380"#));
//!
//! let response = service.oneshot(request()?).await?;
//! assert_eq!(response.status(), 429);
//! assert!(response.headers().contains_key("retry-after"));
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "axum")]
pub mod extract;
mod future;
mod layer;
mod service;
mod view;

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
pub use crate::layer::TollgateLayer;
pub use crate::service::Tollgate;
