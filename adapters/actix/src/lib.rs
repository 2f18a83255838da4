//! `tollgate` for [actix-web](https://docs.rs/actix-web) 4.
//!
//! [`TollgateMiddleware`] puts a [`Gate`] before an app, a scope or a resource. Requests that it refuses get their
//! reply (401, 403, 404, 429, …) and never reach the handler; the others find two things in their extensions:
//! * [`Tenant`](tollgate::Tenant), the engine's handle of the tenant;
//! * [`PermitHandle`], through which the handler settles at the true cost, and which knows
//!   [where](TenantSource) the request named the tenant.
//!
//! [`CurrentTenant`], [`MaybeTenant`] and [`CurrentPermit`] extract them. A whole server is `examples/actix-saas`.
//!
//! # Examples
//! ```
//! use actix_web::{App, HttpServer, test, web};
//! use tollgate::{Cost, Engine, InMemorySource, TenantConfig};
//! use tollgate_actix::{CurrentPermit, CurrentTenant, Gate, TollgateMiddleware};
//!
//! async fn hello(CurrentTenant(tenant): CurrentTenant, CurrentPermit(permit): CurrentPermit) -> String {
//!     permit.settle(&Cost::tokens(120)).expect("nobody else settles");
//!     format!("hello {}", tenant.id())
//! }
//!
//! # actix_web::rt::System::new().block_on(async {
//! let source = InMemorySource::new();
//! source.set(TenantConfig::new("acme".parse()?).requests_per_minute(1).tokens_per_minute(500))?;
//! let gate = Gate::builder(Engine::builder().source(source).build()?).build()?;
//!
//! let app = move || {
//!     let api = web::scope("/api").wrap(TollgateMiddleware::new(gate.clone()));
//!     App::new().service(api.route("/hello", web::get().to(hello)))
//! };
//! // … HttpServer::new(app.clone()).bind("127.0.0.1:8080")?.run().await …
//! # let _ = HttpServer::new(app.clone());
//!
//! let app = test::init_service(app()).await;
//! let request = || test::TestRequest::get().uri("/api/hello").insert_header(("X-Tenant-ID", "acme"));
//! let response = test::call_service(&app, request().to_request()).await;
//! assert_eq!(response.status(), 200);
//! assert!(response.headers().get("ratelimit").unwrap().to_str()?.contains(r#""tokens_per_minute";r=380"#));
//!
//! let response = test::call_service(&app, request().to_request()).await;
//! assert_eq!(response.status(), 429);
//! assert!(response.headers().contains_key("retry-after"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # What a client that goes away leaves
//! A client that crashes, or that something is written to after it has gone, is noticed at once: actix-web drops its
//! handler and its stream, and the request ends. One that has closed its half of the connection properly is *not*
//! noticed while there is nothing to write to it: actix-web waits for the handler as before, and until then the
//! request holds its slots. Where handlers may hang, give them a timeout.

mod body;
mod context;
mod extract;
mod future;
mod layer;
mod limits;
mod reply;
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

pub use crate::body::GateBody;
pub use crate::context::with_tenant;
pub use crate::extract::{CurrentPermit, CurrentTenant, MaybeTenant, NoTenant};
pub use crate::future::ResponseFuture;
pub use crate::layer::TollgateMiddleware;
pub use crate::service::Tollgate;
