//! The future of a response.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response};
use hyper::body::Body;
use hyper::service::Service;
use pin_project_lite::pin_project;
use tollgate_http1::{Call, GateBody, Passage};

pin_project! {
    /// The response of a [`Tollgate`](crate::Tollgate).
    ///
    /// Nothing is boxed, and nothing but the handler is awaited, unless the tenant's config has to
    /// be loaded first. Dropping the future ends the request: its slots are freed, and an unsettled
    /// charge is kept or refunded as the gate was told.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S, B>
    where
        S: Service<Request<B>>,
    {
        #[pin]
        passage: Passage<S::Future, Inner<S>, B>,
    }
}

/// The service behind the gate.
#[derive(Debug)]
pub(crate) struct Inner<S>(pub(crate) S);

impl<S, R> Call<R> for Inner<S>
where
    S: Service<R>,
{
    type Future = S::Future;

    fn call(&mut self, request: R) -> S::Future {
        self.0.call(request)
    }
}

impl<S, B> ResponseFuture<S, B>
where
    S: Service<Request<B>>,
{
    #[inline]
    pub(crate) fn new(passage: Passage<S::Future, Inner<S>, B>) -> Self {
        Self { passage }
    }
}

impl<S, B, ResB> Future for ResponseFuture<S, B>
where
    S: Service<Request<B>, Response = Response<ResB>>,
    ResB: Body,
{
    type Output = Result<Response<GateBody<ResB>>, S::Error>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().passage.poll(cx)
    }
}

impl<S, B> fmt::Debug for ResponseFuture<S, B>
where
    S: Service<Request<B>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ResponseFuture")
            .field(&self.passage)
            .finish()
    }
}
