//! What can be wrong with how an origin is set up, and how Redis' failures are told.

use std::time::Duration;

use redis::RedisError;
use tollgate::OriginError;

/// Why there is no origin. None of them shows a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// It is no URL of a Redis server, or one that needs a feature that isn't on.
    #[error("not the URL of a Redis server: {problem}")]
    Url {
        /// What is wrong with it.
        problem: String,
    },
    /// A cluster is found by one of its servers at least.
    #[error("no server of the cluster is named")]
    NoServers,
    /// What keys begin with must be 1 to 64 bytes of `[A-Za-z0-9._:-]`.
    #[error("keys can't begin with {namespace:?}: 1 to 64 bytes of A-Z a-z 0-9 . _ : -")]
    Namespace {
        /// What was given, cut to 65 characters.
        namespace: String,
    },
}

/// Why a call has no reply.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Failure {
    #[error("Redis failed")]
    Redis(#[source] RedisError),
    #[error("Redis did not answer within {0:?}")]
    TimedOut(Duration),
    #[error("Redis answered what this version of the script does not")]
    Garbled,
    #[error("no server of the cluster has the slot {0}")]
    NoServer(u16),
}

impl From<RedisError> for Failure {
    fn from(error: RedisError) -> Self {
        Self::Redis(error)
    }
}

impl From<Failure> for OriginError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Redis(error) => Self::caused_by("Redis failed", error),
            Failure::TimedOut(_) | Failure::Garbled | Failure::NoServer(_) => {
                Self::new(failure.to_string())
            }
        }
    }
}
