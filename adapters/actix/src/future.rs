//! The future of a response: decide if that is still to do, run the handler, report the limits.

use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use pin_project_lite::pin_project;
use tollgate_http::{Admission, Entry, Gate, Question, Reply};
use tracing::span::Entered;

use crate::body::GateBody;
use crate::context::{Pass, decided};
use crate::limits::Limits;
use crate::reply;
use crate::view::Head;

pin_project! {
    /// The response of a [`Tollgate`](crate::Tollgate).
    ///
    /// Nothing is boxed of a request that is admitted at once, and nothing but the handler is awaited, unless the
    /// tenant's config has to be loaded first. Dropping the future ends the request: its slots are freed, and an
    /// unsettled charge is kept or refunded as the gate was told.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S>
    where
        S: Service<ServiceRequest>,
    {
        #[pin]
        stage: Stage<S::Future, S>,
    }
}

pin_project! {
    #[project = StageProjection]
    enum Stage<F, S> {
        Deciding { decision: Decision, gate: Gate, call: Option<Box<(Rc<S>, ServiceRequest)>> },
        // The handler is dropped before the pass: it may still settle while it is.
        Running { #[pin] response: F, pass: Pass },
        Rejected { reply: Option<Box<(ServiceRequest, Reply)>> },
    }
}

/// A decision that waits for the tenant's config: rare, and therefore boxed.
type Decision = Pin<Box<dyn Future<Output = Entry> + Send>>;

impl<S> ResponseFuture<S>
where
    S: Service<ServiceRequest>,
{
    /// A request that the gate let through.
    pub(crate) fn through(service: &S, request: ServiceRequest, pass: Pass) -> Self {
        Self {
            stage: running(service, request, pass),
        }
    }

    /// A request that the gate sent back.
    pub(crate) fn back(request: ServiceRequest, reply: Reply) -> Self {
        Self {
            stage: rejected(request, reply),
        }
    }

    /// A request whose tenant has to be loaded first.
    pub(crate) fn waits(
        gate: &Gate,
        question: Question<'static>,
        service: Rc<S>,
        request: ServiceRequest,
    ) -> Self {
        let asked = gate.clone();
        Self {
            stage: Stage::Deciding {
                decision: Box::pin(async move { asked.decide(question).await }),
                gate: gate.clone(),
                call: Some(Box::new((service, request))),
            },
        }
    }
}

impl<S, B> Future for ResponseFuture<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Output = Result<ServiceResponse<GateBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut stage = self.project().stage;
        loop {
            let next = match stage.as_mut().project() {
                StageProjection::Deciding {
                    decision,
                    gate,
                    call,
                } => {
                    let entry = ready!(decision.as_mut().poll(cx));
                    // Taken once: the stage is replaced right below.
                    let Some(call) = call.take() else {
                        return Poll::Pending;
                    };
                    let (service, request) = *call;
                    match decided(gate, &request, entry) {
                        Ok(pass) => running(&*service, request, pass),
                        Err(reply) => rejected(request, reply),
                    }
                }
                StageProjection::Running { response, pass } => {
                    let response = {
                        let _span = pass.as_ref().and_then(enter_span);
                        ready!(response.poll(cx))
                    };
                    return Poll::Ready(finish(response, pass.take()));
                }
                StageProjection::Rejected { reply } => {
                    // A future that is polled after it was ready never is again.
                    let Some(reply) = reply.take() else {
                        return Poll::Pending;
                    };
                    let (request, reply) = *reply;
                    let (response, body) = reply::response(reply);
                    let response = response.set_body(GateBody::refusal(body));
                    return Poll::Ready(Ok(request.into_response(response)));
                }
            };
            stage.set(next);
        }
    }
}

fn running<S>(service: &S, request: ServiceRequest, pass: Pass) -> Stage<S::Future, S>
where
    S: Service<ServiceRequest>,
{
    let response = {
        let _span = pass.as_ref().and_then(enter_span);
        service.call(request)
    };
    Stage::Running { response, pass }
}

fn rejected<F, S>(request: ServiceRequest, reply: Reply) -> Stage<F, S> {
    let reply = Some(Box::new((request, reply)));
    Stage::Rejected { reply }
}

/// The handler runs in its request's span.
fn enter_span((_, admission): &(Option<Gate>, Admission)) -> Option<Entered<'_>> {
    admission.permit().enter_span()
}

/// The handler's response with the limits' levels, and the guard in its body.
///
/// An error is not yet a response, only its status is known: layers further out make one of it.
fn finish<B: MessageBody>(
    response: Result<ServiceResponse<B>, Error>,
    pass: Pass,
) -> Result<ServiceResponse<GateBody<B>>, Error> {
    let Some((gate, mut admission)) = pass else {
        let open = |_: &mut _, body| GateBody::inner(body, None);
        return response.map(|response| response.map_body(open));
    };
    match response {
        Ok(mut response) => {
            if let Some(gate) = gate {
                let head = Head {
                    status: response.status(),
                    headers: Some(response.headers()),
                };
                gate.answered(&mut admission, &head);
                let status = response.status().as_u16();
                let headers = response.headers_mut();
                gate.report_to(status, admission.permit(), &mut Limits(headers));
            }
            let guard = admission.into_guard();
            Ok(response.map_body(|_, body| GateBody::inner(body, Some(guard))))
        }
        Err(error) => {
            if let Some(gate) = gate {
                let head = Head {
                    status: error.as_response_error().status_code(),
                    headers: None,
                };
                gate.answered(&mut admission, &head);
            }
            Err(error)
        }
    }
}

impl<S> fmt::Debug for ResponseFuture<S>
where
    S: Service<ServiceRequest>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = match &self.stage {
            Stage::Deciding { .. } => "deciding",
            Stage::Running { .. } => "running",
            Stage::Rejected { .. } => "rejected",
        };
        f.debug_struct("ResponseFuture")
            .field("stage", &stage)
            .finish_non_exhaustive()
    }
}
