//! The connection to one server: made when it is first used, and again when it breaks.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use std::{fmt, io};

use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::io::tcp::TcpSettings;
use redis::{
    AsyncConnectionConfig, Client, ConnectionInfo, Pipeline, RedisError, RedisResult, Value,
};
use tokio::sync::Mutex;
use tokio::time::Instant;

/// After a connection could not be made nobody tries again for so long.
const PAUSE: Duration = Duration::from_millis(50);
/// After so many exchanges in a row without an answer the connection is given up: what it led to may be no more.
const MOST_SILENT: u32 = 2;
/// How long a connection may stay silent with something sent before the kernel gives it up.
#[cfg(target_os = "linux")]
const SILENCE: Duration = Duration::from_secs(5);

/// # Concurrency
/// All exchanges share one connection, on which none waits for another's answer before it asks.
pub(crate) struct Link {
    client: Client,
    config: AsyncConnectionConfig,
    state: Mutex<State>,
    silent: AtomicU32,
}

#[derive(Default)]
struct State {
    /// With a number that tells it from those before.
    connection: Option<(u64, MultiplexedConnection)>,
    made: u64,
    failed: Option<(Instant, RedisError)>,
}

impl Link {
    pub(crate) fn to(client: Client) -> Self {
        // How long connecting and an answer may take is for those to say who wait.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None);
        Self {
            client,
            config,
            state: Mutex::default(),
            silent: AtomicU32::new(0),
        }
    }

    /// What the server says to each of the commands.
    ///
    /// A connection that turns out to be broken is made anew, once: what was sent on it may then be done twice.
    ///
    /// # Cancellation
    /// May be dropped at any time; whoever gives up for want of an answer says so by [`Link::was_silent`].
    pub(crate) async fn exchange(&self, commands: &Pipeline) -> RedisResult<Vec<Value>> {
        let (mut number, mut connection, fresh) = self.connection().await?;
        let mut said = send(&mut connection, commands).await;
        if said.as_ref().is_err_and(is_broken) {
            self.give_up(number).await;
            if !fresh {
                (number, connection, _) = self.connection().await?;
                said = send(&mut connection, commands).await;
            }
        }
        match &said {
            Err(error) if is_broken(error) => self.give_up(number).await,
            // It is a replica now: whoever is the master will be found under the same name, or by nobody.
            Ok(values) if values.iter().any(is_of_a_replica) => self.give_up(number).await,
            _ => {}
        }
        self.silent.store(0, Ordering::Relaxed);
        said
    }

    /// Somebody has given up waiting.
    pub(crate) fn was_silent(&self) {
        let before = self.silent.fetch_add(1, Ordering::Relaxed);
        if before.saturating_add(1) < MOST_SILENT {
            return;
        }
        // Whoever holds the lock makes a new one already.
        if let Ok(mut state) = self.state.try_lock() {
            state.connection = None;
            self.silent.store(0, Ordering::Relaxed);
        }
    }

    async fn connection(&self) -> RedisResult<(u64, MultiplexedConnection, bool)> {
        let mut state = self.state.lock().await;
        if let Some((number, connection)) = &state.connection {
            return Ok((*number, connection.clone(), false));
        }
        if let Some((at, error)) = &state.failed
            && at.elapsed() < PAUSE
        {
            return Err(error.clone());
        }
        let made = self
            .client
            .get_multiplexed_async_connection_with_config(&self.config)
            .await;
        match made {
            Ok(connection) => {
                state.made = state.made.wrapping_add(1);
                let number = state.made;
                state.connection = Some((number, connection.clone()));
                state.failed = None;
                Ok((number, connection, true))
            }
            Err(error) => {
                state.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    /// The next exchange makes a new connection, unless somebody has already.
    async fn give_up(&self, number: u64) {
        let mut state = self.state.lock().await;
        state.connection = state.connection.take().filter(|(had, _)| *had != number);
    }
}

async fn send(
    connection: &mut MultiplexedConnection,
    commands: &Pipeline,
) -> RedisResult<Vec<Value>> {
    let values = connection
        .req_packed_commands(commands, 0, commands.len())
        .await?;
    if values.len() == commands.len() {
        return Ok(values);
    }
    let error = io::Error::new(
        io::ErrorKind::InvalidData,
        "as many answers as commands were expected",
    );
    Err(error.into())
}

fn is_broken(error: &RedisError) -> bool {
    error.is_io_error() || error.is_connection_dropped() || error.is_unrecoverable_error()
}

fn is_of_a_replica(value: &Value) -> bool {
    matches!(value, Value::ServerError(error) if error.code() == "READONLY")
}

/// Set up for many small exchanges.
pub(crate) fn set_up(info: ConnectionInfo) -> ConnectionInfo {
    let settings = TcpSettings::default().set_nodelay(true);
    #[cfg(target_os = "linux")]
    let settings = settings.set_user_timeout(SILENCE);
    info.set_tcp_settings(settings)
}

impl fmt::Debug for Link {
    /// Without the client, in which there may be a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").finish_non_exhaustive()
    }
}
