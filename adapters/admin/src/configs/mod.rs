//! Where the admin API reads and writes tenants: the port, and what goes through it.
//!
//! A source of configs becomes one that the admin API can write to by implementing [`TenantConfigs`];
//! [`InMemorySource`](tollgate::InMemorySource) does, and with the feature `store`, `tollgate_store::SqlSource`.

mod memory;
#[cfg(feature = "store")]
mod store;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use serde_json::Value;
use tollgate::{ConfigErrors, ConfigSource, Status, TenantConfig, TenantId};

/// What a source answers, on its way.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, ConfigsError>> + Send + 'a>>;

/// A [config source](ConfigSource) that can be listed and written to.
///
/// # Contract
/// - A write that returned is in force: a decision that begins after it is made by the new config.
/// - A write on a condition does nothing unless it holds, and of any number of writers that expect the same version one
///   succeeds.
/// - Tenants are listed in the order of their ids' bytes.
pub trait TenantConfigs: ConfigSource {
    /// The tenant as it stands now, past any cache; `None` if there is none.
    fn get<'a>(&'a self, id: &'a TenantId) -> Answer<'a, Option<Entry>>;

    /// Some tenants.
    fn list<'a>(&'a self, filter: &'a Filter) -> Answer<'a, Page>;

    /// Adds the tenant, or replaces its config, if it is at version `expected` (`None`: if there is no such tenant), on
    /// behalf of `who`; gives the new version.
    fn set_if<'a>(
        &'a self,
        config: &'a TenantConfig,
        expected: Option<u64>,
        who: &'a str,
    ) -> Answer<'a, u64>;

    /// Removes the tenant if it is at this version, on behalf of `who`; gives the version of the removal.
    fn delete_if<'a>(&'a self, id: &'a TenantId, version: u64, who: &'a str) -> Answer<'a, u64>;

    /// What has become of the tenant, the newest first: at most `most` revisions below version `before`. `None` if the
    /// source keeps no history, as it does unless it says otherwise.
    fn history<'a>(
        &'a self,
        id: &'a TenantId,
        before: Option<u64>,
        most: u32,
    ) -> Answer<'a, Option<History>> {
        let _ = (id, before, most);
        Box::pin(std::future::ready(Ok(None)))
    }

    /// How the source is doing.
    fn health(&self) -> SourceHealth;
}

/// A tenant as its source has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The tenant.
    pub tenant: TenantId,
    /// The config, or everything that is wrong with what the source has in its place.
    pub config: Result<TenantConfig, String>,
    /// Grows with every change.
    pub version: u64,
    /// When it was added, as RFC 3339 in UTC, if the source knows.
    pub created_at: Option<String>,
    /// When it was last changed, as RFC 3339 in UTC, if the source knows.
    pub updated_at: Option<String>,
}

/// Which tenants are listed, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Only ids that begin so.
    pub prefix: String,
    /// Only tenants of this status; `None`: all.
    pub status: Option<Status>,
    /// Only ids after this one.
    pub after: Option<TenantId>,
    /// At most so many, 1 to [`MOST`](Self::MOST).
    pub most: u32,
}

impl Filter {
    /// The most tenants that a page has.
    pub const MOST: u32 = 1_000;
}

/// Some tenants in the order of their ids.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The tenants.
    pub tenants: Vec<Entry>,
    /// What to go on after; `None`: there are no more.
    pub next: Option<TenantId>,
}

/// Some changes of one tenant, the newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// The changes.
    pub revisions: Vec<Revision>,
    /// The version to go on before; `None`: there are no more.
    pub next: Option<u64>,
}

/// One change of a tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct Revision {
    /// The version that the change made.
    pub version: u64,
    /// When, as RFC 3339 in UTC.
    pub at: String,
    /// Who made it, if the source knows.
    pub by: Option<String>,
    /// What was there; `None`: the change added the tenant.
    pub before: Option<Result<TenantConfig, String>>,
    /// What is there since; `None`: the change removed the tenant.
    pub after: Option<Result<TenantConfig, String>>,
}

/// How a source is doing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SourceHealth {
    /// What it is: `memory`, `sqlite`, `postgres`, ….
    pub kind: String,
    /// What keeps it from being of use, if something does.
    pub problem: Option<String>,
    /// Tenants whose entries are no configs, and what is wrong with them.
    pub broken: Vec<(TenantId, String)>,
    /// Whatever else it tells, by name.
    pub figures: BTreeMap<String, Value>,
}

/// Why a source could not do what it was asked to.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigsError {
    /// The tenant is at another version: nothing was written.
    #[error("the tenant is not at the version that was expected")]
    Conflict {
        /// The version that it is at; `None`: there is no such tenant.
        actual: Option<u64>,
    },
    /// The config can't be used.
    #[error("the config is not valid")]
    Invalid(#[source] ConfigErrors),
    /// The source has no place for it: a column is too narrow, a table lacks one.
    #[error("{0}")]
    NoPlace(String),
    /// The source failed, or does not answer. A write may have been done.
    #[error("{message}")]
    Unavailable {
        /// What it said.
        message: String,
        /// How long it will be the same for certain, if that is known.
        retry_after: Option<Duration>,
    },
}
