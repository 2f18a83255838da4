//! A client that writes its own bytes: nothing tidies up what a case wants to send.

use std::collections::VecDeque;
use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::conformance::ask::Ask;

/// The head of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) status: u16,
    headers: Vec<(String, String)>,
}

impl Head {
    fn parse(text: &str) -> Self {
        let mut lines = text.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let headers = lines.filter_map(|line| line.split_once(':'));
        Self {
            status: status.and_then(|status| status.parse().ok()).expect(text),
            headers: headers
                .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
                .collect(),
        }
    }

    /// The one value of a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut named = self.headers.iter().filter(|(known, _)| known == name);
        let value = named.next();
        assert_eq!(named.next(), None, "{name} is there twice");
        value.map(|(_, value)| value.as_str())
    }

    /// What it says of limits, in whatever dialect.
    pub(super) fn limits(&self) -> Vec<&str> {
        let names = self.headers.iter().map(|(name, _)| name.as_str());
        names
            .filter(|name| name.contains("ratelimit") || name.contains("quota"))
            .collect()
    }
}

/// A response, read to its end.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) head: Head,
    pub(super) body: Vec<u8>,
    /// Whether the body came to the end that its head had promised.
    pub(super) whole: bool,
}

impl Seen {
    pub(super) fn status(&self) -> u16 {
        self.head.status
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// How a response's body says where it ends.
#[derive(Debug, Clone, Copy)]
enum Framing {
    Ended,
    Left(usize),
    Chunked,
    UntilClose,
}

/// A connection.
#[derive(Debug)]
pub(super) struct Line {
    stream: TcpStream,
    got: Vec<u8>,
    framing: Framing,
    /// The methods of the requests that wait for their responses.
    methods: VecDeque<&'static str>,
}

/// A body ended before its promised end.
#[derive(Debug)]
pub(super) struct Torn;

impl Line {
    pub(super) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        Self {
            stream,
            got: Vec::new(),
            framing: Framing::Ended,
            methods: VecDeque::new(),
        }
    }

    /// Sends requests, all at once.
    pub(super) async fn send(&mut self, asks: &[&Ask]) {
        let bytes: Vec<u8> = asks.iter().flat_map(|ask| ask.bytes()).collect();
        self.methods.extend(asks.iter().map(|ask| ask.method));
        self.stream
            .write_all(&bytes)
            .await
            .expect("the server reads");
    }

    /// Sends a request and reads the response to its end.
    pub(super) async fn ask(&mut self, ask: &Ask) -> Seen {
        self.send(&[ask]).await;
        self.seen().await.expect("a response")
    }

    /// The head of the next response; `None` if the server has closed the connection instead.
    pub(super) async fn head(&mut self) -> Option<Head> {
        let end = loop {
            if let Some(end) = find(&self.got, b"\r\n\r\n") {
                break end;
            }
            if !self.more().await {
                return None;
            }
        };
        let text: Vec<u8> = self.got.drain(..end + 4).collect();
        let head = Head::parse(&String::from_utf8_lossy(&text[..end]));
        let method = self
            .methods
            .pop_front()
            .expect("no response without request");
        let bodiless = method == "HEAD" || matches!(head.status, 204 | 304);
        self.framing = match (
            head.header("transfer-encoding"),
            head.header("content-length"),
        ) {
            _ if bodiless => Framing::Ended,
            (Some("chunked"), None) => Framing::Chunked,
            (None, Some(length)) => Framing::Left(length.parse().expect("a length")),
            (None, None) => Framing::UntilClose,
            framings => panic!("{framings:?}"),
        };
        Some(head)
    }

    /// The next piece of the body; `None` at its end.
    pub(super) async fn piece(&mut self) -> Option<Result<Vec<u8>, Torn>> {
        loop {
            match self.framing {
                Framing::Ended | Framing::Left(0) => return None,
                Framing::Left(left) if !self.got.is_empty() => {
                    let piece: Vec<u8> = self.got.drain(..left.min(self.got.len())).collect();
                    self.framing = Framing::Left(left - piece.len());
                    return Some(Ok(piece));
                }
                Framing::UntilClose if !self.got.is_empty() => {
                    return Some(Ok(std::mem::take(&mut self.got)));
                }
                Framing::Chunked => {
                    if let Some(chunk) = self.chunk() {
                        return (!chunk.is_empty()).then_some(Ok(chunk));
                    }
                }
                Framing::Left(_) | Framing::UntilClose => {}
            }
            if !self.more().await {
                let ended = matches!(self.framing, Framing::UntilClose);
                self.framing = Framing::Ended;
                return (!ended).then_some(Err(Torn));
            }
        }
    }

    /// The chunk that has arrived in full, if one has; an empty one is the last.
    fn chunk(&mut self) -> Option<Vec<u8>> {
        let line = find(&self.got, b"\r\n")?;
        let size = std::str::from_utf8(&self.got[..line]).expect("a chunk's size");
        let size = usize::from_str_radix(size, 16).expect("a chunk's size");
        let end = line + 2 + size;
        if self.got.len() < end + 2 {
            return None;
        }
        let chunk = self.got[line + 2..end].to_vec();
        self.got.drain(..end + 2);
        if chunk.is_empty() {
            self.framing = Framing::Ended;
        }
        Some(chunk)
    }

    /// The rest of the body, and whether it came to its promised end.
    pub(super) async fn rest(&mut self) -> (Vec<u8>, bool) {
        let (mut body, mut whole) = (Vec::new(), true);
        while let Some(piece) = self.piece().await {
            match piece {
                Ok(piece) => body.extend(piece),
                Err(Torn) => whole = false,
            }
        }
        (body, whole)
    }

    /// The next response, to its end.
    pub(super) async fn seen(&mut self) -> Option<Seen> {
        let head = self.head().await?;
        let (body, whole) = self.rest().await;
        Some(Seen { head, body, whole })
    }

    /// Whether a response is to come of which not even the head was read.
    pub(super) fn awaits_head(&self) -> bool {
        !self.methods.is_empty()
    }

    /// Goes away without a word, as a client does that crashes: the server is told that the connection is reset.
    pub(super) fn vanish(self) {
        self.stream.set_zero_linger().expect("an open connection");
    }

    /// Reads more; `false` if the server has closed the connection.
    async fn more(&mut self) -> bool {
        // A reset is as good as an end.
        let read = self.stream.read_buf(&mut self.got).await;
        read.is_ok_and(|read| read > 0)
    }
}

fn find(bytes: &[u8], sought: &[u8]) -> Option<usize> {
    bytes
        .windows(sought.len())
        .position(|window| window == sought)
}
