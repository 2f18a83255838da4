//! The numbers in a usage, and what several usages of one response come to.

use serde_json::{Map, Value};

use super::format::UsageFormat;
use super::scanner::Place;
use super::tokens::TokenUsage;

/// The largest number that counts: 2⁵³ − 1, which every JSON parser can hold.
const MOST: u64 = (1 << 53) - 1;

/// What is known of one response's usage. What comes later counts more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// Of the events that have ended.
    ended: Figures,
    /// Of the document under way, in its two places.
    top: Option<Figures>,
    nested: Option<Figures>,
}

/// The numbers of a usage, as far as it tells them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Figures {
    input: Option<u64>,
    output: Option<u64>,
    total: Option<u64>,
    cached: Option<u64>,
    writes: Option<u64>,
    /// Whether the number of output tokens is more than a placeholder.
    settled: bool,
}

impl Known {
    /// Takes in what was found in the document under way; `None`: what was found there before counts no more.
    pub(super) fn found(&mut self, format: UsageFormat, place: Place, value: Option<&[u8]>) {
        let figures = value.and_then(|value| Figures::read(format, value));
        match place {
            Place::Top => self.top = figures,
            Place::Nested => {
                let placeholder = format == UsageFormat::Anthropic;
                self.nested = figures.map(|figures| Figures {
                    settled: !placeholder,
                    ..figures
                });
            }
        }
    }

    /// Ends the document: another follows.
    pub(super) fn end(&mut self, format: UsageFormat) {
        *self = Self {
            ended: self.figures(format),
            ..Self::default()
        };
    }

    /// What has been used, if that is known.
    pub(super) fn usage(&self, format: UsageFormat) -> Option<TokenUsage> {
        self.figures(format).usage(format)
    }

    fn figures(&self, format: UsageFormat) -> Figures {
        match format {
            UsageFormat::OpenAi => self.top.or(self.nested).unwrap_or(self.ended),
            UsageFormat::Anthropic => [self.nested, self.top]
                .into_iter()
                .flatten()
                .fold(self.ended, Figures::and),
        }
    }
}

impl Figures {
    /// The numbers of this object. `None` if one is no number of tokens, or if it says nothing.
    fn read(format: UsageFormat, object: &[u8]) -> Option<Self> {
        let object: Map<String, Value> = serde_json::from_slice(object).ok()?;
        let figures = match format {
            UsageFormat::OpenAi => Self::of_openai(&object),
            UsageFormat::Anthropic => Self::of_anthropic(&object),
        };
        figures.filter(Figures::says_something)
    }

    fn of_openai(object: &Map<String, Value>) -> Option<Self> {
        let either = |names: [&str; 2]| -> Option<Option<u64>> {
            let [one, other] = names.map(|name| amount(object, name));
            Some(one?.or(other?))
        };
        let details = ["prompt_tokens_details", "input_tokens_details"];
        let mut details = details
            .iter()
            .filter_map(|name| object.get(*name)?.as_object());
        let cached = |details| amount(details, "cached_tokens");
        Some(Self {
            input: either(["prompt_tokens", "input_tokens"])?,
            output: either(["completion_tokens", "output_tokens"])?,
            total: amount(object, "total_tokens")?,
            cached: details.next().map_or(Some(None), cached)?,
            writes: None,
            settled: true,
        })
    }

    fn of_anthropic(object: &Map<String, Value>) -> Option<Self> {
        let output = amount(object, "output_tokens")?;
        Some(Self {
            input: amount(object, "input_tokens")?,
            output,
            total: None,
            cached: amount(object, "cache_read_input_tokens")?,
            writes: amount(object, "cache_creation_input_tokens")?,
            settled: output.is_some(),
        })
    }

    /// Some servers send zeros ahead of the truth: they must not make a stream that breaks off free.
    fn says_something(&self) -> bool {
        let figures = [
            self.input,
            self.output,
            self.total,
            self.cached,
            self.writes,
        ];
        figures.iter().flatten().any(|&figure| figure > 0)
    }

    /// Each number of `later`, and those of `self` that it does not tell.
    fn and(self, later: Self) -> Self {
        Self {
            input: later.input.or(self.input),
            output: later.output.or(self.output),
            total: later.total.or(self.total),
            cached: later.cached.or(self.cached),
            writes: later.writes.or(self.writes),
            settled: later.settled || self.settled,
        }
    }

    fn usage(self, format: UsageFormat) -> Option<TokenUsage> {
        if !self.settled {
            return None;
        }
        let (cached, writes) = (self.cached.unwrap_or(0), self.writes.unwrap_or(0));
        let input = match format {
            UsageFormat::OpenAi => self.input?,
            UsageFormat::Anthropic => self.input?.saturating_add(cached).saturating_add(writes),
        };
        let rest = || self.total?.checked_sub(input);
        Some(TokenUsage {
            input,
            output: self.output.or_else(rest)?,
            cached_input: cached,
            cache_writes: writes,
            told: self.total.unwrap_or(0),
        })
    }
}

/// The number of tokens that a member tells: `Some(None)` if it is missing or null, `None` if it is nothing of the kind.
#[expect(
    clippy::option_option,
    reason = "not told, and told wrongly, are two things"
)]
fn amount(object: &Map<String, Value>, name: &str) -> Option<Option<u64>> {
    match object.get(name) {
        None | Some(Value::Null) => Some(None),
        Some(value) => value.as_u64().filter(|&amount| amount <= MOST).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn openai(object: &str) -> Option<TokenUsage> {
        Figures::read(UsageFormat::OpenAi, object.as_bytes())?.usage(UsageFormat::OpenAi)
    }

    #[test]
    fn both_of_openai_s_ways_to_name_them_are_understood() {
        let chat = r#"{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29,
            "prompt_tokens_details":{"cached_tokens":8,"audio_tokens":0},
            "completion_tokens_details":{"reasoning_tokens":4,"audio_tokens":0}}"#;
        let responses = r#"{"input_tokens":19,"input_tokens_details":{"cached_tokens":8},
            "output_tokens":10,"output_tokens_details":{"reasoning_tokens":4},"total_tokens":29}"#;
        let usage = TokenUsage {
            cached_input: 8,
            told: 29,
            ..TokenUsage::new(19, 10)
        };
        assert_eq!([openai(chat), openai(responses)], [Some(usage); 2]);
    }

    #[test]
    fn an_embedding_has_no_output_and_its_total_says_so() {
        let usage = openai(r#"{"prompt_tokens":8,"total_tokens":8}"#).unwrap();
        assert_eq!((usage.input, usage.output, usage.total()), (8, 0, 8));
        let usage = openai(r#"{"prompt_tokens":8,"completion_tokens":2}"#).unwrap();
        assert_eq!(usage.total(), 10);
    }

    #[test]
    fn what_is_no_number_of_tokens_makes_no_usage_and_never_zero() {
        for bad in [
            "-1",
            "1.5",
            "1e3",
            "9007199254740992",
            "18446744073709551616",
            "\"7\"",
            "true",
            "[7]",
            "{}",
        ] {
            for name in [
                "prompt_tokens",
                "completion_tokens",
                "total_tokens",
                "input_tokens",
            ] {
                let object =
                    format!(r#"{{"prompt_tokens":5,"completion_tokens":6,"{name}":{bad}}}"#);
                assert_eq!(openai(&object), None, "{object}");
            }
            let object = format!(
                r#"{{"input_tokens":5,"output_tokens":6,"cache_read_input_tokens":{bad}}}"#
            );
            assert_eq!(
                Figures::read(UsageFormat::Anthropic, object.as_bytes()),
                None
            );
        }
    }

    #[test]
    fn less_than_input_and_output_is_no_usage() {
        for object in [
            "{}",
            "[]",
            "null",
            r#"{"prompt_tokens":5}"#,
            r#"{"completion_tokens":5}"#,
            r#"{"total_tokens":5}"#,
            r#"{"prompt_tokens":5,"total_tokens":4}"#,
            r#"{"type":"duration","seconds":7}"#,
            r#"{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}"#,
        ] {
            assert_eq!(openai(object), None, "{object}");
        }
    }

    #[test]
    fn of_a_number_that_is_there_twice_the_last_counts() {
        let usage = openai(r#"{"prompt_tokens":5,"completion_tokens":1,"completion_tokens":6}"#);
        assert_eq!(usage.unwrap().output, 6);
    }
}
