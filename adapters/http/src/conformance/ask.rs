//! A request, as the bytes that a case wants to send.

/// A request to be sent.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) method: &'static str,
    target: String,
    host: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

/// A request for `acme`.
pub(super) fn get(target: &str) -> Ask {
    Ask::of("GET", target).tenant("acme")
}

/// A request that names no tenant.
pub(super) fn anonymous(target: &str) -> Ask {
    Ask::of("GET", target)
}

impl Ask {
    pub(super) fn of(method: &'static str, target: &str) -> Self {
        Self {
            method,
            target: target.to_owned(),
            host: "service.test".to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub(super) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers
            .push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    pub(super) fn tenant(self, id: &str) -> Self {
        self.header("X-Tenant-ID", id)
    }

    pub(super) fn host(mut self, host: &str) -> Self {
        host.clone_into(&mut self.host);
        self
    }

    /// The part that the handler plays.
    pub(super) fn act(self, act: &str) -> Self {
        self.header("X-Act", act)
    }

    pub(super) fn sized(self, body: &str) -> Self {
        let mut ask = self.header("Content-Length", body.len().to_string());
        ask.body = body.as_bytes().to_vec();
        ask
    }

    pub(super) fn chunked(self, chunks: &[&str]) -> Self {
        let mut ask = self.header("Transfer-Encoding", "chunked");
        for chunk in chunks {
            let chunk = format!("{:x}\r\n{chunk}\r\n", chunk.len());
            ask.body.extend(chunk.into_bytes());
        }
        ask.body.extend(b"0\r\n\r\n");
        ask
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let line = format!(
            "{} {} HTTP/1.1\r\nHost: {}\r\n",
            self.method, self.target, self.host
        );
        let mut bytes = line.into_bytes();
        for (name, value) in &self.headers {
            bytes.extend(
                name.bytes()
                    .chain(*b": ")
                    .chain(value.iter().copied())
                    .chain(*b"\r\n"),
            );
        }
        bytes.extend(b"\r\n");
        bytes.extend(&self.body);
        bytes
    }
}
