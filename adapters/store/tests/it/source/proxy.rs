//! A wire between a source and PostgreSQL that can be cut, for those who listen or for all, and can go dead without a
//! word.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What the wire does to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire {
    /// It passes everything on.
    Whole,
    /// It closes connections that listen.
    CutListeners,
    /// It passes nothing on of those that listen, nor closes them.
    DeadListeners,
    /// It passes nothing on of any.
    Dead,
}

pub(super) struct Proxy {
    port: u16,
    wire: watch::Sender<Wire>,
    _running: JoinSet<()>,
}

impl Proxy {
    /// To the server of this port.
    pub(super) async fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let wire = watch::Sender::new(Wire::Whole);
        let mut running = JoinSet::new();
        let state = wire.clone();
        running.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let state = state.subscribe();
                connections.spawn(carry(client, server, state));
            }
        });
        Self {
            port,
            wire,
            _running: running,
        }
    }

    /// The same database through the wire.
    pub(super) fn url(&self, url: &str) -> String {
        let (address, database) = url.rsplit_once('/').unwrap();
        let (host, _) = address.rsplit_once(':').unwrap();
        format!("{host}:{}/{database}", self.port)
    }

    pub(super) fn turn(&self, wire: Wire) {
        self.wire.send_replace(wire);
    }
}

async fn carry(client: TcpStream, server: u16, state: watch::Receiver<Wire>) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", server)).await else {
        return;
    };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let listens = Arc::new(AtomicBool::new(false));
    let there = one_way(from_client, to_server, state.clone(), Arc::clone(&listens));
    let back = one_way(from_server, to_client, state, listens);
    // The first to end closes both.
    tokio::select! {
        _ended = there => {}
        _ended = back => {}
    }
}

async fn one_way(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut state: watch::Receiver<Wire>,
    listens: Arc<AtomicBool>,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let wire = *state.borrow_and_update();
        let concerned = listens.load(Ordering::SeqCst);
        match wire {
            Wire::CutListeners if concerned => return Ok(()),
            Wire::DeadListeners if concerned => state.changed().await.unwrap(),
            Wire::Dead => state.changed().await.unwrap(),
            Wire::Whole | Wire::CutListeners | Wire::DeadListeners => tokio::select! {
                read = from.read(&mut buffer) => {
                    let sent = &buffer[..read?];
                    if sent.is_empty() {
                        return Ok(());
                    }
                    if sent.windows(7).any(|bytes| bytes == b"LISTEN ") {
                        listens.store(true, Ordering::SeqCst);
                        if *state.borrow() != Wire::Whole {
                            continue;
                        }
                    }
                    to.write_all(sent).await?;
                }
                changed = state.changed() => changed.unwrap(),
            },
        }
    }
}
