//! Clients that go away.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;

use serde_json::json;

use crate::gateway::{Gateway, PATIENCE, question, until};

const CLIENTS: u64 = 1_000;
/// How many are there at once.
const AT_ONCE: u64 = 50;
const KEY: &str = "sk-demo-crowd";

/// Asks for a stream that has no end, reads its beginning, and is gone.
fn hang_up(gateway: &Gateway, body: &str) {
    let mut client = TcpStream::connect(gateway.address()).unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    client.write_all((head + body).as_bytes()).unwrap();
    let mut seen = Vec::new();
    while !seen.windows(5).any(|word| word == b" toll") {
        let mut more = [0; 4096];
        let read = client.read(&mut more).unwrap();
        assert!(read > 0, "{}", String::from_utf8_lossy(&seen));
        seen.extend_from_slice(&more[..read]);
    }
}

#[test]
fn a_thousand_clients_that_hang_up_midway_leave_no_slot_and_no_permit() {
    let gateway = Gateway::demo(&[]);
    let mut body = question("demo-slow");
    body["stream"] = json!(true);
    let body = body.to_string();
    for _ in 0..CLIENTS / AT_ONCE {
        thread::scope(|scope| {
            for _ in 0..AT_ONCE {
                scope.spawn(|| hang_up(&gateway, &body));
            }
        });
    }
    until("all have ended", || {
        gateway.books()["gate"]["finished"] == CLIENTS
    });
    let books = gateway.books();
    let gate = &books["gate"];
    for what in ["admitted", "settled", "settled_by_default", "finished"] {
        assert_eq!(gate[what], CLIENTS, "{what}: {books}");
    }
    assert_eq!(gateway.used(KEY, "in-flight"), 0);
    assert_eq!(gateway.used(KEY, "requests"), CLIENTS);
    // Each keeps its estimate: nothing told what was used.
    assert_eq!(gate["tokens"], gateway.used(KEY, "tokens"));
    assert_eq!(gateway.used(KEY, "tokens") % CLIENTS, 0);
    // And nobody is left behind the gateway.
    until("the upstream's streams have ended", || {
        gateway.books()["upstream"]["broken_off"] == CLIENTS
    });
}
