//! Which headers pass through the gateway. Lists of those that do, so that a new one does not until somebody looked at it.

use axum::http::HeaderMap;

/// Of a request. Not among them: `Authorization` and `OpenAI-Organization`, which would be the client's word about the
/// gateway's account; `Accept-Encoding`, since a compressed answer's usage can't be read; all that is of one hop.
const OF_REQUESTS: [&str; 6] = [
    "accept",
    "idempotency-key",
    "traceparent",
    "tracestate",
    "user-agent",
    "x-client-request-id",
];

/// Of an answer. Not among them: `x-ratelimit-*`, which are the levels of the gateway's account; `Set-Cookie`; all that
/// is of one hop.
const OF_ANSWERS: [&str; 8] = [
    "cache-control",
    "content-length",
    "content-type",
    "openai-processing-ms",
    "openai-version",
    "retry-after",
    "retry-after-ms",
    "x-request-id",
];

pub(super) fn of_request(headers: &HeaderMap) -> HeaderMap {
    only(headers, &OF_REQUESTS)
}

pub(super) fn of_answer(headers: &HeaderMap) -> HeaderMap {
    only(headers, &OF_ANSWERS)
}

fn only(headers: &HeaderMap, names: &[&str]) -> HeaderMap {
    let passes = |name: &str| names.contains(&name);
    let passing = headers.iter().filter(|(name, _)| passes(name.as_str()));
    passing
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
