//! The future of a response: decide if that is still to do, run the handler, report the limits.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body::Body;
use pin_project_lite::pin_project;
use tollgate_http::{Entry, Gate, Question, Reply};

use crate::body::GateBody;
use crate::enter::{Admitted, Pass, decided};
use crate::limits::Limits;
use crate::reply;
use crate::view::Head;

/// The service behind the gate, as the future that waits for a decision calls it.
pub trait Call<R> {
    /// Its answer in the making.
    type Future;

    /// Has the service answer `request`; called once.
    fn call(&mut self, request: R) -> Self::Future;
}

pin_project! {
    /// The way of a request through the gate, the service `S` behind it and back.
    ///
    /// Nothing is boxed, and nothing but the handler is awaited, unless the tenant's config has to
    /// be loaded first. Dropping the future ends the request: its slots are freed, and an unsettled
    /// charge is kept or refunded as the gate was told.
    #[must_use = "futures do nothing unless polled"]
    pub struct Passage<F, S, B> {
        #[pin]
        stage: Stage<F, S, B>,
    }
}

pin_project! {
    #[project = StageProjection]
    enum Stage<F, S, B> {
        Deciding { decision: Decision, gate: Gate, call: Waiting<S, B> },
        // The handler is dropped before the pass: it may still settle while it is.
        Running { #[pin] response: F, pass: Pass },
        Rejected { reply: Option<Reply> },
    }
}

/// The call that waits for its decision. Boxed too, so that all other requests' futures are small.
type Waiting<S, B> = Option<Box<(S, Request<B>)>>;

/// A decision that waits for the tenant's config: rare, and therefore boxed.
type Decision = Pin<Box<dyn Future<Output = Entry> + Send>>;

impl<F, S, B> Passage<F, S, B> {
    /// A request that the gate let through, with what the service makes of it.
    #[inline]
    pub fn through(response: F, pass: Pass) -> Self {
        Self::at(Stage::Running { response, pass })
    }

    /// A request that the gate sent back.
    #[inline]
    pub fn back(reply: Reply) -> Self {
        Self::at(Stage::Rejected { reply: Some(reply) })
    }

    /// A request whose tenant has to be loaded first; then it goes to `service`.
    pub fn waits(
        gate: &Gate,
        question: Question<'static>,
        service: S,
        request: Request<B>,
    ) -> Self {
        let asked = gate.clone();
        Self::at(Stage::Deciding {
            decision: Box::pin(async move { asked.decide(question).await }),
            gate: gate.clone(),
            call: Some(Box::new((service, request))),
        })
    }

    #[inline]
    fn at(stage: Stage<F, S, B>) -> Self {
        Self { stage }
    }
}

impl<S, B, ResB, E> Future for Passage<S::Future, S, B>
where
    S: Call<Request<B>>,
    S::Future: Future<Output = Result<Response<ResB>, E>>,
    ResB: Body,
{
    type Output = Result<Response<GateBody<ResB>>, E>;

    #[inline]
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
                    go_on(entry, gate, *call)
                }
                StageProjection::Running { response, pass } => {
                    let response = {
                        let _span = pass.0.as_ref().and_then(Admitted::enter_span);
                        ready!(response.poll(cx))
                    };
                    let pass = Pass(pass.0.take());
                    return Poll::Ready(response.map(|response| finish(response, pass)));
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
    (mut service, mut request): (S, Request<B>),
) -> Stage<S::Future, S, B>
where
    S: Call<Request<B>>,
{
    match decided(gate, &mut request, entry) {
        Ok(pass) => Stage::Running {
            response: pass.run(|| service.call(request)),
            pass,
        },
        Err(reply) => Stage::Rejected { reply: Some(reply) },
    }
}

/// The handler's response with the limits' levels, and the guard in its body.
#[inline]
fn finish<B: Body>(mut response: Response<B>, Pass(admitted): Pass) -> Response<GateBody<B>> {
    let Some(Admitted {
        gate,
        mut admission,
        method,
    }) = admitted
    else {
        return response.map(GateBody::open);
    };
    if let Some(gate) = gate {
        gate.answered(&mut admission, &Head::of(&response));
        let status = response.status().as_u16();
        let headers = response.headers_mut();
        gate.report_to(status, admission.permit(), &mut Limits(headers));
    }
    let length = announced(&method, response.status(), response.headers());
    response.map(|body| GateBody::guarded(body, admission.into_guard(), length))
}

/// How many bytes of a body the client will get, where the response's head says so.
///
/// It may be less than the handler's body has: some responses end with their head (RFC 9112 §6.3).
#[inline]
fn announced(method: &Method, status: StatusCode, headers: &HeaderMap) -> Option<u64> {
    if is_head_only(method, status) {
        return Some(0);
    }
    let length = headers.get(CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}

fn is_head_only(method: &Method, status: StatusCode) -> bool {
    method == Method::HEAD
        || (method == Method::CONNECT && status.is_success())
        || status.is_informational()
        || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}

impl<F, S, B> fmt::Debug for Passage<F, S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = match &self.stage {
            Stage::Deciding { .. } => "deciding",
            Stage::Running { .. } => "running",
            Stage::Rejected { .. } => "rejected",
        };
        f.debug_struct("Passage")
            .field("stage", &stage)
            .finish_non_exhaustive()
    }
}
