//! The fake model's answer as a stream: a chunk for each word, as OpenAI sends it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame};
use serde_json::{Value, json};
use tokio::time::{Sleep, sleep};

use super::answer::Answer;
use super::books::Books;

/// Between two words of the slow model, and of the one that fails midway: what it has said must be on its way by then.
const PAUSE: Duration = Duration::from_millis(50);

/// A body of server-sent events. It writes its usage down when it was sent whole, and if not, that it broke off.
pub(super) struct Stream {
    answer: Answer,
    tells_usage: bool,
    /// The next chunk.
    next: Chunk,
    fails: bool,
    pause: Option<Pin<Box<Sleep>>>,
    books: Arc<Books>,
}

/// What is sent next.
#[derive(Debug, Clone, Copy)]
enum Chunk {
    Role,
    Word(u64),
    Stop,
    Usage,
    Done,
    Nothing,
}

/// The upstream broke off, as it was asked to.
#[derive(Debug, thiserror::Error)]
#[error("broken off")]
pub(super) struct BrokenOff;

impl Stream {
    pub(super) fn new(answer: Answer, tells_usage: bool, books: Arc<Books>) -> Self {
        Self {
            fails: answer.model == "fail-midway",
            pause: None,
            next: Chunk::Role,
            answer,
            tells_usage,
            books,
        }
    }

    /// The data of the next chunk, and what follows.
    fn take(&mut self) -> (Option<Value>, Chunk) {
        match self.next {
            Chunk::Role => (
                Some(self.deltas(&json!({"role": "assistant", "content": ""}), None)),
                Chunk::Word(0),
            ),
            Chunk::Word(at) => match self.answer.word(at) {
                Some(word) => {
                    let delta = json!({"content": word});
                    (Some(self.deltas(&delta, None)), Chunk::Word(at + 1))
                }
                None => (
                    Some(self.deltas(&json!({}), Some(self.answer.finish_reason()))),
                    Chunk::Stop,
                ),
            },
            Chunk::Stop if self.tells_usage => {
                let usage = self.answer.usage_json();
                (Some(self.chunk(&json!([]), &usage)), Chunk::Usage)
            }
            Chunk::Stop | Chunk::Usage => (None, Chunk::Done),
            Chunk::Done | Chunk::Nothing => (None, Chunk::Nothing),
        }
    }

    /// The same delta for each choice.
    fn deltas(&self, delta: &Value, finish_reason: Option<&str>) -> Value {
        let choice = |index| json!({"index": index, "delta": delta, "logprobs": null, "finish_reason": finish_reason});
        let choices = (0..self.answer.choices).map(choice).collect();
        self.chunk(&choices, &Value::Null)
    }

    fn chunk(&self, choices: &Value, usage: &Value) -> Value {
        let mut chunk = json!({
            "id": "chatcmpl-demo",
            "object": "chat.completion.chunk",
            "created": 1_764_000_000,
            "model": self.answer.model,
            "choices": choices,
        });
        if self.tells_usage
            && let Some(chunk) = chunk.as_object_mut()
        {
            chunk.insert("usage".to_owned(), usage.clone());
        }
        chunk
    }
}

impl Body for Stream {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        let this = &mut *self;
        if let Some(pause) = &mut this.pause {
            ready!(pause.as_mut().poll(cx));
            this.pause = None;
        }
        let (data, next) = this.take();
        this.next = next;
        let frame = match (data, next) {
            (Some(_), Chunk::Word(4)) if this.fails => return Poll::Ready(Some(Err(BrokenOff))),
            (Some(data), _) => format!("data: {data}\n\n"),
            (None, Chunk::Done) => {
                this.books.served(&this.answer);
                "data: [DONE]\n\n".to_owned()
            }
            (None, _) => return Poll::Ready(None),
        };
        if this.fails || this.answer.model == "demo-slow" {
            this.pause = Some(Box::pin(sleep(PAUSE)));
        }
        Poll::Ready(Some(Ok(Frame::data(frame.into()))))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if !matches!(self.next, Chunk::Done | Chunk::Nothing) {
            self.books.upstream.broken_off.add(1);
        }
    }
}

impl Books {
    /// Writes down an answer that is sent whole.
    pub(super) fn served(&self, answer: &Answer) {
        let (prompt, completion) = answer.usage();
        self.upstream.prompt_tokens.add(prompt);
        self.upstream.completion_tokens.add(completion);
    }
}
