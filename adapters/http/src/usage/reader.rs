//! Reads a response's body as it passes by, for the usage that it tells.

use super::event_stream::{EventStream, Piece};
use super::figures::Known;
use super::format::UsageFormat;
use super::scanner::Scanner;
use super::tokens::TokenUsage;

/// Reads the usage out of one body, whose bytes are given to it in pieces of any size.
///
/// Sans-I/O: it awaits nothing and copies nothing but a usage under way, so that it holds a few KB whatever the
/// body is.
#[derive(Debug)]
pub(crate) struct UsageReader {
    format: UsageFormat,
    /// There if the body is a stream of events; each one's data is a document.
    events: Option<EventStream>,
    scanner: Scanner,
    known: Known,
}

impl UsageReader {
    /// A reader for a body of this media type; `None` if it is of another kind than JSON and event streams, or
    /// compressed.
    pub(crate) fn new(
        format: UsageFormat,
        content_type: &[u8],
        content_encoding: Option<&[u8]>,
    ) -> Option<Self> {
        let encoded = content_encoding.is_some_and(|encoding| {
            let encoding = encoding.trim_ascii();
            !encoding.is_empty() && !encoding.eq_ignore_ascii_case(b"identity")
        });
        let events = match Kind::of(content_type)? {
            _ if encoded => return None,
            Kind::Json => None,
            Kind::Events => Some(EventStream::new()),
        };
        Some(Self {
            format,
            events,
            scanner: Scanner::new(format.parent()),
            known: Known::default(),
        })
    }

    /// Reads the next piece of the body.
    pub(crate) fn read(&mut self, data: &[u8]) {
        let Self {
            format,
            events,
            scanner,
            known,
        } = self;
        let scan = |scanner: &mut Scanner, known: &mut Known, data: &[u8]| {
            scanner.read(data, &mut |place, value| known.found(*format, place, value));
        };
        let Some(events) = events else {
            return scan(scanner, known, data);
        };
        events.read(data, &mut |piece| match piece {
            Piece::Data(data) => scan(scanner, known, data),
            Piece::End => {
                known.end(*format);
                scanner.reset();
            }
        });
    }

    /// What is known so far that is good enough to settle at, even if the body breaks off right now.
    pub(crate) fn usage(&self) -> Option<TokenUsage> {
        self.known.usage(self.format)
    }
}

/// What a body is.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Json,
    Events,
}

impl Kind {
    /// By media type (RFC 9110 §8.3.1), whatever its parameters; `+json` is RFC 6839's.
    fn of(content_type: &[u8]) -> Option<Self> {
        let essence = content_type
            .split(|&byte| byte == b';')
            .next()?
            .trim_ascii();
        let essence = essence.to_ascii_lowercase();
        match &*essence {
            b"text/event-stream" => Some(Self::Events),
            b"application/json" => Some(Self::Json),
            other => other.ends_with(b"+json").then_some(Self::Json),
        }
    }
}

#[cfg(test)]
mod tests;
