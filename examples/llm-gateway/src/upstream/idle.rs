//! A body that may not be silent for too long.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep};

pin_project! {
    /// The inner body, which fails when it is asked and for too long has nothing to give.
    ///
    /// A client that reads slowly is no reason to fail: what the upstream has sent meanwhile comes first.
    pub(super) struct Idle<B> {
        #[pin]
        body: B,
        #[pin]
        patience: Sleep,
        limit: Duration,
    }
}

impl<B> Idle<B> {
    pub(super) fn new(body: B, limit: Duration) -> Self {
        Self {
            body,
            patience: sleep(limit),
            limit,
        }
    }
}

/// Why a body ended too early.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken<E> {
    #[error("the upstream's answer broke off")]
    Inner(#[source] E),
    #[error("the upstream was silent for {0:?}")]
    Silent(Duration),
}

impl<B: Body<Data = Bytes>> Body for Idle<B> {
    type Data = Bytes;
    type Error = Broken<B::Error>;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.project();
        if let Poll::Ready(frame) = this.body.poll_frame(cx) {
            this.patience.reset(Instant::now() + *this.limit);
            return Poll::Ready(frame.map(|frame| frame.map_err(Broken::Inner)));
        }
        match this.patience.poll(cx) {
            Poll::Ready(()) => Poll::Ready(Some(Err(Broken::Silent(*this.limit)))),
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
