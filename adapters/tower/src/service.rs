//! The service that asks the gate before it calls the service behind it.

use std::mem;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use tollgate_http::Gate;
use tollgate_http1::{GateBody, Passage, Way, enter};
use tower_service::Service;

use crate::future::{Ready, ResponseFuture};
use crate::view::view;

/// A service behind a [`Gate`]; made by [`TollgateLayer`](crate::TollgateLayer).
///
/// The error type is the inner service's: a refusal is a response, not an error. It is ready when
/// the inner service is, and only the inner service that was polled ready is called. A refused
/// request drops it with whatever its readiness had reserved, and a clone takes its place.
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

impl<S: Clone> Tollgate<S> {
    /// The inner service that was polled ready; a clone, which was not, takes its place.
    fn take_ready(&mut self) -> S {
        let unready = self.inner.clone();
        mem::replace(&mut self.inner, unready)
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

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqB>) -> Self::Future {
        ResponseFuture::new(match enter(&self.gate, &mut request, view) {
            Way::Through(pass) => {
                let response = pass.run(|| self.inner.call(request));
                Passage::through(response, pass)
            }
            Way::Back(reply) => {
                drop(self.take_ready());
                Passage::back(reply)
            }
            Way::Waits(question) => {
                let service = Ready(self.take_ready());
                Passage::waits(&self.gate, question, service, request)
            }
        })
    }
}
