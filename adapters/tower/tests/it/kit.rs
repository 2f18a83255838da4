//! An engine on a clock that tests move, services behind its gate, and their responses.

use std::convert::Infallible;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use serde_json::Value;
use tollgate::{Clock, Engine, InMemorySource, ManualClock, Tenant, TenantConfig, TenantId};
use tollgate_tower::{Gate, GateBuilder, Tollgate, TollgateLayer};
use tower::{Layer, Service, ServiceExt, service_fn};

pub(crate) type Empty = http_body_util::Empty<Bytes>;

/// An engine with the tenant `acme`, and a layer before it.
pub(crate) struct Kit {
    pub(crate) clock: ManualClock,
    pub(crate) source: InMemorySource,
    pub(crate) engine: Engine,
    pub(crate) layer: TollgateLayer,
}

impl Kit {
    pub(crate) fn new(config: TenantConfig) -> Self {
        Self::with(config, |gate| gate)
    }

    pub(crate) fn with(
        config: TenantConfig,
        set_up: impl FnOnce(GateBuilder) -> GateBuilder,
    ) -> Self {
        let (clock, source) = (ManualClock::new(), InMemorySource::new());
        source.set(config).unwrap();
        let engine = Engine::builder()
            .source(source.clone())
            .clock(Clock::manual(&clock));
        let engine = engine.build().unwrap();
        let gate = set_up(Gate::builder(engine.clone())).build().unwrap();
        Self {
            clock,
            source,
            engine,
            layer: TollgateLayer::new(gate),
        }
    }

    /// Puts the gate before a handler.
    pub(crate) fn before<S>(&self, inner: S) -> Tollgate<S> {
        self.layer.layer(inner)
    }

    /// Sends a request to a service that answers `hello`.
    pub(crate) async fn send(&self, request: Request<Empty>) -> Seen {
        see(self.before(service_fn(hello)), request).await
    }

    /// The handle of `acme`, loaded if it is not.
    pub(crate) async fn acme(&self) -> Tenant {
        self.engine.tenant(&id("acme")).await.unwrap()
    }

    /// Free slots of the limit `in-flight`.
    pub(crate) async fn slots(&self) -> u64 {
        self.acme()
            .await
            .usage()
            .get("in-flight")
            .unwrap()
            .remaining
    }
}

pub(crate) async fn hello<B>(_: Request<B>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::from("hello")))
}

/// A response, read to its end.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Seen {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// Sends `request` to `service` and reads the response to its end.
pub(crate) async fn see<S, B, R>(service: S, request: Request<B>) -> Seen
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: std::fmt::Debug,
    R: Body,
    R::Error: std::fmt::Debug,
{
    let (parts, body) = service.oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Seen {
        status: parts.status,
        headers: parts.headers,
        body,
    }
}

pub(crate) fn acme() -> TenantConfig {
    TenantConfig::new(id("acme"))
}

pub(crate) fn id(tenant: &str) -> TenantId {
    tenant.parse().unwrap()
}

pub(crate) fn get(uri: &str) -> http::request::Builder {
    Request::get(uri).header("X-Tenant-ID", "acme")
}

pub(crate) fn empty(request: http::request::Builder) -> Request<Empty> {
    request.body(Empty::new()).unwrap()
}
