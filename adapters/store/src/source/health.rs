//! How a source is doing, for readiness endpoints.

use std::time::Duration;

use tokio::time::Instant;
use tollgate::TenantId;

use crate::roster::Phase;
use crate::source::shared::Shared;

/// How a [`SqlSource`](crate::SqlSource) is doing at one moment.
///
/// # Examples
/// A readiness endpoint may say 503 while [`is_ready`](Self::is_ready) says no: known tenants are served all the same.
/// ```
/// # fn ready(source: &tollgate_store::SqlSource) -> (u16, String) {
/// let health = source.health();
/// match &health.down {
///     None => (200, "ready".to_owned()),
///     Some(down) => (503, format!("no database for {:?}: {}", down.lasting, down.cause)),
/// }
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Health {
    /// Since when and why the database does not answer; `None` while it does.
    pub down: Option<Down>,
    /// How changes that others make come in.
    pub feed: FeedMode,
    /// For how long they have come in so.
    pub feed_for: Duration,
    /// All changes that were committed longer ago than this have been taken in; `None` before the first.
    pub behind: Option<Duration>,
    /// How many configs are cached.
    pub cached: u64,
    /// How many ids are remembered that have none.
    pub unknown: u64,
    /// How many ids the roster of all tenants has, if it is complete; without it unknown ids are looked up.
    pub roster: Option<usize>,
    /// How many times a config was handed out that was due to be read again and had not been. Only grows.
    pub stale_served: u64,
    /// How many questions the database was asked. Only grows.
    pub queries: u64,
    /// Tenants whose rows are no configs, in the order of their ids, and what is wrong with them: 100 at most.
    pub broken: Vec<(TenantId, String)>,
}

/// The database does not answer.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Down {
    /// For how long it has not.
    pub lasting: Duration,
    /// What it said last, its causes included.
    pub cause: String,
}

/// How changes that others make come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FeedMode {
    /// The database tells of them.
    Listening,
    /// It is asked again and again: SQLite's usual way, and PostgreSQL's while the connection for notices is lost.
    Polling,
    /// They don't: the database can't be asked.
    Lost,
}

impl Health {
    /// Whether the database answers and changes come in.
    pub fn is_ready(&self) -> bool {
        self.down.is_none() && self.feed != FeedMode::Lost
    }

    pub(crate) fn of(shared: &Shared) -> Self {
        let now = Instant::now();
        let since = |at| now.saturating_duration_since(at);
        let (feed, feed_since, caught_up_at) = shared.feed.mode();
        let (cached, unknown) = shared.cache.len();
        let broken = shared.broken().into_iter();
        Self {
            down: shared.pulse.down().map(|down| Down {
                lasting: since(down.since),
                cause: with_causes(&*down.cause),
            }),
            feed,
            feed_for: since(feed_since),
            behind: caught_up_at.map(since),
            cached,
            unknown,
            roster: (shared.roster.phase() == Phase::Complete).then(|| shared.roster.len()),
            stale_served: shared.stale_served(),
            queries: shared.queries(),
            broken: broken
                .map(|(id, problem)| (id, problem.to_string()))
                .collect(),
        }
    }
}

/// An error and what caused it, in one line.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
