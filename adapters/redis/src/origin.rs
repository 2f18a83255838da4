//! The origin: calls go out, replies come back, and nothing waits longer than it was told.

use std::sync::Arc;
use std::time::Duration;

use redis::Value;
use redis::aio::ConnectionManager;
use tokio::time::timeout;
use tollgate::OriginError;
use tollgate::cluster::{Call, Calling, Reply, SharedOrigin};

use crate::builder::RedisOriginBuilder;
use crate::cluster::Cluster;
use crate::error::{BuildError, Failure};
use crate::exchange::{self, Way};
use crate::keys::Namespace;
use crate::script::{Made, Text};
use crate::slot;
use crate::wire::{self, Args};

/// Limits that nodes share through a Redis server (or Valkey).
///
/// It connects when it is first called, and again when a connection breaks. Each exchange has a
/// [time limit](RedisOriginBuilder::timeout) of its own, connecting included.
///
/// # Concurrency
/// Any number of calls may be on their way; all share one connection to each server.
///
/// # Examples
/// ```no_run
/// use tollgate::cluster::{Call, SharedOrigin};
/// use tollgate_redis::RedisOrigin;
///
/// # async fn example(call: Call) -> Result<(), Box<dyn std::error::Error>> {
/// let origin = RedisOrigin::connect("redis://127.0.0.1:6379")?;
/// for reply in origin.call(&[call]).await {
///     println!("{:?}", reply?.answers);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct RedisOrigin {
    pub(crate) to: To,
    pub(crate) script: Text,
    pub(crate) namespace: Namespace,
    pub(crate) timeout: Duration,
}

/// What leads to the servers.
#[derive(Debug)]
pub(crate) enum To {
    Server(Way),
    Cluster(Arc<Cluster>),
}

impl RedisOrigin {
    /// The server at a URL such as `redis://:password@host:6379/0`, with what is usual for the rest. Nothing is sent yet.
    ///
    /// # Errors
    /// [`BuildError::Url`] if it is none.
    pub fn connect(url: &str) -> Result<Self, BuildError> {
        Ok(Self::builder(url)?.build())
    }

    /// The same, to be set up further.
    ///
    /// # Errors
    /// [`BuildError::Url`] if it is none.
    pub fn builder(url: &str) -> Result<RedisOriginBuilder, BuildError> {
        RedisOriginBuilder::at(url)
    }

    /// Over a connection that is there already. When it is renewed, and how often it tries, is its own matter: with what
    /// is usual for a [`ConnectionManager`], recovery takes longer than [`connect`](Self::connect)'s.
    pub fn over(connection: ConnectionManager) -> RedisOriginBuilder {
        RedisOriginBuilder::over(connection)
    }

    /// A Redis Cluster, by the URLs of one or more of its servers: how to connect to the first is how to connect to those
    /// that are not named.
    ///
    /// All that is known of a tenant is on one server; when that is down, the tenants of others go on. While a slot moves to
    /// another server, calls for its tenants may fail.
    ///
    /// # Errors
    /// [`BuildError::Url`] if one is none, and [`BuildError::NoServers`] if there is none.
    pub fn cluster<'u>(
        urls: impl IntoIterator<Item = &'u str>,
    ) -> Result<RedisOriginBuilder, BuildError> {
        RedisOriginBuilder::cluster(urls)
    }

    async fn make(&self, calls: &[Call]) -> Vec<Result<Reply, OriginError>> {
        let made: Vec<_> = calls.iter().map(|call| self.prepare(call)).collect();
        let said = match &self.to {
            To::Server(way) => self.run(way, &made).await,
            To::Cluster(cluster) => cluster.run(&self.script, &made).await,
        };
        let replies = said.into_iter().zip(&made).map(|(said, made)| {
            let reply = wire::reply(said?, made.asks);
            Ok(reply.ok_or(Failure::Garbled)?)
        });
        replies.collect()
    }

    async fn run(&self, way: &Way, made: &[Made]) -> Vec<Result<Value, Failure>> {
        let made: Vec<_> = made.iter().collect();
        let failure = match timeout(self.timeout, exchange::run(way, &self.script, &made)).await {
            Ok(Ok(said)) => return said.into_iter().map(|said| Ok(said?)).collect(),
            Ok(Err(error)) => Failure::Redis(error),
            Err(_) => {
                way.was_silent();
                Failure::TimedOut(self.timeout)
            }
        };
        made.iter().map(|_| Err(failure.clone())).collect()
    }

    fn prepare(&self, call: &Call) -> Made {
        let (slot, tag) = match &self.to {
            To::Server(_) => (0, String::new()),
            To::Cluster(_) => {
                let slot = slot::of(call.tenant.as_str());
                (slot, slot::tag(slot))
            }
        };
        Made {
            slot,
            keys: [
                self.namespace.tenant(&call.tenant),
                self.namespace.marker(&tag),
            ],
            args: Args::of(call).0,
            asks: call.asks.len(),
        }
    }
}

impl SharedOrigin for RedisOrigin {
    fn call<'o>(&'o self, calls: &'o [Call]) -> Calling<'o> {
        Box::pin(self.make(calls))
    }
}
