//! How many tokens a prompt has, about: a token for every four bytes of its text.
//!
//! It is English's average with OpenAI's tokenizers, and needs no vocabulary of some megabytes for each of them. It only
//! has to be good enough to reserve by: the true usage settles it.

use serde_json::{Map, Value};

/// Bytes of text that make a token.
const BYTES: usize = 4;
/// Tokens around each message: its role and its marks.
const AROUND: u64 = 4;
/// Tokens of an image or a sound that is in the prompt as a `data:` URL; of its bytes nothing can be told.
const MEDIUM: u64 = 1_000;

/// Where a request has text that the model reads.
const READ: [&str; 4] = ["messages", "tools", "functions", "response_format"];

/// Tokens of the prompt.
pub(super) fn tokens(document: &Map<String, Value>) -> u64 {
    let mut text = Text::default();
    for name in READ {
        if let Some(value) = document.get(name) {
            text.read(value);
        }
    }
    let messages = document
        .get("messages")
        .and_then(Value::as_array)
        .map_or(0, Vec::len);
    let around = AROUND.saturating_mul(size(messages));
    let media = MEDIUM.saturating_mul(text.media);
    size(text.bytes.div_ceil(BYTES))
        .saturating_add(around)
        .saturating_add(media)
}

#[derive(Default)]
struct Text {
    bytes: usize,
    media: u64,
}

impl Text {
    fn read(&mut self, value: &Value) {
        match value {
            Value::String(text) if text.starts_with("data:") => {
                self.media = self.media.saturating_add(1);
            }
            Value::String(text) => self.bytes = self.bytes.saturating_add(text.len()),
            Value::Array(values) => values.iter().for_each(|value| self.read(value)),
            Value::Object(members) => {
                for (name, value) in members {
                    self.bytes = self.bytes.saturating_add(name.len());
                    self.read(value);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

fn size(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}
