//! What the suite's handlers answer with, for adapters to turn into their framework's responses.

use std::any::Any;
use std::fmt;
use std::task::{Context, Poll};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// A handler's answer, made of plain values.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: AnswerBody,
}

/// The body of an answer; each kind stands for what handlers of a framework usually answer with.
#[derive(Debug)]
pub enum AnswerBody {
    /// A body that is known to be empty.
    Empty,
    /// A body that is all there, and whose size is known.
    Whole(Vec<u8>),
    /// A body that comes bit by bit.
    Stream {
        /// Where the bits come from.
        chunks: Chunks,
        /// What the handler announces as `Content-Length`; `None` if it doesn't know.
        length: Option<u64>,
    },
}

impl Answer {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::of(AnswerBody::Whole(text.into().into_bytes()))
    }

    pub(super) fn empty() -> Self {
        Self::of(AnswerBody::Empty)
    }

    pub(super) fn stream(chunks: Chunks) -> Self {
        Self::of(AnswerBody::Stream {
            chunks,
            length: None,
        })
    }

    pub(super) fn announced(length: u64, chunks: Chunks) -> Self {
        Self::of(AnswerBody::Stream {
            chunks,
            length: Some(length),
        })
    }

    fn of(body: AnswerBody) -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body,
        }
    }

    pub(super) fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A handler that failed: adapters return it as their framework's error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the handler failed, as it was asked to")]
pub struct Failure;

/// A body that failed before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the body broke, as it was asked to")]
pub struct Broken;

/// The chunks of a body, which the suite sends when it sees fit.
pub struct Chunks {
    source: UnboundedReceiver<Result<Vec<u8>, Broken>>,
    /// Called whenever somebody asks for the next chunk.
    watch: Option<Box<dyn FnMut() + Send + Sync>>,
    /// Dropped with the body.
    luggage: Option<Box<dyn Any + Send + Sync>>,
}

impl Chunks {
    /// The next chunk; `None` at the end.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Vec<u8>, Broken>>> {
        if let Some(watch) = &mut self.watch {
            watch();
        }
        self.source.poll_recv(cx)
    }

    /// Calls `watch` whenever somebody asks for the next chunk.
    pub(super) fn watched(mut self, watch: impl FnMut() + Send + Sync + 'static) -> Self {
        self.watch = Some(Box::new(watch));
        self
    }

    /// Carries something that is dropped when the body is.
    pub(super) fn carrying(mut self, luggage: impl Any + Send + Sync) -> Self {
        self.luggage = Some(Box::new(luggage));
        self
    }

    /// A body of these chunks.
    pub(super) fn of(chunks: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Self {
        let (tap, stream) = stream();
        for chunk in chunks {
            tap.send(chunk);
        }
        stream
    }
}

impl fmt::Debug for Chunks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chunks")
    }
}

/// The suite's end of a body: dropping it ends the body.
#[derive(Debug, Clone)]
pub(super) struct Tap(UnboundedSender<Result<Vec<u8>, Broken>>);

impl Tap {
    pub(super) fn send(&self, chunk: impl AsRef<[u8]>) {
        // An error says that the body is gone, as it is when the client is.
        let _sent = self.0.send(Ok(chunk.as_ref().to_vec()));
    }

    pub(super) fn fail(&self) {
        self.0.send(Err(Broken)).expect("the body is still there");
    }

    pub(super) fn is_gone(&self) -> bool {
        self.0.is_closed()
    }

    /// Waits until the body is dropped.
    pub(super) async fn gone(&self) {
        self.0.closed().await;
    }
}

/// A body, and the end of it that the suite holds.
pub(super) fn stream() -> (Tap, Chunks) {
    let (tap, source) = unbounded_channel();
    let chunks = Chunks {
        source,
        watch: None,
        luggage: None,
    };
    (Tap(tap), chunks)
}
