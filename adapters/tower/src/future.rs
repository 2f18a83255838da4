//! The future of a response: decide if that is still to do, run the handler, report the limits.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tollgate_http::{Admission, Entry, Gate, Question, Reply};
use tower_service::Service;

use crate::body::GateBody;
use crate::limits::Limits;
use crate::view::Head;
use crate::{context, reply};

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
        stage: Stage<S::Future, S, B>,
    }
}

pin_project! {
    #[project = StageProjection]
    enum Stage<F, S, B> {
        Deciding { decision: Decision, gate: Gate, call: Call<S, B> },
        // The handler is dropped before the admission: it may still settle while it is.
        Running { #[pin] response: F, admission: Option<Admitted> },
        Rejected { reply: Option<Reply> },
    }
}

/// The call that waits for its decision. Boxed too, so that all other requests' futures are small.
type Call<S, B> = Option<Box<(S, Request<B>)>>;

/// An admission, and the gate that made it.
type Admitted = (Gate, Admission);

/// A decision that waits for the tenant's config: rare, and therefore boxed.
type Decision = Pin<Box<dyn Future<Output = Entry> + Send>>;

impl<S, B> ResponseFuture<S, B>
where
    S: Service<Request<B>>,
{
    pub(crate) fn admitted(response: S::Future, gate: &Gate, admission: Admission) -> Self {
        Self {
            stage: Stage::Running {
                response,
                admission: Some((gate.clone(), admission)),
            },
        }
    }

    pub(crate) fn open(response: S::Future) -> Self {
        Self {
            stage: Stage::Running {
                response,
                admission: None,
            },
        }
    }

    pub(crate) fn rejected(reply: Reply) -> Self {
        Self {
            stage: Stage::Rejected { reply: Some(reply) },
        }
    }

    pub(crate) fn deciding(
        gate: Gate,
        question: Question<'static>,
        service: S,
        request: Request<B>,
    ) -> Self {
        let asked = gate.clone();
        let decision = Box::pin(async move { asked.decide(question).await });
        Self {
            stage: Stage::Deciding {
                decision,
                gate,
                call: Some(Box::new((service, request))),
            },
        }
    }
}

impl<S, B, ResB> Future for ResponseFuture<S, B>
where
    S: Service<Request<B>, Response = Response<ResB>>,
    ResB: Body,
{
    type Output = Result<Response<GateBody<ResB>>, S::Error>;

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
                    go_on(entry, gate, service, request)
                }
                StageProjection::Running {
                    response,
                    admission,
                } => {
                    let response = {
                        let _span = admission.as_ref().map(enter);
                        ready!(response.poll(cx))
                    };
                    let admission = admission.take();
                    return Poll::Ready(response.map(|response| finish(response, admission)));
                }
                StageProjection::Rejected { reply } => {
                    // A future that is polled after it was ready never is again.
                    let Some(reply) = reply.take() else {
                        return Poll::Pending;
                    };
                    return Poll::Ready(Ok(reply::response(reply).map(GateBody::refusal)));
                }
            };
            stage.set(next);
        }
    }
}

/// What becomes of a request once its decision is there.
fn go_on<S, B>(
    entry: Entry,
    gate: &Gate,
    mut service: S,
    mut request: Request<B>,
) -> Stage<S::Future, S, B>
where
    S: Service<Request<B>>,
{
    match entry {
        Entry::Admitted(admission) => {
            context::admitted(&mut request, &admission);
            let admission = Some((gate.clone(), admission));
            Stage::Running {
                response: service.call(request),
                admission,
            }
        }
        Entry::Open => {
            context::open(&mut request, gate);
            Stage::Running {
                response: service.call(request),
                admission: None,
            }
        }
        Entry::Rejected(reply) => Stage::Rejected { reply: Some(reply) },
    }
}

/// The handler runs in its request's span.
fn enter((_, admission): &Admitted) -> tracing::span::Entered<'_> {
    admission.permit().span().enter()
}

/// The handler's response with the limits' levels, and the guard in its body.
fn finish<B: Body>(
    mut response: Response<B>,
    admission: Option<Admitted>,
) -> Response<GateBody<B>> {
    let Some((gate, mut admission)) = admission else {
        return response.map(|body| GateBody::inner(body, None));
    };
    gate.answered(&mut admission, &Head::of(&response));
    if gate.reports() {
        let status = response.status().as_u16();
        let headers = response.headers_mut();
        gate.report_to(status, admission.permit(), &mut Limits(headers));
    }
    response.map(|body| GateBody::inner(body, Some(admission.into_guard())))
}

impl<S, B> fmt::Debug for ResponseFuture<S, B>
where
    S: Service<Request<B>>,
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
