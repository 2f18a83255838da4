//! The one connection to Redis, made when it is first used and again when it breaks.

use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::io::tcp::TcpSettings;
use redis::{Client, IntoConnectionInfo, RedisError, RedisResult};

/// How long a connection may stay silent with something sent before the kernel gives it up.
#[cfg(target_os = "linux")]
const SILENCE: Duration = Duration::from_secs(10);

pub(super) enum Link {
    /// Somebody else's connection, for their own reasons.
    Given(ConnectionManager),
    /// Our own.
    Lazy(Box<Lazy>),
}

pub(super) struct Lazy {
    client: Client,
    config: ConnectionManagerConfig,
    made: OnceLock<RedisResult<ConnectionManager>>,
}

impl Link {
    pub(super) fn to(client: Client, timeout: Duration) -> Self {
        // Each call that finds no connection tries once: who waits longer than a call may take waits for nothing. How long
        // an answer may take is ours to say.
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(timeout))
            .set_response_timeout(None);
        Self::Lazy(Box::new(Lazy {
            client,
            config,
            made: OnceLock::new(),
        }))
    }

    pub(super) fn connection(&self) -> Result<ConnectionManager, RedisError> {
        match self {
            Self::Given(connection) => Ok(connection.clone()),
            Self::Lazy(lazy) => lazy.made.get_or_init(|| lazy.make()).clone(),
        }
    }
}

impl Lazy {
    fn make(&self) -> RedisResult<ConnectionManager> {
        self.client.get_connection_manager_lazy(self.config.clone())
    }
}

/// A client for a URL, set up for many small calls.
pub(super) fn client(url: &str) -> RedisResult<Client> {
    let settings = TcpSettings::default().set_nodelay(true);
    #[cfg(target_os = "linux")]
    let settings = settings.set_user_timeout(SILENCE);
    Client::open(url.into_connection_info()?.set_tcp_settings(settings))
}

impl fmt::Debug for Link {
    /// Without the URL, in which there may be a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(_) => f.write_str("Link::Given"),
            Self::Lazy(lazy) => f
                .debug_struct("Link::Lazy")
                .field("made", &lazy.made.get().is_some())
                .finish_non_exhaustive(),
        }
    }
}
