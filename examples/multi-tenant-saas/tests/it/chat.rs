//! The policy at work on what a body says, and tokens that are paid as used.

use saas_contract::{Reply, Server};

use crate::PROGRAM;
use crate::services::assert_problem;

fn ask(server: &Server, tenant: &str, body: &str) -> Reply {
    let headers = [
        ("X-Tenant-ID", tenant),
        ("Content-Type", "application/json"),
    ];
    server.post("/api/chat", &headers, body)
}

fn left(reply: &Reply, limit: &str) -> u64 {
    let limits = reply.header("ratelimit").unwrap();
    let (_, after) = limits.split_once(&format!("\"{limit}\";r=")).unwrap();
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

#[test]
fn a_chat_pays_the_tokens_that_it_used_and_not_those_that_it_reserved() {
    let server = Server::start(PROGRAM);
    let body =
        r#"{"model": "gpt-4", "tools": ["search", "calculator"], "prompt": "one two three"}"#;
    let reply = ask(&server, "acme-corp", body);
    assert_eq!(reply.status, 200, "{:?}", reply.json);
    let used = reply.json["usage"]["total_tokens"].as_u64().unwrap();
    assert_eq!(reply.json["usage"]["prompt_tokens"], 3);
    assert!((4..50).contains(&used), "{used}");
    assert_eq!(left(&reply, "tokens_per_minute"), 10_000 - used);
    assert_eq!(left(&reply, "requests_per_minute"), 99);
}

#[test]
fn models_and_tools_that_are_not_on_the_lists_are_denied_and_cost_nothing() {
    let server = Server::start(PROGRAM);
    for (body, detail) in [
        (
            r#"{"model": "gpt-5", "prompt": "a"}"#,
            r#"tenant "acme-corp": model "gpt-5" is not allowed"#,
        ),
        (
            r#"{"model": "GPT-4", "prompt": "a"}"#,
            r#"tenant "acme-corp": model "GPT-4" is not allowed"#,
        ),
        (
            r#"{"model": "gpt-4", "tools": ["shell"], "prompt": "a"}"#,
            r#"tenant "acme-corp": tool "shell" is not allowed"#,
        ),
        (
            r#"{"model": "gpt-4", "tools": ["search", "shell"], "prompt": "a"}"#,
            r#"tenant "acme-corp": tool "shell" is not allowed"#,
        ),
    ] {
        let reply = ask(&server, "acme-corp", body);
        assert_problem(&reply, 403, "tenant_policy_denied");
        assert_eq!(reply.json["detail"], detail);
    }
    // globex has no lists.
    let anything = r#"{"model": "gpt-5", "tools": ["shell"], "prompt": "a"}"#;
    assert_eq!(ask(&server, "globex", anything).status, 200);
    let reply = ask(
        &server,
        "acme-corp",
        r#"{"model": "gpt-4", "prompt": "a", "max_tokens": 9000}"#,
    );
    assert_eq!(
        left(&reply, "requests_per_minute"),
        99,
        "a denial is not charged, what can't be read is"
    );
    let (status, log) = server.interrupt();
    assert!(status.success());
    assert!(log.contains("policy denied"), "{log}");
    assert!(log.contains("tenant resolved"), "{log}");
}

#[test]
fn a_header_does_not_talk_its_way_around_the_body() {
    let server = Server::start(PROGRAM);
    let headers = [
        ("X-Tenant-ID", "acme-corp"),
        ("X-Model", "gpt-4"),
        ("Content-Type", "application/json"),
    ];
    let reply = server.post(
        "/api/chat",
        &headers,
        r#"{"model": "gpt-5", "prompt": "a"}"#,
    );
    assert_problem(&reply, 403, "tenant_policy_denied");
}

#[test]
fn what_is_no_chat_is_refused_after_who_asks_is_known() {
    let server = Server::start(PROGRAM);
    let huge = format!(
        r#"{{"model": "gpt-4", "prompt": "{}"}}"#,
        "x".repeat(20_000)
    );
    for (body, status, code) in [
        ("", 400, "request_invalid"),
        ("{", 400, "request_invalid"),
        (r#"{"model": "gpt-4"}"#, 400, "request_invalid"),
        (
            r#"{"model": "gpt-4", "prompt": " "}"#,
            400,
            "request_invalid",
        ),
        (
            r#"{"model": "gpt-4", "prompt": "a", "max_tokens": 0}"#,
            400,
            "request_invalid",
        ),
        (
            r#"{"model": "gpt-4", "prompt": "a", "tool": "search"}"#,
            400,
            "request_invalid",
        ),
        (&huge, 413, "request_too_large"),
    ] {
        assert_problem(&ask(&server, "acme-corp", body), status, code);
        assert_problem(&ask(&server, "nobody", body), 404, "tenant_not_found");
    }
    let headers = [("X-Tenant-ID", "acme-corp"), ("Content-Type", "text/plain")];
    let reply = server.post("/api/chat", &headers, "{}");
    assert_problem(&reply, 415, "request_not_json");
    assert_eq!(server.post("/api/chat", &[], "{").status, 401);
    assert_eq!(
        server.status("/api/chat", &[("X-Tenant-ID", "acme-corp")]),
        405
    );
}
