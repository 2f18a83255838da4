//! The demo, as its README walks through it.

use serde_json::json;

use crate::gateway::{Gateway, question, until};

#[test]
fn strangers_are_refused_before_their_body_is_read() {
    let gateway = Gateway::demo(&["--body-bytes", "1000"]);
    let mut large = question("demo-small");
    large["user"] = json!("x".repeat(2_000));
    for (key, status, code) in [
        ("sk-wrong", 401, "invalid_api_key"),
        ("sk-demo-acme", 413, "request_too_large"),
    ] {
        let answer = gateway.chat(key, &large, &[]);
        assert_eq!(answer.status, status, "{answer:?}");
        assert_eq!(answer.json()["error"]["code"], code);
    }
    assert_eq!(gateway.books()["upstream"]["requests"], 0);
    assert_eq!(gateway.get("/healthz", "").body, "ok\n");
}

#[test]
fn a_header_names_neither_the_tenant_nor_the_model() {
    let gateway = Gateway::demo(&[]);
    let headers = [("x-tenant-id", "acme"), ("x-model", "demo-small")];
    let answer = gateway.chat("sk-demo-globex", &question("demo-large"), &headers);
    assert_eq!(answer.status, 403, "{answer:?}");
    let answer = gateway.chat("sk-demo-globex", &question("demo-small"), &headers);
    assert_eq!(answer.status, 200, "{answer:?}");
    until("settled", || gateway.books()["gate"]["finished"] == 1);
    assert_eq!(gateway.used("sk-demo-globex", "requests_per_minute"), 1);
    assert_eq!(gateway.used("sk-demo-acme", "requests_per_minute"), 0);
}

#[test]
fn a_wrong_method_costs_nothing() {
    let gateway = Gateway::demo(&[]);
    let answer = gateway.get("/v1/chat/completions", "sk-demo-acme");
    assert_eq!(answer.status, 405, "{answer:?}");
    assert_eq!(answer.json()["error"]["code"], "method_not_supported");
    for limit in ["requests_per_minute", "tokens"] {
        assert_eq!(gateway.used("sk-demo-acme", limit), 0);
    }
}

#[test]
fn a_model_has_a_limit_of_its_own() {
    let gateway = Gateway::demo(&[]);
    let key = "sk-demo-acme";
    for model in ["demo-small", "demo-large"] {
        assert_eq!(gateway.chat(key, &question(model), &[]).status, 200);
    }
    until("settled", || gateway.books()["gate"]["finished"] == 2);
    let (large, all) = (gateway.used(key, "large"), gateway.used(key, "tokens"));
    let books = &gateway.books()["upstream"];
    let truth =
        books["prompt_tokens"].as_u64().unwrap() + books["completion_tokens"].as_u64().unwrap();
    assert!(
        all == truth && large > 0 && large < all,
        "{large} {all} {books}"
    );
}

#[test]
fn a_stream_that_the_upstream_breaks_off_keeps_the_estimate_and_frees_its_slot() {
    let gateway = Gateway::demo(&[]);
    let mut body = question("fail-midway");
    body["stream"] = json!(true);
    body["max_tokens"] = json!(100);
    let answer = gateway.chat("sk-demo-acme", &body, &[]);
    assert_eq!(answer.status, 200);
    assert!(!answer.body.contains("[DONE]"), "{answer:?}");
    until("settled by default", || {
        gateway.books()["gate"]["settled_by_default"] == 1
    });
    assert!(gateway.used("sk-demo-acme", "tokens") > 100);
    assert_eq!(gateway.used("sk-demo-acme", "in-flight"), 0);
}

#[test]
fn the_metrics_have_the_true_tokens_and_are_served_elsewhere() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let gateway = Gateway::demo(&["--metrics", &address]);
    let total = gateway
        .chat("sk-demo-acme", &question("demo-small"), &[])
        .json();
    let total = &total["usage"]["total_tokens"];
    until("settled", || gateway.books()["gate"]["finished"] == 1);
    let text = ureq::get(format!("http://{address}/metrics"))
        .call()
        .unwrap();
    let text = text.into_body().read_to_string().unwrap();
    let line = format!(r#"tollgate_tokens_settled_total{{tenant="acme"}} {total}"#);
    assert!(text.contains(&line), "{line} in {text}");
    assert_eq!(gateway.get("/metrics", "sk-demo-acme").status, 404);
}
