//! For the tests of adapters: the handler of the [suite](tollgate_http::conformance) in the types of `http` 1.
//!
//! Behind the feature `conformance`.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Extensions, Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full};
use tollgate_http::Reply;
use tollgate_http::conformance::{Answer, AnswerBody, Broken, Chunks, Demo, Failure, Need, Visit};

use crate::extract::{current_permit, current_tenant};
use crate::reply::response;

/// The body of one of the suite's answers.
#[derive(Debug)]
pub enum DemoBody {
    /// A body that is all there.
    Whole(Full<Bytes>),
    /// A body that comes bit by bit.
    Stream(Chunks),
}

impl Body for DemoBody {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        match self.get_mut() {
            Self::Whole(full) => {
                let frame = ready!(Pin::new(full).poll_frame(cx));
                Poll::Ready(frame.map(|frame| frame.map_err(|never| match never {})))
            }
            Self::Stream(chunks) => {
                let chunk = ready!(chunks.poll_next(cx));
                Poll::Ready(chunk.map(|chunk| chunk.map(|data| Frame::data(data.into()))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(full) => full.is_end_stream(),
            Self::Stream(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(full) => full.size_hint(),
            Self::Stream(_) => SizeHint::default(),
        }
    }
}

/// Puts in a request's extensions what a layer before the gate would.
pub fn prepare<B>(demo: &Demo, request: &mut Request<B>) {
    let before = demo.before(act(request));
    let extensions = request.extensions_mut();
    put(extensions, before.principal);
    put(extensions, before.facts);
    put(extensions, before.mark);
}

fn put<T: Clone + Send + Sync + 'static>(extensions: &mut Extensions, value: Option<T>) {
    if let Some(value) = value {
        extensions.insert::<T>(value);
    }
}

/// Handles a request as the suite has told; what `need` names is asked for through [`current_tenant`] and
/// [`current_permit`].
///
/// # Errors
/// [`Failure`] if the suite wants that.
pub async fn handle<B>(
    demo: Demo,
    need: Need,
    request: Request<B>,
) -> Result<Response<DemoBody>, Failure>
where
    B: Body,
{
    if let Err(reply) = insist(need, request.extensions()) {
        return Ok(response(reply).map(|body| DemoBody::Whole(body.into())));
    }
    let act = act(&request).map(<[u8]>::to_vec);
    let (parts, body) = request.into_parts();
    let visit = Visit {
        tenant: current_tenant(&parts.extensions).ok(),
        permit: current_permit(&parts.extensions).ok(),
        body: read(body).await,
    };
    demo.answer(act.as_deref(), visit).await.map(answered)
}

fn insist(need: Need, extensions: &Extensions) -> Result<(), Reply> {
    match need {
        Need::Nothing => Ok(()),
        Need::Tenant => current_tenant(extensions).map(drop),
        Need::Permit => current_permit(extensions).map(drop),
    }
}

/// The response that says what `answer` says.
///
/// # Panics
/// If the answer has a head that no response can have, as none of the suite's does.
pub fn answered(answer: Answer) -> Response<DemoBody> {
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    let body = match answer.body {
        AnswerBody::Empty => DemoBody::Whole(Full::default()),
        AnswerBody::Whole(bytes) => DemoBody::Whole(Full::from(bytes)),
        AnswerBody::Stream { chunks, length } => {
            if let Some(length) = length {
                response = response.header("content-length", length);
            }
            DemoBody::Stream(chunks)
        }
    };
    #[expect(clippy::expect_used, reason = "the suite's answers have fine heads")]
    response.body(body).expect("a response")
}

/// The header that says which part the handler plays.
fn act<B>(request: &Request<B>) -> Option<&[u8]> {
    let act = request.headers().get(Demo::HEADER);
    act.map(http::HeaderValue::as_bytes)
}

async fn read<B: Body>(body: B) -> Vec<u8> {
    let Ok(body) = body.collect().await else {
        return Vec::new();
    };
    body.to_bytes().into()
}
