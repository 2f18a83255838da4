//! An upstream of raw bytes, and the files of a gateway before it.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use crate::gateway::PATIENCE;

/// A server that answers every request with the same bytes, and then says nothing more.
pub(crate) struct Behind {
    address: SocketAddr,
    requests: Receiver<String>,
}

impl Behind {
    pub(crate) fn answering(answer: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, requests) = channel();
        thread::spawn(move || {
            // Connections stay open until the test is over.
            let mut held = Vec::new();
            for client in listener.incoming() {
                let mut client = client.unwrap();
                let Some(request) = request(&client) else {
                    continue;
                };
                if seen.send(request).is_err() {
                    return;
                }
                // Who is gone needs no answer.
                let _written = client.write_all(answer.as_bytes());
                held.push(client);
            }
        });
        Self { address, requests }
    }

    /// An address at which nobody listens.
    pub(crate) fn gone() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Self {
            address: listener.local_addr().unwrap(),
            requests: channel().1,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next request, head and body.
    pub(crate) fn request(&self) -> String {
        self.requests.recv_timeout(PATIENCE).unwrap()
    }
}

fn request(client: &TcpStream) -> Option<String> {
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut reader = BufReader::new(client);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.to_lowercase();
    let length = length
        .split("content-length: ")
        .nth(1)?
        .lines()
        .next()?
        .parse()
        .ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(head + &String::from_utf8(body).ok()?)
}

/// A folder with a tenant `acme`, whose key is `sk-1`; it is removed when the test is over.
pub(crate) struct Files(PathBuf);

impl Files {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder =
            std::env::temp_dir().join(format!("llm-gateway-{}-{number}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let files = Self(folder);
        files.write(
            "tenants.json",
            r#"{"tenants": [{"tenant_id": "acme", "quota": {
                "requests_per_minute": 100, "tokens_per_minute": 10000,
                "limits": [{"name": "in-flight", "dimension": "requests", "capacity": 2, "algorithm": "concurrency"}]}}]}"#,
        );
        let digest = "0f2c10bf3d128c719c6bfa4ecbae94b7fceebaea6e4438fef38a90e5acc326f3";
        files.write(
            "keys.json",
            &format!(r#"{{"keys": [{{"sha256": "{digest}", "tenant": "acme"}}]}}"#),
        );
        files
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        // What is left in the temporary folder troubles nobody.
        let _removed = fs::remove_dir_all(&self.0);
    }
}
