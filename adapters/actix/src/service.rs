//! The service that asks the gate before it calls the service behind it.

use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use tollgate_http::{Gate, Outlook};

use crate::body::GateBody;
use crate::context::decided;
use crate::future::ResponseFuture;
use crate::view::View;

/// A service behind a [`Gate`]; made by [`TollgateMiddleware`](crate::TollgateMiddleware).
#[derive(Debug)]
pub struct Tollgate<S> {
    /// Shared with requests that wait for their tenant's config.
    inner: Rc<S>,
    gate: Gate,
}

impl<S> Tollgate<S> {
    pub(crate) fn new(inner: S, gate: Gate) -> Self {
        let inner = Rc::new(inner);
        Self { inner, gate }
    }
}

impl<S, B> Service<ServiceRequest> for Tollgate<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<GateBody<B>>;
    type Error = Error;
    type Future = ResponseFuture<S>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        // A value of its own: the view borrows the extensions, which the next line writes to.
        let outlook = self.gate.enter_now(&View::new(&request));
        match outlook {
            Outlook::Decided(entry) => match decided(&self.gate, &request, entry) {
                Ok(pass) => ResponseFuture::through(&*self.inner, request, pass),
                Err(reply) => ResponseFuture::back(request, reply),
            },
            Outlook::Undecided(question) => {
                let service = Rc::clone(&self.inner);
                ResponseFuture::waits(&self.gate, question, service, request)
            }
        }
    }
}
