//! The server under test: the real program, on a free port, killed when the test is over.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use serde_json::Value;

use crate::folder::Folder;

/// The program, and where it listens.
#[derive(Debug)]
pub struct Server {
    child: Child,
    log: Option<BufReader<ChildStdout>>,
    url: String,
    /// Where its database is, if it is its own; dropped after the process has ended.
    folder: Option<Folder>,
}

/// What the server answered.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The body.
    pub json: Value,
    headers: Vec<(String, String)>,
}

impl Server {
    /// Starts `program`, over an empty database of its own if it uses one, and waits until it listens.
    pub fn start(program: &str) -> Self {
        let folder = Folder::new();
        let mut server = Self::with_database(program, &folder.database());
        server.folder = Some(folder);
        server
    }

    /// The same over this database, given as a URL.
    pub fn with_database(program: &str, database: &str) -> Self {
        Self::with_settings(program, database, &[])
    }

    /// The same with these environment variables.
    pub fn with_settings(program: &str, database: &str, settings: &[(&str, &str)]) -> Self {
        let mut child = Command::new(program)
            .env("TOLLGATE_ADDR", "127.0.0.1:0")
            .env("DATABASE_URL", database)
            .env("NO_COLOR", "1")
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stdout.take().unwrap());
        let mut before = String::new();
        let url = loop {
            let mut line = String::new();
            let read = log.read_line(&mut line).unwrap();
            assert!(read > 0, "it ended before it listened:\n{before}");
            if let Some((_, url)) = line.trim().split_once("listening on ") {
                break url.to_owned();
            }
            before += &line;
        };
        assert!(url.starts_with("http://127.0.0.1:"), "{url:?}");
        Self {
            child,
            log: Some(log),
            url,
            folder: None,
        }
    }

    /// Asks for a page that needs no tenant.
    pub fn text(&self, path: &str) -> String {
        let mut response = ureq::get(format!("{}{path}", self.url)).call().unwrap();
        response.body_mut().read_to_string().unwrap()
    }

    /// Asks for JSON.
    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        let request = agent().get(format!("{}{path}", self.url));
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        Reply::read(request.call().unwrap())
    }

    /// Asks, and cares for the status only.
    pub fn status(&self, path: &str, headers: &[(&str, &str)]) -> u16 {
        let request = agent().get(format!("{}{path}", self.url));
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        request.call().unwrap().status().as_u16()
    }

    /// Sends a body, and asks for JSON.
    pub fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let request = agent().post(format!("{}{path}", self.url));
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        Reply::read(request.send(body).unwrap())
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// Sends it a signal, by name.
    #[cfg(unix)]
    pub fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &pid]).status();
        assert!(sent.unwrap().success());
    }

    /// Sends what Ctrl-C sends and waits; gives the exit status and everything that was logged.
    #[cfg(unix)]
    pub fn interrupt(mut self) -> (ExitStatus, String) {
        self.signal("INT");
        let mut log = String::new();
        self.log.take().unwrap().read_to_string(&mut log).unwrap();
        (self.child.wait().unwrap(), log)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already, which is as good.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

/// Any status is an answer.
fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into()
}

impl Reply {
    fn read(mut response: ureq::http::Response<ureq::Body>) -> Self {
        let headers = response.headers().iter();
        let headers = headers
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        let body = response.body_mut().read_to_string().unwrap();
        let json = serde_json::from_str(&body).unwrap_or_else(|e| panic!("{e}: {body:?}"));
        Self {
            status: response.status().as_u16(),
            json,
            headers,
        }
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}
