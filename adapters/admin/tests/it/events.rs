//! The stream: what happens is heard of, by who wants to know.

use std::io::{BufRead, BufReader};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::host::{Host, OPS, tenants};

/// The lines of a stream as they come.
fn listen(host: &Host, query: &str) -> Receiver<String> {
    let agent = ureq::Agent::new_with_defaults();
    let request = agent.get(host.url(&format!("/admin/events{query}")));
    let answer = request.header("Authorization", OPS).call().unwrap();
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let (sender, lines) = channel();
    thread::spawn(move || {
        let reader = BufReader::new(answer.into_body().into_reader());
        for line in reader.lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

/// The next event, with its data.
fn next(lines: &Receiver<String>) -> (String, Value) {
    let mut event = String::new();
    loop {
        let line = lines.recv_timeout(Duration::from_secs(60)).unwrap();
        if let Some(name) = line.strip_prefix("event:") {
            event = name.trim().to_owned();
        } else if let Some(data) = line.strip_prefix("data:") {
            return (event, serde_json::from_str(data.trim()).unwrap());
        }
    }
}

#[test]
fn decisions_and_changes_are_heard_as_they_happen() {
    let host = Host::start(tenants());
    let all = listen(&host, "");
    let acme = listen(&host, "?tenant=acme-corp");
    let body = r#"{"quota": {"requests_per_minute": 1}}"#;
    assert_eq!(
        host.ask("PATCH", "/tenants/initech", Some(body)).status,
        200
    );
    let (event, change) = next(&all);
    assert_eq!(
        (event.as_str(), &change["tenant_id"]),
        ("change", &Value::from("initech"))
    );
    assert_eq!(change["change"], "set");
    assert_eq!([(); 2].map(|()| host.request("initech")), [200, 429]);
    let (event, admitted) = next(&all);
    assert_eq!(
        (event.as_str(), &admitted["decision"]),
        ("decision", &Value::from("admitted"))
    );
    let (_, denied) = next(&all);
    assert_eq!(denied["reason"], "quota");
    // Who asked for one tenant hears of that alone.
    assert_eq!(host.ask("DELETE", "/tenants/initech", None).status, 204);
    let body = r#"{"metadata": {"plan": "free"}}"#;
    assert_eq!(
        host.ask("PATCH", "/tenants/acme-corp", Some(body)).status,
        200
    );
    assert_eq!(next(&all).1["change"], "removed");
    assert_eq!(next(&acme).1["tenant_id"], "acme-corp");
}

#[test]
fn streams_are_bounded_and_one_that_ends_makes_room() {
    let host = Host::start(tenants());
    let streams: Vec<_> = (0..64).map(|_| listen(&host, "")).collect();
    let refused = host.ask("GET", "/events", None);
    refused.fields(503);
    assert!(!refused.header("retry-after").is_empty());
    assert_eq!(
        host.ask("GET", "/events?tenant=a%20b", None).fields(422),
        ["tenant"]
    );
    drop(streams);
    // A stream that nobody reads any more ends when the next event is written to it.
    for _ in 0..1_000 {
        host.request("acme-corp");
        let agent = ureq::Agent::new_with_defaults();
        let request = agent.get(host.url("/admin/events"));
        if request.header("Authorization", OPS).call().is_ok() {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("no stream ever ended");
}
