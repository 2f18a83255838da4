//! The body of a response from behind the gate: the request ends when it does.

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;
use pin_project_lite::pin_project;
use tollgate_http::{BodyGuard, PermitHandle};

pin_project! {
    /// The body of a response from behind the gate: the inner service's, or that of a refusal.
    ///
    /// An admitted request ends, and frees its concurrency slots, when its body has ended, has
    /// failed, or is dropped. Chunks and size are the inner body's own.
    #[derive(Debug)]
    pub struct GateBody<B> {
        #[pin]
        kind: Kind<B>,
    }
}

pin_project! {
    #[project = KindProjection]
    #[derive(Debug)]
    enum Kind<B> {
        Refusal { bytes: Bytes },
        // The body is dropped before the guard: it may still settle while it is.
        Inner { #[pin] body: B, guard: Option<BodyGuard> },
    }
}

impl<B> GateBody<B> {
    pub(crate) fn refusal(bytes: Bytes) -> Self {
        Self {
            kind: Kind::Refusal { bytes },
        }
    }
}

impl<B: MessageBody> GateBody<B> {
    /// A body that is empty has ended already: nobody will ever ask it for a chunk.
    pub(crate) fn inner(body: B, mut guard: Option<BodyGuard>) -> Self {
        if body.size().is_eof() {
            end(&mut guard);
        }
        Self {
            kind: Kind::Inner { body, guard },
        }
    }
}

/// The request has come to its proper end.
fn end(guard: &mut Option<BodyGuard>) {
    if let Some(guard) = guard.take() {
        guard.end();
    }
}

impl<B: MessageBody> MessageBody for GateBody<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        match &self.kind {
            Kind::Refusal { bytes } => bytes.size(),
            Kind::Inner { body, .. } => body.size(),
        }
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        match self.project().kind.project() {
            KindProjection::Refusal { bytes } if bytes.is_empty() => Poll::Ready(None),
            KindProjection::Refusal { bytes } => Poll::Ready(Some(Ok(mem::take(bytes)))),
            KindProjection::Inner { body, guard } => {
                let chunk = {
                    let permit = guard.as_ref().map(BodyGuard::permit);
                    let _span = permit.and_then(PermitHandle::enter_span);
                    ready!(body.poll_next(cx))
                };
                match (&chunk, &mut *guard) {
                    (None, _) => end(guard),
                    (Some(Err(_)), _) => drop(guard.take()),
                    (Some(Ok(chunk)), Some(guard)) if guard.wants_body() => guard.read(chunk),
                    (Some(Ok(_)), _) => {}
                }
                Poll::Ready(chunk)
            }
        }
    }
}
