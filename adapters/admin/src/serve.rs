//! The admin API alone, on a port of its own.

use std::io;
use std::net::SocketAddr;

use axum::Router;
use tokio::net::TcpListener;

use crate::admin::Admin;

/// Why the API could not be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address is not one of this machine alone.
    #[error(
        "{0} can be reached from other machines, and passwords would travel in the clear: put TLS before it and use \
         listen_beyond_loopback, or listen on 127.0.0.1"
    )]
    NotLoopback(SocketAddr),
    /// The address could not be listened on, or connections not be taken.
    #[error("{address} could not be listened on")]
    Io {
        /// The address.
        address: SocketAddr,
        /// What the operating system said.
        #[source]
        cause: io::Error,
    },
}

/// The API, about to be served at an address; see [`Admin::listen`].
#[derive(Debug)]
#[must_use = "it serves nobody until it runs"]
pub struct Listening {
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
}

impl Admin {
    /// Serves the API at `/admin` of a loopback address, until it fails: [`listen`](Self::listen), and
    /// [`run`](Listening::run).
    ///
    /// # Errors
    /// As of these two.
    pub async fn serve(&self, address: SocketAddr) -> Result<(), ServeError> {
        self.listen(address).await?.run().await
    }

    /// Listens on a loopback address, for the API at `/admin`. Port 0 is a free one.
    ///
    /// # Errors
    /// [`ServeError::NotLoopback`] for any other address: HTTP alone hides no password. Or it could not be listened on.
    pub async fn listen(&self, address: SocketAddr) -> Result<Listening, ServeError> {
        if !address.ip().to_canonical().is_loopback() {
            return Err(ServeError::NotLoopback(address));
        }
        self.listen_beyond_loopback(address).await
    }

    /// Listens on any address, also where others can listen in: for a network in which all is encrypted, or a container
    /// whose port is reached through a proxy with TLS.
    ///
    /// # Errors
    /// It could not be listened on.
    pub async fn listen_beyond_loopback(
        &self,
        address: SocketAddr,
    ) -> Result<Listening, ServeError> {
        let listener = TcpListener::bind(address).await;
        let bound = listener.and_then(|listener| Ok((listener.local_addr()?, listener)));
        let (address, listener) = bound.map_err(|cause| ServeError::Io { address, cause })?;
        let router = Router::new().nest("/admin", self.router());
        Ok(Listening {
            listener,
            address,
            router,
        })
    }
}

impl Listening {
    /// Where.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until it fails; drop the future to end it.
    ///
    /// # Errors
    /// Connections can't be taken any more.
    pub async fn run(self) -> Result<(), ServeError> {
        let address = self.address;
        let service = self
            .router
            .into_make_service_with_connect_info::<SocketAddr>();
        let served = axum::serve(self.listener, service).await;
        served.map_err(|cause| ServeError::Io { address, cause })
    }
}
