//! The body of a response from behind the gate: the request ends when it does.

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tollgate_http::{BodyGuard, PermitHandle};

pin_project! {
    /// The body of a response from behind the gate: the inner service's, or that of a refusal.
    ///
    /// An admitted request ends, and frees its concurrency slots, when its body has ended, has
    /// failed, or is dropped. Frames, trailers, size and end are the inner body's own.
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
        Inner { #[pin] body: B, guard: Option<BodyGuard>, left: Option<u64> },
    }
}

impl<B> GateBody<B> {
    pub(crate) fn refusal(bytes: Bytes) -> Self {
        Self {
            kind: Kind::Refusal { bytes },
        }
    }

    /// The body of a request that nobody was charged for.
    #[inline]
    pub(crate) fn open(body: B) -> Self {
        let (guard, left) = (None, None);
        Self {
            kind: Kind::Inner { body, guard, left },
        }
    }

    /// The body of an admitted request, of which the client will get `length` bytes where that is known: a server
    /// asks for no frame after them, nor for any if there are none, and the request has come to its end.
    #[inline]
    pub(crate) fn guarded(body: B, guard: BodyGuard, length: Option<u64>) -> Self
    where
        B: Body,
    {
        let mut guard = Some(guard);
        if length == Some(0) || body.is_end_stream() {
            end(&mut guard);
        }
        Self {
            kind: Kind::Inner {
                body,
                guard,
                left: length,
            },
        }
    }
}

/// The frame, once the guard has seen its data.
///
/// Data in several parts are joined, as they are when they are written to the client.
fn shown<D: Buf + From<Bytes>>(frame: Frame<D>, guard: &mut BodyGuard) -> Frame<D> {
    frame.map_data(|mut data| {
        let bytes = data.copy_to_bytes(data.remaining());
        guard.read(&bytes);
        bytes.into()
    })
}

/// The request has come to its proper end.
fn end(guard: &mut Option<BodyGuard>) {
    if let Some(guard) = guard.take() {
        guard.end();
    }
}

/// Whether `frame` is the last that a server asks for: trailers, or the last of the bytes that are `left`, if that is
/// known.
fn is_last<D: Buf>(frame: &Frame<D>, left: &mut Option<u64>) -> bool {
    if frame.is_trailers() {
        return true;
    }
    let (Some(data), Some(left)) = (frame.data_ref(), left) else {
        return false;
    };
    *left = left.saturating_sub(u64::try_from(data.remaining()).unwrap_or(u64::MAX));
    *left == 0
}

/// An empty body, as some layers need to make.
impl<B> Default for GateBody<B> {
    fn default() -> Self {
        Self::refusal(Bytes::new())
    }
}

impl<B> Body for GateBody<B>
where
    B: Body,
    B::Data: From<Bytes>,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        match self.project().kind.project() {
            KindProjection::Refusal { bytes } if bytes.is_empty() => Poll::Ready(None),
            KindProjection::Refusal { bytes } => {
                Poll::Ready(Some(Ok(Frame::data(mem::take(bytes).into()))))
            }
            KindProjection::Inner {
                mut body,
                guard,
                left,
            } => {
                let frame = {
                    let permit = guard.as_ref().map(BodyGuard::permit);
                    let _span = permit.and_then(PermitHandle::enter_span);
                    ready!(body.as_mut().poll_frame(cx))
                };
                let frame = match (frame, &mut *guard) {
                    (Some(Ok(frame)), Some(guard)) if guard.wants_body() => {
                        Some(Ok(shown(frame, guard)))
                    }
                    (frame, _) => frame,
                };
                match &frame {
                    Some(Err(_)) => drop(guard.take()),
                    None => end(guard),
                    Some(Ok(frame)) => {
                        if is_last(frame, left) || body.is_end_stream() {
                            end(guard);
                        }
                    }
                }
                Poll::Ready(frame)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Refusal { bytes } => bytes.is_empty(),
            Kind::Inner { body, .. } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Refusal { bytes } => {
                SizeHint::with_exact(u64::try_from(bytes.len()).unwrap_or(u64::MAX))
            }
            Kind::Inner { body, .. } => body.size_hint(),
        }
    }
}
