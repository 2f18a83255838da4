//! What stands between nodes and Redis: delays what they say, and leads them to another server when it is told to.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use crate::Failure;
use crate::random::Random;
use crate::span::Span;

/// What is read at once.
const CHUNK: usize = 16 * 1024;
/// How many chunks may be on their way; then nobody reads more.
const MOST_CHUNKS: usize = 4096;

/// A TCP proxy with threads of its own.
#[derive(Debug)]
pub(crate) struct Proxy {
    address: SocketAddr,
    target: Arc<watch::Sender<SocketAddr>>,
    /// Its threads end with it.
    _runtime: Runtime,
}

impl Proxy {
    /// One before that server.
    pub(crate) fn before(
        target: SocketAddr,
        delay: Option<Span>,
        seed: u64,
    ) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?;
        let target = Arc::new(watch::channel(target).0);
        let random = Random::new(seed ^ 0x70_726f_7879);
        runtime.spawn(accept(listener, Arc::clone(&target), delay, random));
        Ok(Self {
            address,
            target,
            _runtime: runtime,
        })
    }

    /// Where it is for nodes.
    pub(crate) fn url(&self) -> String {
        format!("redis://{}/0", self.address)
    }

    /// From now on connections lead to another server; those that are there break.
    pub(crate) fn lead_to(&self, target: SocketAddr) {
        self.target.send_replace(target);
    }
}

async fn accept(
    listener: TcpListener,
    target: Arc<watch::Sender<SocketAddr>>,
    delay: Option<Span>,
    mut random: Random,
) {
    loop {
        let Ok((client, _)) = listener.accept().await else {
            continue;
        };
        let target = target.subscribe();
        let random = Random::new(random.any());
        tokio::spawn(async move {
            // A connection that ends, ends: nodes make another.
            let _ended = serve(client, target, delay, random).await;
        });
    }
}

async fn serve(
    client: TcpStream,
    mut target: watch::Receiver<SocketAddr>,
    delay: Option<Span>,
    mut random: Random,
) -> io::Result<()> {
    let address = *target.borrow_and_update();
    let server = TcpStream::connect(address).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let [there, back] = [0; 2].map(|_: i32| Random::new(random.any()));
    tokio::select! {
        done = pump(from_client, to_server, delay, there) => done,
        done = pump(from_server, to_client, delay, back) => done,
        _moved = target.changed() => Ok(()),
    }
}

/// Passes on what comes, each chunk after a delay of its own, and never before the one that came before.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    delay: Option<Span>,
    mut random: Random,
) -> io::Result<()> {
    let (queue, mut queued) = mpsc::channel::<(Instant, Vec<u8>)>(MOST_CHUNKS);
    let read = async {
        let mut buffer = vec![0; CHUNK];
        loop {
            let count = from.read(&mut buffer).await?;
            let chunk = buffer.get(..count).unwrap_or_default();
            let wait = delay.map_or(0, |delay| delay.draw(&mut random));
            let due = Instant::now() + Duration::from_nanos(wait);
            if chunk.is_empty() || queue.send((due, chunk.to_vec())).await.is_err() {
                return io::Result::Ok(());
            }
        }
    };
    let write = async {
        while let Some((due, chunk)) = queued.recv().await {
            if delay.is_some() {
                sleep_until(due).await;
            }
            to.write_all(&chunk).await?;
        }
        io::Result::Ok(())
    };
    tokio::select! {
        done = read => done,
        done = write => done,
    }
}
