use super::*;

/// The usage that is known after each piece of a body.
fn usages<'p>(
    format: UsageFormat,
    content_type: &str,
    pieces: impl IntoIterator<Item = &'p [u8]>,
) -> Vec<Option<TokenUsage>> {
    let mut reader = UsageReader::new(format, content_type.as_bytes(), None).unwrap();
    let after = |piece| {
        reader.read(piece);
        reader.usage()
    };
    pieces.into_iter().map(after).collect()
}

fn last(format: UsageFormat, content_type: &str, body: &[u8]) -> Option<TokenUsage> {
    usages(format, content_type, [body])[0]
}

const JSON: &str = "application/json; charset=utf-8";
const EVENTS: &str = "text/event-stream";

/// A chat completion, as the API's reference shows it.
const CHAT: &str = r#"{
  "id": "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT", "object": "chat.completion", "created": 1741569952,
  "model": "gpt-4.1-2025-04-14",
  "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello! \"usage\": {\"prompt_tokens\": 1}",
    "refusal": null, "annotations": []}, "logprobs": null, "finish_reason": "stop"}],
  "usage": {"prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29,
    "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0,
      "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0}},
  "service_tier": "default"
}"#;

/// Its stream, with `stream_options.include_usage`.
const CHAT_STREAM: &str = r#"data: {"id":"chatcmpl-123","object":"chat.completion.chunk","created":1694268190,"model":"gpt-4o-mini","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-123","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"Hé 😀"},"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-123","object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}

data: {"id":"chatcmpl-123","object":"chat.completion.chunk","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21}}

data: [DONE]

"#;

/// A stream of the Responses API.
const RESPONSES_STREAM: &str = r#"event: response.created
data: {"type":"response.created","response":{"id":"resp_67c9","object":"response","status":"in_progress","output":[],"usage":null}}

event: response.output_text.delta
data: {"type":"response.output_text.delta","item_id":"msg_67c9","output_index":0,"content_index":0,"delta":"Hi"}

event: response.completed
data: {"type":"response.completed","response":{"id":"resp_67c9","object":"response","status":"completed","usage":{"input_tokens":37,"input_tokens_details":{"cached_tokens":0},"output_tokens":11,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":48},"user":null}}

"#;

/// A message, as Anthropic's reference shows it, with a prompt cache.
const MESSAGE: &str = r#"{"content": [{"text": "Hi! My name is Claude.", "type": "text"}],
  "id": "msg_013Zva2CMHLNnXjNJJKqJ2EF", "model": "claude-sonnet-4-20250514", "role": "assistant",
  "stop_reason": "end_turn", "stop_sequence": null, "type": "message",
  "usage": {"cache_creation_input_tokens": 2051, "cache_read_input_tokens": 100, "input_tokens": 2095,
    "output_tokens": 503, "server_tool_use": {"web_search_requests": 0}, "service_tier": "standard"}}"#;

const MESSAGE_STREAM: &str = r#"event: message_start
data: {"type": "message_start", "message": {"id": "msg_1nZdL29xx5MUA1yADyHTEsnR8uuvGzszyY", "type": "message", "role": "assistant", "content": [], "model": "claude-opus-4-20250514", "stop_reason": null, "stop_sequence": null, "usage": {"input_tokens": 25, "cache_creation_input_tokens": 3, "cache_read_input_tokens": 40, "output_tokens": 1}}}

event: content_block_start
data: {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}

event: ping
data: {"type": "ping"}

event: content_block_delta
data: {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}}

event: message_delta
data: {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence":null}, "usage": {"output_tokens": 15}}

event: message_stop
data: {"type": "message_stop"}

"#;

fn told(input: u64, output: u64) -> TokenUsage {
    TokenUsage {
        told: input + output,
        ..TokenUsage::new(input, output)
    }
}

fn bodies() -> [(UsageFormat, &'static str, &'static str, TokenUsage); 5] {
    let cached = |usage, cached_input, cache_writes| TokenUsage {
        cached_input,
        cache_writes,
        ..usage
    };
    [
        (UsageFormat::OpenAi, JSON, CHAT, cached(told(19, 10), 4, 0)),
        (UsageFormat::OpenAi, EVENTS, CHAT_STREAM, told(9, 12)),
        (UsageFormat::OpenAi, EVENTS, RESPONSES_STREAM, told(37, 11)),
        (
            UsageFormat::Anthropic,
            JSON,
            MESSAGE,
            cached(TokenUsage::new(4246, 503), 100, 2051),
        ),
        (
            UsageFormat::Anthropic,
            EVENTS,
            MESSAGE_STREAM,
            cached(TokenUsage::new(68, 15), 40, 3),
        ),
    ]
}

#[test]
fn the_bodies_of_both_providers_tell_what_was_used() {
    for (format, content_type, body, usage) in bodies() {
        assert_eq!(last(format, content_type, body.as_bytes()), Some(usage));
        // As the standard allows, with other ends of lines.
        for end in ["\r\n", "\r"] {
            let body = body.replace('\n', end);
            assert_eq!(last(format, content_type, body.as_bytes()), Some(usage));
        }
    }
}

#[test]
fn it_is_the_same_wherever_a_body_is_cut_into_three() {
    for (format, content_type, body, usage) in bodies() {
        let bytes = body.as_bytes();
        for first in 0..=bytes.len() {
            // Every pair of cuts up to 12 bytes apart, and every single cut.
            for second in (first..=bytes.len()).take(13) {
                let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                assert_eq!(usages(format, content_type, pieces)[2], Some(usage));
            }
        }
    }
}

#[test]
fn a_small_stream_is_the_same_in_every_chunking_of_two_cuts() {
    let stream = "data: {\"a\":\"\\\"é😀\",\ndata:\"us\\u0061ge\":{\"prompt_tokens\":2,\"completion_tokens\":3}}\r\n\r\ndata: [DONE]\n\n";
    let bytes = stream.as_bytes();
    for first in 0..=bytes.len() {
        for second in first..=bytes.len() {
            let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]];
            let usage = usages(UsageFormat::OpenAi, EVENTS, pieces)[2];
            assert_eq!(usage, Some(TokenUsage::new(2, 3)));
        }
    }
}

#[test]
fn until_the_usage_has_come_nothing_is_known() {
    for (format, content_type, body, usage) in bodies() {
        let known = usages(format, content_type, body.as_bytes().chunks(1));
        let from = known.iter().position(Option::is_some).unwrap();
        assert!(known[from..].iter().all(|known| *known == Some(usage)));
        let member = match format {
            UsageFormat::OpenAi => "_tokens\"",
            UsageFormat::Anthropic => "\"output_tokens\"",
        };
        assert!(from > body.rfind(member).unwrap());
    }
}

#[test]
fn a_server_that_tells_it_with_every_chunk_is_known_until_it_breaks_off() {
    let chunk = |output: u64| {
        format!(
            "data: {{\"usage\":{{\"prompt_tokens\":7,\"completion_tokens\":{output},\"total_tokens\":{}}}}}\n\n",
            output + 7
        )
    };
    let chunks = [
        "data: {\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":0,\"total_tokens\":0}}\n\n"
            .to_owned(),
        chunk(1),
        chunk(2),
        "data: {\"usage\":null}\n\n".to_owned(),
        "data: {\"usage\":{\"prompt_tokens\":7,\"comp".to_owned(),
    ];
    let known = usages(
        UsageFormat::OpenAi,
        EVENTS,
        chunks.iter().map(String::as_bytes),
    );
    let two = Some(told(7, 2));
    assert_eq!(known, [None, Some(told(7, 1)), two, two, two]);
}

#[test]
fn of_anthropic_s_deltas_the_last_counts_number_by_number() {
    let stream = MESSAGE_STREAM.to_owned()
        + "data: {\"usage\":{\"output_tokens\":90,\"input_tokens\":30}}\n\ndata: {\"usage\":{\"output_tokens\":-1}}\n\n";
    let usage = last(UsageFormat::Anthropic, EVENTS, stream.as_bytes()).unwrap();
    assert_eq!((usage.input, usage.output, usage.total()), (73, 90, 163));
}

#[test]
fn a_message_that_has_only_started_tells_nothing() {
    let started = MESSAGE_STREAM.split("event: message_delta").next().unwrap();
    assert_eq!(
        last(UsageFormat::Anthropic, EVENTS, started.as_bytes()),
        None
    );
    assert_eq!(last(UsageFormat::OpenAi, EVENTS, started.as_bytes()), None);
}

#[test]
fn errors_and_other_bodies_tell_nothing() {
    for body in [
        r#"{"error":{"message":"The server had an error","type":"server_error","param":null,"code":null}}"#,
        "<html>{\"usage\":",
        "",
        "null",
        "data: [DONE]\n\n",
        "{\"usage\":{\"prompt_tokens\":1}}",
    ] {
        for content_type in [JSON, EVENTS] {
            assert_eq!(
                last(UsageFormat::OpenAi, content_type, body.as_bytes()),
                None,
                "{body}"
            );
        }
    }
}

#[test]
fn only_plain_json_and_event_streams_are_read() {
    let reads = |content_type: &str, encoding: Option<&str>| {
        let encoding = encoding.map(str::as_bytes);
        UsageReader::new(UsageFormat::OpenAi, content_type.as_bytes(), encoding).is_some()
    };
    for yes in [
        "application/json",
        "Application/JSON;charset=utf-8",
        "text/event-stream ; a=b",
        "application/x+json",
    ] {
        assert!(
            reads(yes, None) && reads(yes, Some("identity")) && reads(yes, Some("")),
            "{yes}"
        );
        assert!(
            !reads(yes, Some("gzip")) && !reads(yes, Some("br, identity")),
            "{yes}"
        );
    }
    for no in [
        "",
        "text/plain",
        "application/jsonl",
        "text/event-streams",
        "json",
        "application/problem",
    ] {
        assert!(!reads(no, None), "{no}");
    }
}
