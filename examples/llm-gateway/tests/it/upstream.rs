//! What the upstream gets, what of it comes back, and what happens when it is in trouble.

use serde_json::json;

use crate::gateway::{Gateway, question, until};
use crate::wire::{Behind, Files};

const KEY: &str = "sk-1";

fn gateway(files: &Files, behind: &Behind, flags: &[&str]) -> Gateway {
    let upstream = format!("http://{}/v1/", behind.address());
    let (config, keys) = (files.path("tenants.json"), files.path("keys.json"));
    let files = [
        "--upstream",
        &upstream,
        "--config",
        &config,
        "--keys",
        &keys,
    ];
    Gateway::start(&[&files, flags].concat())
}

fn completion() -> String {
    let usage = json!({"prompt_tokens": 30, "completion_tokens": 7, "total_tokens": 37});
    let body = json!({"choices": [], "usage": usage}).to_string();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nset-cookie: a=b\r\n\
         x-ratelimit-remaining-tokens: 5\r\nopenai-organization: org-ours\r\nx-request-id: req_1\r\n\
         connection: close, x-hop\r\nx-hop: 1\r\n\r\n{body}",
        body.len()
    )
}

#[test]
fn only_what_concerns_the_other_side_passes_through() {
    let behind = Behind::answering(completion());
    let files = Files::new();
    let gateway = gateway(&files, &behind, &[]);
    let headers = [
        ("cookie", "session=1"),
        ("accept-encoding", "gzip"),
        ("openai-organization", "org-theirs"),
        ("x-forwarded-for", "10.0.0.1"),
        ("traceparent", "00-1-2-03"),
        ("user-agent", "client/1"),
    ];
    let answer = gateway.chat(KEY, &question("any"), &headers);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("x-request-id"), Some("req_1"));
    for ours in ["set-cookie", "openai-organization", "x-hop"] {
        assert_eq!(answer.header(ours), None, "{ours}");
    }
    assert_ne!(answer.header("x-ratelimit-remaining-tokens"), Some("5"));

    let seen = behind.request().to_lowercase();
    assert!(
        seen.starts_with("post /v1/chat/completions http/1.1\r\n"),
        "{seen}"
    );
    for there in [
        "authorization: bearer sk-of-the-upstream",
        "traceparent: 00-1-2-03",
        "user-agent: client/1",
    ] {
        assert!(seen.contains(there), "{there} in {seen}");
    }
    for not_there in [
        "sk-1",
        "cookie",
        "accept-encoding",
        "org-theirs",
        "x-forwarded-for",
        "tollgate",
    ] {
        assert!(!seen.contains(not_there), "{not_there} in {seen}");
    }
    until("settled", || gateway.used(KEY, "tokens_per_minute") == 37);
}

#[test]
fn a_wrong_key_of_the_gateway_s_own_is_no_401_of_the_client() {
    let refusal = "HTTP/1.1 401 Unauthorized\r\ncontent-length: 15\r\n\r\norg-ours is bad";
    let behind = Behind::answering(refusal.to_owned());
    let files = Files::new();
    let gateway = gateway(&files, &behind, &[]);
    let answer = gateway.chat(KEY, &question("any"), &[]);
    assert_eq!(
        (answer.status, &answer.json()["error"]["code"]),
        (502, &json!("upstream_failed"))
    );
    assert!(!answer.body.contains("org-ours"));
    until("refunded", || gateway.used(KEY, "tokens_per_minute") == 0);
}

#[test]
fn nobody_behind_the_gateway_is_a_502_that_costs_nothing() {
    let files = Files::new();
    let behind = Behind::gone();
    let gateway = gateway(&files, &behind, &[]);
    let answer = gateway.chat(KEY, &question("any"), &[]);
    assert_eq!(answer.status, 502, "{answer:?}");
    until("refunded", || gateway.used(KEY, "requests_per_minute") == 0);
}

#[test]
fn an_upstream_that_says_nothing_is_a_504_that_costs_nothing() {
    let behind = Behind::answering(String::new());
    let files = Files::new();
    let gateway = gateway(&files, &behind, &["--answer-timeout", "1"]);
    let answer = gateway.chat(KEY, &question("any"), &[]);
    assert_eq!(
        (answer.status, &answer.json()["error"]["code"]),
        (504, &json!("upstream_timeout"))
    );
    until("refunded", || gateway.used(KEY, "requests_per_minute") == 0);
}

#[test]
fn an_upstream_that_falls_silent_midway_breaks_the_answer_off() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 999\r\n\r\ndata: {}\n\n";
    let behind = Behind::answering(head.to_owned());
    let files = Files::new();
    let gateway = gateway(&files, &behind, &["--idle-timeout", "1"]);
    let mut body = question("any");
    body["max_tokens"] = json!(100);
    let answer = gateway.chat(KEY, &body, &[]);
    assert_eq!(answer.status, 200);
    until("the slot is free", || gateway.used(KEY, "in-flight") == 0);
    assert!(
        gateway.used(KEY, "tokens_per_minute") > 100,
        "the estimate is kept"
    );
}

/// What the gateway says when it does not start with these files.
fn refused(files: &Files, config: &str, keys: &str) -> String {
    files.write("config.json", config);
    files.write("keys.json", keys);
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_llm-gateway"))
        .args(["--upstream", "http://127.0.0.1:1/v1"])
        .args(["--config", &files.path("config.json")])
        .args(["--keys", &files.path("keys.json")])
        .output()
        .unwrap();
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn what_is_wrong_with_the_files_is_said() {
    let files = Files::new();
    let acme = r#"{"tenants": [{"tenant_id": "acme"}]}"#;
    let key = |of: &str| {
        let sha256 = "0".repeat(64);
        format!(r#"{{"keys": [{{"sha256": "{sha256}", "tenant": "{of}"}}]}}"#)
    };
    let typo = r#"{"tenants": [{"tenant_id": "acme", "quota": {"request_per_minute": 1}}]}"#;
    for (config, keys, place, problem) in [
        (typo, &*key("acme"), "config.json", "request_per_minute"),
        (
            r#"{"tenants": []}"#,
            &key("acme"),
            "config.json",
            "at least one",
        ),
        (acme, r#"{"keys": []}"#, "keys.json", "at least one"),
        (acme, &key("acmee"), "keys.json", "\"acmee\""),
    ] {
        let said = refused(&files, config, keys);
        assert!(
            said.starts_with("error: ") && said.contains(place) && said.contains(problem),
            "{said}"
        );
    }
}
