//! What an adapter brings to the suite: how its framework serves.

use std::any::Any;
use std::fmt;
use std::net::TcpListener;

use crate::conformance::demo::Demo;
use crate::gate::Gate;

/// A framework with the adapter under test: how to serve a listener.
pub trait Door: Send + Sync + 'static {
    /// The adapter's name, for messages.
    fn name(&self) -> &'static str;

    /// Whether the framework drops a request when its client closes its own half of the connection, as clients do that
    /// hang up properly, while there is nothing to write to it. The default says that it does.
    fn hears_hang_ups(&self) -> bool {
        true
    }

    /// Serves `site` on `listener`, which is in non-blocking mode, until what comes back is dropped.
    ///
    /// It is called within a tokio runtime with several threads, which lives until the case is over. Before any gate,
    /// a layer puts in each request's extensions what [`Demo::before`] says. Each [`Room`] is a route (or
    /// scope) of its own, with its own gate around it.
    fn open(&self, listener: TcpListener, site: Site) -> Serving;
}

/// What a server under test serves.
#[derive(Debug, Clone)]
pub struct Site {
    /// Routes, the longest path first; a request goes to the first that it lies in.
    pub rooms: Vec<Room>,
    /// The handler behind all of them.
    pub demo: Demo,
}

/// A route with its gate.
#[derive(Debug, Clone)]
pub struct Room {
    /// `/api/v1`: requests for this path and those below it. The empty path holds all requests.
    pub path: &'static str,
    /// The gate before the handler; `None` stands for a route where it was forgotten.
    pub gate: Option<Gate>,
    /// What the handler insists on.
    pub need: Need,
}

/// What a handler insists on, through its framework's extractor for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing: the visit says who came.
    Nothing,
    /// A tenant, through the strict extractor.
    Tenant,
    /// A permit, through the strict extractor.
    Permit,
}

impl Room {
    /// Whether a request for `path` goes here.
    pub fn holds(&self, path: &str) -> bool {
        let rest = path.strip_prefix(self.path);
        rest.is_some_and(|rest| self.path.is_empty() || rest.is_empty() || rest.starts_with('/'))
    }
}

/// A server that runs until this is dropped.
pub struct Serving(
    #[expect(dead_code, reason = "dropping it ends the server")] Box<dyn Any + Send + Sync>,
);

impl Serving {
    /// A server that ends when `server` is dropped.
    pub fn until_dropped(server: impl Any + Send + Sync) -> Self {
        Self(Box::new(server))
    }

    /// A server of which each connection is a task of its own, made by `connection`.
    pub fn tasks<C>(
        listener: TcpListener,
        connection: impl Fn(tokio::net::TcpStream) -> C + Send + 'static,
    ) -> Self
    where
        C: Future<Output = ()> + Send + 'static,
    {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener for tokio");
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                connections.spawn(connection(stream));
            }
        });
        Self::until_dropped(tasks)
    }
}

impl fmt::Debug for Serving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Serving")
    }
}
