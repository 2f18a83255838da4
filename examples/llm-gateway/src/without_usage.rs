//! Leaves out of a stream the usage that the client has not asked for.
//!
//! The gateway asks the upstream for the usage of every stream. OpenAI sends it as a last chunk without choices, which
//! clients that did not ask for it may not expect (`chunk.choices[0]`). So that chunk is left out on the way to them, after
//! the gate has read it. All other events pass as they came, each once it is whole.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body::{Body as HttpBody, Frame};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The longest event that is held until it is whole; a longer one passes as it comes.
const MOST_HELD: usize = 256 << 10;

/// A body of server-sent events, without the chunk that only tells the usage.
#[derive(Debug)]
pub(crate) struct WithoutUsage {
    body: Body,
    filter: Filter,
    ended: bool,
}

impl WithoutUsage {
    pub(crate) fn new(body: Body) -> Self {
        Self {
            body,
            filter: Filter::default(),
            ended: false,
        }
    }
}

impl HttpBody for WithoutUsage {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        while !this.ended {
            let passed = match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => this.filter.read(&data),
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => {
                    this.ended = true;
                    this.filter.end()
                }
            };
            if !passed.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(passed))));
            }
        }
        Poll::Ready(None)
    }
}

/// Sans-I/O: bytes of a stream in, the bytes that pass out.
#[derive(Debug, Default)]
struct Filter {
    /// Of the event under way.
    held: BytesMut,
    /// Whether the event under way is too long to be held.
    passing: bool,
}

impl Filter {
    /// What passes now that `data` has come.
    fn read(&mut self, data: &[u8]) -> Bytes {
        self.held.extend_from_slice(data);
        let mut passed = BytesMut::new();
        while let Some(end) = event_end(&self.held) {
            let event = self.held.split_to(end);
            if std::mem::take(&mut self.passing) || !tells_only_usage(&event) {
                passed.unsplit(event);
            }
        }
        if self.held.len() > MOST_HELD {
            self.passing = true;
            // Some bytes stay, so that the end of the event is still seen whole.
            let sent = self
                .held
                .split_to(self.held.len().saturating_sub(LONGEST_END));
            passed.unsplit(sent);
        }
        passed.freeze()
    }

    /// What is left when the stream has ended.
    fn end(&mut self) -> Bytes {
        std::mem::take(&mut self.held).freeze()
    }
}

/// Bytes of the longest end of an event.
const LONGEST_END: usize = 4;

/// How long the first event is, if it is whole: up to and with its blank line.
fn event_end(held: &[u8]) -> Option<usize> {
    let ends: [&[u8]; 3] = [b"\n\n", b"\r\n\r\n", b"\r\r"];
    (0..held.len()).find_map(|at| {
        let rest = held.get(at..)?;
        let end = ends.iter().find(|end| rest.starts_with(end))?;
        Some(at.saturating_add(end.len()))
    })
}

/// What a chunk may have.
#[derive(Deserialize)]
struct Chunk {
    choices: Vec<IgnoredAny>,
    usage: Option<IgnoredAny>,
}

/// Whether this event is a chunk without choices that tells a usage.
fn tells_only_usage(event: &[u8]) -> bool {
    let mut lines = event.split(|byte| matches!(byte, b'\n' | b'\r'));
    let data = lines.find_map(|line| line.strip_prefix(b"data:"));
    let chunk = data.and_then(|data| serde_json::from_slice::<Chunk>(data).ok());
    chunk.is_some_and(|chunk| chunk.choices.is_empty() && chunk.usage.is_some())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"é\"}}],\"usage\":null}\n\n";
    const USAGE: &str = "data: {\"choices\":[],\"usage\":{\"total_tokens\":3}}\n\n";
    const OTHERS: &str = ": comment\n\nevent: x\ndata: {\"choices\":[],\"prompt_filter_results\":[]}\n\ndata: [DONE]\n\n";

    fn filter<'p>(pieces: impl IntoIterator<Item = &'p [u8]>) -> String {
        let mut filter = Filter::default();
        let mut passed = Vec::new();
        for piece in pieces {
            passed.extend_from_slice(&filter.read(piece));
            assert!(filter.held.len() <= MOST_HELD);
        }
        passed.extend_from_slice(&filter.end());
        String::from_utf8(passed).unwrap()
    }

    #[test]
    fn an_event_passes_once_it_is_whole() {
        let mut filter = Filter::default();
        assert_eq!(filter.read(&TEXT.as_bytes()[..20]), "");
        assert_eq!(filter.read(&TEXT.as_bytes()[20..]), TEXT);
        assert_eq!(filter.read(USAGE.as_bytes()), "");
        assert_eq!(filter.read(b"data: [DONE]\n"), "");
        assert_eq!(filter.end(), "data: [DONE]\n");
    }

    #[test]
    fn a_usage_beside_choices_and_one_that_is_too_long_pass() {
        let beside = TEXT.replace("null", "{\"total_tokens\":3}");
        assert_eq!(filter([beside.as_bytes()]), beside);
        let long = USAGE.replace('3', &format!("\"{}\"", "9".repeat(2 * MOST_HELD)));
        assert_eq!(filter(long.as_bytes().chunks(1 << 12)), long);
        let both = long + USAGE + TEXT;
        assert!(filter(both.as_bytes().chunks(1 << 12)).ends_with(TEXT));
        assert_eq!(
            filter(both.as_bytes().chunks(1 << 12)).len(),
            both.len() - USAGE.len()
        );
    }

    proptest! {
        #[test]
        fn only_the_usage_is_missing_however_the_stream_is_cut(
            events in proptest::collection::vec(proptest::sample::select(vec![TEXT, USAGE, OTHERS]), 0..8),
            size in 1_usize..50, end in proptest::sample::select(vec!["\n", "\r\n", "\r"]),
        ) {
            let stream = |events: &[&str]| events.concat().replace('\n', end);
            let kept: Vec<_> = events.iter().copied().filter(|event| *event != USAGE).collect();
            prop_assert_eq!(filter(stream(&events).as_bytes().chunks(size)), stream(&kept));
        }
    }
}
