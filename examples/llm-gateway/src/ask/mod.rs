//! What a request asks for: the body of `POST /v1/chat/completions`, as far as it matters here.
//!
//! The body that goes on to the upstream is written anew from what was read, so that nothing can mean one thing to the
//! gate and another to the upstream (a member that is there twice, for example).

mod estimate;

use std::num::NonZeroU64;

use bytes::Bytes;
use serde_json::{Map, Value, json};
use tollgate::{Cost, Dimension};
use tollgate_tower::Facts;

use crate::refusal::Refusal;

/// The names under which a request bounds its answer; the first is the one that OpenAI wants now.
const LENGTHS: [&str; 2] = ["max_completion_tokens", "max_tokens"];
/// Answers to one request at most, as OpenAI has it.
const MOST_ANSWERS: u64 = 128;

/// A request for a chat completion.
#[derive(Debug)]
pub(crate) struct Ask {
    document: Map<String, Value>,
    model: Box<str>,
    /// Tokens of the prompt, estimated.
    pub(crate) prompt: u64,
    /// How many answers are asked for.
    pub(crate) answers: NonZeroU64,
    /// How many tokens each answer may have, if the request says so.
    pub(crate) length: Option<u64>,
    stream: bool,
    wants_usage: bool,
}

impl Ask {
    /// Reads a body.
    ///
    /// # Errors
    /// A 400 that names the member that is missing or wrong.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Refusal> {
        let document: Map<String, Value> = serde_json::from_slice(body).map_err(|error| {
            Refusal::invalid(format!("The body is not a JSON object: {error}."))
        })?;
        let model = match document.get("model") {
            Some(Value::String(model)) if !model.is_empty() => model.as_str().into(),
            _ => return Err(Refusal::invalid("You must provide a model.").of("model")),
        };
        if !document.get("messages").is_some_and(Value::is_array) {
            return Err(Refusal::invalid("messages must be an array.").of("messages"));
        }
        let answers = number(&document, "n", MOST_ANSWERS)?.unwrap_or(NonZeroU64::MIN);
        let mut length = None;
        for name in LENGTHS {
            let named = number(&document, name, u64::MAX)?.map(NonZeroU64::get);
            length = length.max(named);
        }
        let wants_usage = match document.get("stream_options") {
            None | Some(Value::Null) => false,
            Some(Value::Object(options)) => flag(options, "include_usage", "stream_options")?,
            Some(_) => {
                return Err(
                    Refusal::invalid("stream_options must be an object.").of("stream_options")
                );
            }
        };
        Ok(Self {
            prompt: estimate::tokens(&document),
            model,
            answers,
            length,
            stream: flag(&document, "stream", "stream")?,
            wants_usage,
            document,
        })
    }

    /// The model that is asked.
    pub(crate) fn model(&self) -> &str {
        &self.model
    }

    /// What the gate is to know: the model, and the cost if every answer is as long as it may be; `unbounded` is
    /// reserved for an answer that may be of any length.
    pub(crate) fn facts(&self, unbounded: u64) -> Facts {
        let each = self.length.unwrap_or(unbounded);
        let output = each.saturating_mul(self.answers.get());
        let mut cost = Cost::tokens(self.prompt.saturating_add(output));
        for (name, amount) in [("input_tokens", self.prompt), ("output_tokens", output)] {
            if let Ok(dimension) = name.parse::<Dimension>() {
                cost = cost.and(dimension, amount);
            }
        }
        Facts::new().model(&*self.model).cost(cost)
    }

    /// Lets no answer have more than so many tokens.
    pub(crate) fn shorten(&mut self, most: u64) {
        let length = self.length.map_or(most, |length| length.min(most));
        self.length = Some(length);
        let named = LENGTHS
            .iter()
            .filter(|name| self.document.get(**name).is_some_and(Value::is_u64));
        let mut named: Vec<_> = named.copied().collect();
        if named.is_empty() {
            named.extend(LENGTHS.first().copied());
        }
        for name in named {
            self.document.insert(name.to_owned(), json!(length));
        }
    }

    /// Whether the answer tells a usage that the client has not asked for: a stream does only when asked, and the
    /// gateway always asks.
    pub(crate) fn hides_usage(&self) -> bool {
        self.stream && !self.wants_usage
    }

    /// The body for the upstream.
    pub(crate) fn into_body(mut self) -> Bytes {
        if self.hides_usage() {
            let options = self.document.entry("stream_options");
            let options = options.or_insert_with(|| json!({}));
            if options.is_null() {
                *options = json!({});
            }
            if let Some(options) = options.as_object_mut() {
                options.insert("include_usage".to_owned(), json!(true));
            }
        }
        Value::Object(self.document).to_string().into()
    }
}

/// A whole number from 1 to `most`, if it is there.
fn number(
    document: &Map<String, Value>,
    name: &'static str,
    most: u64,
) -> Result<Option<NonZeroU64>, Refusal> {
    match document.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let number = value
                .as_u64()
                .filter(|&number| number <= most)
                .and_then(NonZeroU64::new);
            let refusal = || {
                Refusal::invalid(format!("{name} must be a whole number from 1 to {most}."))
                    .of(name)
            };
            number.map(Some).ok_or_else(refusal)
        }
    }
}

fn flag(object: &Map<String, Value>, name: &str, param: &'static str) -> Result<bool, Refusal> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(Refusal::invalid(format!("{name} must be true or false.")).of(param)),
    }
}

#[cfg(test)]
mod tests;
