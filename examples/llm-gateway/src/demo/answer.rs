//! What the fake model says, and how many tokens that truly takes. The same question gets the same answer.

use serde::Deserialize;
use serde_json::{Value, json};

/// A request, as the upstream gets it.
#[derive(Debug, Deserialize)]
pub(super) struct Question {
    pub(super) model: String,
    messages: Vec<Message>,
    max_completion_tokens: Option<u64>,
    max_tokens: Option<u64>,
    n: Option<u64>,
    #[serde(default)]
    pub(super) stream: bool,
    stream_options: Option<StreamOptions>,
}

#[derive(Debug, Deserialize)]
struct Message {
    #[serde(default)]
    content: Value,
}

#[derive(Debug, Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

/// What the model says: a token is a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) model: String,
    /// How many words it has.
    length: u64,
    /// How many times it is said.
    pub(super) choices: u64,
    prompt_tokens: u64,
    /// Whether it would have been longer.
    cut: bool,
}

const SPEECH: [&str; 12] = [
    "A", "toll", "is", "paid", "before", "the", "gate", "opens", "for", "whoever", "comes", "along",
];

/// Words of the slow model's answer: more than anybody waits for.
const ENDLESS: u64 = 1_000_000;

impl Question {
    pub(super) fn tells_usage(&self) -> bool {
        self.stream_options
            .as_ref()
            .is_some_and(|options| options.include_usage)
    }

    pub(super) fn answer(&self) -> Answer {
        let words: u64 = self.messages.iter().map(Message::words).sum();
        let messages = u64::try_from(self.messages.len()).unwrap_or(u64::MAX);
        let wanted = match self.model.as_str() {
            "demo-slow" => ENDLESS,
            "demo-large" => words.saturating_mul(7) % 101 + 40,
            _ => words.saturating_mul(7) % 23 + 5,
        };
        let most = self
            .max_completion_tokens
            .or(self.max_tokens)
            .unwrap_or(u64::MAX);
        Answer {
            model: self.model.clone(),
            length: wanted.min(most),
            choices: self.n.unwrap_or(1),
            prompt_tokens: words + 3 * messages + 1,
            cut: wanted > most,
        }
    }
}

impl Message {
    fn words(&self) -> u64 {
        let words = self
            .content
            .as_str()
            .map_or(0, |text| text.split_whitespace().count());
        u64::try_from(words).unwrap_or(u64::MAX)
    }
}

impl Answer {
    /// The word at this place, with the gap before it; `None` when all is said.
    pub(super) fn word(&self, at: u64) -> Option<String> {
        let place = usize::try_from(at)
            .unwrap_or(usize::MAX)
            .checked_rem(SPEECH.len())?;
        let word = SPEECH.get(place).filter(|_| at < self.length)?;
        Some(if at == 0 {
            (*word).to_owned()
        } else {
            format!(" {word}")
        })
    }

    /// Tokens of the prompt and of all that is said.
    pub(super) fn usage(&self) -> (u64, u64) {
        (self.prompt_tokens, self.length.saturating_mul(self.choices))
    }

    pub(super) fn finish_reason(&self) -> &'static str {
        if self.cut { "length" } else { "stop" }
    }

    /// The usage as OpenAI tells it.
    pub(super) fn usage_json(&self) -> Value {
        let (prompt, completion) = self.usage();
        json!({
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
            "prompt_tokens_details": {"cached_tokens": 0},
        })
    }

    /// The whole answer at once.
    pub(super) fn completion(&self) -> Value {
        let content: String = (0..).map_while(|at| self.word(at)).collect();
        let choice = |index| {
            json!({
                "index": index,
                "message": {"role": "assistant", "content": content, "refusal": null},
                "logprobs": null,
                "finish_reason": self.finish_reason(),
            })
        };
        json!({
            "id": "chatcmpl-demo",
            "object": "chat.completion",
            "created": 1_764_000_000,
            "model": self.model,
            "choices": (0..self.choices).map(choice).collect::<Vec<_>>(),
            "usage": self.usage_json(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(more: &Value) -> Answer {
        let mut body = json!({"model": "demo-small", "messages": [{"role": "user", "content": "one two  three"}]});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        serde_json::from_value::<Question>(body).unwrap().answer()
    }

    #[test]
    fn a_token_is_a_word_and_a_message_takes_three_more() {
        assert_eq!(answer(&json!({})).usage(), (7, 26));
        assert_eq!(answer(&json!({"n": 2, "max_tokens": 4})).usage(), (7, 8));
        let cut = answer(&json!({"max_completion_tokens": 4})).completion();
        assert_eq!(cut["choices"][0]["message"]["content"], "A toll is paid");
        assert_eq!(cut["choices"][0]["finish_reason"], "length");
        assert_eq!(cut["usage"]["total_tokens"], 11);
    }
}
