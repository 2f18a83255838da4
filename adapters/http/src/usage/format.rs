//! Whose way of telling usage a response follows.

/// Whose way of telling usage the responses of a service follow.
///
/// In each format bodies of `application/json` (or any `+json`) and of `text/event-stream` are read; all others,
/// and those with a `Content-Encoding`, tell nothing. So do usages in which a number is negative, a fraction or
/// above 2⁵³ − 1, and those in which all numbers are 0, as some servers send them ahead of the true one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UsageFormat {
    /// As [OpenAI](https://platform.openai.com/docs/api-reference) tells it, and everybody compatible with it.
    ///
    /// The member `usage` at the top of a JSON body or of an event's data, or in its member `response` (the
    /// Responses API). It holds `prompt_tokens`, `completion_tokens` and `total_tokens`, or `input_tokens`,
    /// `output_tokens` and `total_tokens`; the prompt's tokens include those from the cache. Either of the last two
    /// numbers may be missing, as it is for embeddings.
    ///
    /// In a stream the last usage that is not null counts. Chat completions tell one only if the request says
    /// `"stream_options": {"include_usage": true}`. A server that tells it with every chunk is understood, and
    /// then known is, when a stream breaks off, what was used until then.
    OpenAi,
    /// As [Anthropic](https://docs.anthropic.com/en/api/messages) tells it.
    ///
    /// In a JSON body the member `usage` at its top; in a stream `message.usage` of the event `message_start` and
    /// `usage` of `message_delta`, whose numbers are cumulative: of each number the last one counts. Nothing is known
    /// before the first `message_delta`, for the number of output tokens that `message_start` tells is a
    /// placeholder.
    ///
    /// Anthropic's `input_tokens` exclude what was written to or read from the prompt cache
    /// (`cache_creation_input_tokens`, `cache_read_input_tokens`); [`TokenUsage::input`](super::TokenUsage::input) is
    /// the sum of the three.
    Anthropic,
}

impl UsageFormat {
    /// The member at the top of an event's data that holds a `usage` of its own.
    pub(super) const fn parent(self) -> &'static str {
        match self {
            Self::OpenAi => "response",
            Self::Anthropic => "message",
        }
    }
}
