//! The service that asks the gate before it calls the service behind it.

use http::{Request, Response};
use hyper::body::Body;
use hyper::service::Service;
use tollgate_http::Gate;
use tollgate_http1::{GateBody, Passage, Way, enter, view};

use crate::future::{Inner, ResponseFuture};

/// A service behind a [`Gate`]; see the [crate's example](crate).
///
/// The error type is the inner service's: a refusal is a response, not an error. Routes with other demands get
/// wrappers of their own, on gates that share one engine.
///
/// The inner service is cloned where a request has to wait for its tenant's config; share what is dear to clone
/// in an [`Arc`](std::sync::Arc), which is a service too.
#[derive(Debug, Clone)]
pub struct Tollgate<S> {
    inner: S,
    gate: Gate,
}

impl<S> Tollgate<S> {
    /// Puts `gate` before `inner`.
    pub fn new(inner: S, gate: Gate) -> Self {
        Self { inner, gate }
    }
}

impl<S, ReqB, ResB> Service<Request<ReqB>> for Tollgate<S>
where
    S: Service<Request<ReqB>, Response = Response<ResB>> + Clone,
    ResB: Body,
{
    type Response = Response<GateBody<ResB>>;
    type Error = S::Error;
    type Future = ResponseFuture<S, ReqB>;

    fn call(&self, mut request: Request<ReqB>) -> Self::Future {
        ResponseFuture::new(match enter(&self.gate, &mut request, view) {
            Way::Through(pass) => {
                let response = pass.run(|| self.inner.call(request));
                Passage::through(response, pass)
            }
            Way::Back(reply) => Passage::back(reply),
            Way::Waits(question) => {
                let service = Inner(self.inner.clone());
                Passage::waits(&self.gate, question, service, request)
            }
        })
    }
}
