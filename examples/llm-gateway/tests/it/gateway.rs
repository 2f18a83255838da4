//! The gateway under test: the real program, on a free port, killed when the test is over.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Whatever is waited for comes within this time, or the test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Gateway {
    child: Child,
    url: String,
}

/// What the gateway answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Gateway {
    pub(crate) fn demo(flags: &[&str]) -> Self {
        Self::start(&[&["--demo"], flags].concat())
    }

    pub(crate) fn start(flags: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_llm-gateway"))
            .args(["--listen", "127.0.0.1:0"])
            .args(flags)
            .env("NO_COLOR", "1")
            .env("LLM_GATEWAY_UPSTREAM_KEY", "sk-of-the-upstream")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("listening on ") {
            line.clear();
            assert!(
                log.read_line(&mut line).unwrap() > 0,
                "the gateway has ended"
            );
        }
        let url = line.trim().rsplit(' ').next().unwrap().to_owned();
        // A log that nobody reads would hold the gateway up.
        std::thread::spawn(move || log.read_to_end(&mut Vec::new()));
        Self { child, url }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    pub(crate) fn get(&self, path: &str, key: &str) -> Answer {
        let request = ureq::get(format!("{}{path}", self.url));
        let request = request.header("authorization", format!("Bearer {key}"));
        Answer::of(
            request
                .config()
                .http_status_as_error(false)
                .build()
                .call()
                .unwrap(),
        )
    }

    /// Asks a model, with more headers if need be.
    pub(crate) fn chat(&self, key: &str, body: &Value, headers: &[(&str, &str)]) -> Answer {
        let request = ureq::post(format!("{}/v1/chat/completions", self.url));
        let request = request.header("authorization", format!("Bearer {key}"));
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        let request = request.config().http_status_as_error(false).build();
        Answer::of(request.send(body.to_string()).unwrap())
    }

    /// The books of the demo.
    pub(crate) fn books(&self) -> Value {
        self.get("/demo/books", "").json()
    }

    /// A limit's level, as its tenant is told.
    pub(crate) fn used(&self, key: &str, limit: &str) -> u64 {
        let usage = self.get("/v1/usage", key).json();
        let mut limits = usage["limits"].as_array().unwrap().iter();
        limits.find(|level| level["name"] == limit).unwrap()["used"]
            .as_u64()
            .unwrap()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It may have ended already, which is as good.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

impl Answer {
    fn of(mut response: ureq::http::Response<ureq::Body>) -> Self {
        let headers = response.headers().iter();
        let headers =
            headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        Self {
            status: response.status().as_u16(),
            headers: headers.collect(),
            body: response
                .body_mut()
                .read_to_string()
                .unwrap_or_else(|error| error.to_string()),
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(known, _)| known == name)
            .map(|(_, value)| &**value)
    }
}

/// A question to this model.
pub(crate) fn question(model: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": "What is a toll?"}]})
}

/// Waits until it is so.
pub(crate) fn until(what: &str, mut so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !so() {
        assert!(Instant::now() < end, "not after {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
