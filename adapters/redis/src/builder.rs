//! What an origin is made of, with what is usual for the rest.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::ConnectionManager;
use redis::{Client, ConnectionInfo, IntoConnectionInfo, RedisError};

use crate::cluster::Cluster;
use crate::error::BuildError;
use crate::exchange::{Given, Way};
use crate::keys::Namespace;
use crate::link::{self, Link};
use crate::origin::{self, RedisOrigin};
use crate::script::Text;

/// An origin to be; see [`RedisOrigin::builder`].
#[must_use = "it is no origin until it is built"]
#[derive(Debug)]
pub struct RedisOriginBuilder {
    to: To,
    namespace: Namespace,
    timeout: Duration,
}

impl RedisOriginBuilder {
    pub(crate) fn at(url: &str) -> Result<Self, BuildError> {
        let client = Client::open(info(url)?).map_err(|error| bad_url(&error))?;
        Ok(Self::new(To::Server(Secret(Box::new(client)))))
    }

    pub(crate) fn cluster<'u>(urls: impl IntoIterator<Item = &'u str>) -> Result<Self, BuildError> {
        let seeds: Vec<_> = urls.into_iter().map(info).collect::<Result<_, _>>()?;
        // As for a single server, so that a URL that needs a feature which isn't on is found now.
        for seed in &seeds {
            Client::open(seed.clone()).map_err(|error| bad_url(&error))?;
        }
        if seeds.is_empty() {
            return Err(BuildError::NoServers);
        }
        Ok(Self::new(To::Cluster(Secret(seeds))))
    }

    pub(crate) fn over(connection: ConnectionManager) -> Self {
        Self::new(To::Given(Given(connection)))
    }

    fn new(to: To) -> Self {
        Self {
            to,
            namespace: Namespace::default(),
            timeout: Duration::from_millis(300),
        }
    }

    /// What all keys begin with: 1 to 64 bytes of `[A-Za-z0-9._:-]`. The default is `tollgate`.
    ///
    /// Nodes share limits with those of the same namespace, and, where a server has several, of the same database.
    ///
    /// # Errors
    /// [`BuildError::Namespace`] for any other.
    pub fn namespace(mut self, namespace: &str) -> Result<Self, BuildError> {
        self.namespace = Namespace::new(namespace)?;
        Ok(self)
    }

    /// How long an exchange with a server may take, connecting included. The default is 300 ms.
    ///
    /// A store that has lost what it knew listens for a second: several exchanges should fit into it.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// The origin. It connects when it is first called.
    pub fn build(self) -> RedisOrigin {
        let to = match self.to {
            To::Given(given) => origin::To::Server(Way::Given(given)),
            To::Server(Secret(client)) => {
                let link = Link::to(*client);
                origin::To::Server(Way::Own(Box::new(link)))
            }
            To::Cluster(Secret(seeds)) => {
                origin::To::Cluster(Arc::new(Cluster::new(seeds, self.timeout)))
            }
        };
        RedisOrigin {
            to,
            script: Text::call(),
            namespace: self.namespace,
            timeout: self.timeout,
        }
    }
}

/// What leads to Redis.
#[derive(Debug)]
enum To {
    Server(Secret<Box<Client>>),
    Cluster(Secret<Vec<ConnectionInfo>>),
    Given(Given),
}

/// Not to be printed: there may be a password in it.
struct Secret<T>(T);

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

fn info(url: &str) -> Result<ConnectionInfo, BuildError> {
    url.into_connection_info()
        .map(link::set_up)
        .map_err(|error| bad_url(&error))
}

fn bad_url(error: &RedisError) -> BuildError {
    BuildError::Url {
        problem: error.to_string(),
    }
}
