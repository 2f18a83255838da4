//! One exchange with one server: several calls there, and what came of each.

use redis::aio::{ConnectionLike, ConnectionManager};
use redis::{Pipeline, RedisError, RedisResult, Value};

use crate::link::Link;
use crate::script::{Made, Text};

/// What leads to a server.
#[derive(Debug)]
pub(crate) enum Way {
    /// Our own connection.
    Own(Box<Link>),
    /// Somebody else's, for their own reasons.
    Given(Given),
}

/// Not to be printed: there may be a password in it.
pub(crate) struct Given(pub(crate) ConnectionManager);

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ConnectionManager")
    }
}

impl Way {
    /// What the server said to each of the commands; an error stands for that of a single command.
    pub(crate) async fn exchange(&self, commands: &Pipeline) -> RedisResult<Vec<Value>> {
        match self {
            Self::Own(link) => link.exchange(commands).await,
            Self::Given(Given(connection)) => {
                let mut connection = connection.clone();
                connection
                    .req_packed_commands(commands, 0, commands.len())
                    .await
            }
        }
    }

    /// Somebody has given up waiting for an [`exchange`](Self::exchange).
    pub(crate) fn was_silent(&self) {
        match self {
            Self::Own(link) => link.was_silent(),
            Self::Given(_) => {}
        }
    }
}

/// Has the script run for each of the calls, and gives what came of each, in their order.
///
/// Calls go by the script's hash. Those that are refused because Redis does not know it are made again: the first by the
/// text, from which Redis learns it.
pub(crate) async fn run(
    way: &Way,
    script: &Text,
    calls: &[&Made],
) -> RedisResult<Vec<RedisResult<Value>>> {
    let mut commands = Pipeline::with_capacity(calls.len());
    for call in calls {
        commands.add_command(script.by_hash(call));
    }
    let mut said = results(way.exchange(&commands).await?, calls.len());
    let refused: Vec<_> = (0..calls.len())
        .filter(|at| matches!(said.get(*at), Some(Err(error)) if is_unknown_script(error)))
        .collect();
    if refused.is_empty() {
        return Ok(said);
    }
    let again = refused.iter().filter_map(|at| calls.get(*at));
    let mut commands = Pipeline::with_capacity(refused.len());
    for (at, call) in again.enumerate() {
        commands.add_command(match at {
            0 => script.by_text(call),
            _ => script.by_hash(call),
        });
    }
    let later = results(way.exchange(&commands).await?, refused.len());
    for (at, result) in refused.into_iter().zip(later) {
        if let Some(place) = said.get_mut(at) {
            *place = result;
        }
    }
    Ok(said)
}

/// Each answer for itself: one command that fails says nothing of the others.
fn results(values: Vec<Value>, count: usize) -> Vec<RedisResult<Value>> {
    let mut results: Vec<_> = values.into_iter().map(Value::extract_error).collect();
    results.resize_with(count, || Err(missing()));
    results
}

fn missing() -> RedisError {
    std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "no answer").into()
}

fn is_unknown_script(error: &RedisError) -> bool {
    error.code() == Some("NOSCRIPT")
}
