//! What can go wrong around a decision; a refusal is not among it, that is a value.

use std::error::Error;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use crate::config::ConfigErrors;
use crate::outage::Outage;
use crate::tenant_id::TenantId;

/// Why a tenant could not be looked up.
///
/// [`is_not_found`](Self::is_not_found) tells "there is no such tenant" from "we can't tell now".
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum LookupError {
    /// The config source does not know the tenant.
    #[error("tenant {0} is not known")]
    NotFound(TenantId),
    /// The config source failed.
    #[error("tenant {id}: its config could not be loaded")]
    Source {
        /// The tenant.
        id: TenantId,
        /// What the source said.
        #[source]
        cause: SourceError,
    },
    /// The config source did not answer in time.
    #[error("tenant {id}: its config was not loaded within {limit:?}")]
    TimedOut {
        /// The tenant.
        id: TenantId,
        /// The bound, see [`EngineBuilder::load_timeout`](crate::EngineBuilder::load_timeout).
        limit: Duration,
    },
    /// The source's config can't be used.
    #[error("tenant {id}: its config is not valid")]
    InvalidConfig {
        /// The tenant.
        id: TenantId,
        /// Everything that is wrong with it.
        #[source]
        problems: ConfigErrors,
    },
    /// As many tenants are in memory as may be, and none of those looked at can be evicted: all are held, or have
    /// used something that still counts.
    #[error("tenant {id}: {most} tenants are in memory, the most there may be, and none can go")]
    Full {
        /// The tenant.
        id: TenantId,
        /// The bound, see [`EngineBuilder::most_tenants`](crate::EngineBuilder::most_tenants).
        most: NonZeroUsize,
    },
    /// The tenant's parent could not be looked up.
    #[error("tenant {id}: its parent {parent} could not be looked up")]
    Parent {
        /// The tenant.
        id: TenantId,
        /// Its parent.
        parent: TenantId,
        /// Why the parent could not be.
        #[source]
        cause: Arc<LookupError>,
    },
    /// The tenant descends from itself.
    #[error("tenant {id}: its parent {parent} descends from it")]
    Circle {
        /// The tenant.
        id: TenantId,
        /// Its parent.
        parent: TenantId,
    },
    /// A change of the tenant's config could not be put in force while it is in memory.
    #[error("tenant {id}: {problem}")]
    NotInstalled {
        /// The tenant.
        id: TenantId,
        /// Why not.
        #[source]
        problem: ReconfigureError,
    },
    /// The engine has no loader: it was shut down, or built without actors.
    #[error(
        "tenant {0}: not in memory, and the engine has no loader (shut down, or none was built)"
    )]
    NoLoader(TenantId),
}

impl LookupError {
    /// Whether the tenant is certainly unknown, which an HTTP adapter answers with 404; anything else
    /// is trouble of our own and a 503.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound(_))
    }

    /// How long it will be the same for certain, where the source has [said so](SourceError::retry_after).
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Source { cause, .. } => cause.retry_after,
            Self::Parent { cause, .. } => cause.retry_after(),
            Self::NotFound(_)
            | Self::TimedOut { .. }
            | Self::InvalidConfig { .. }
            | Self::Full { .. }
            | Self::Circle { .. }
            | Self::NotInstalled { .. }
            | Self::NoLoader(_) => None,
        }
    }
}

/// Why a tenant could not be given a new config.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ReconfigureError {
    /// The config can't be used.
    #[error("the config is not valid")]
    InvalidConfig(#[source] ConfigErrors),
    /// The config is another tenant's.
    #[error("the config of {given} was given to {tenant}")]
    OtherTenant {
        /// The tenant.
        tenant: TenantId,
        /// Whose config it is.
        given: TenantId,
    },
    /// The tenant belongs to an engine, whose config source alone says what it may do.
    #[error("tenant {0} belongs to an engine: change its config in the engine's source")]
    NotAlone(TenantId),
    /// The config names another parent than the tenant has, which it keeps while it is in memory.
    #[error("tenant {0} keeps the parent that it has, or none, while it is in memory")]
    OtherParent(TenantId),
    /// It has children, and a tenant with children may have 16 limits at most.
    #[error("tenant {0} has children: its config must have at most 16 limits")]
    TooManyLimits(TenantId),
}

/// A tenant is not as a writer expected it to be: nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("tenant {tenant}: expected {}, found {}", told(*.expected), told(*.actual))]
#[non_exhaustive]
pub struct Conflict {
    /// The tenant.
    pub tenant: TenantId,
    /// The version that was expected; `None`: no such tenant.
    pub expected: Option<u64>,
    /// The version that was found; `None`: no such tenant.
    pub actual: Option<u64>,
}

fn told(version: Option<u64>) -> String {
    version.map_or("no such tenant".to_owned(), |version| {
        format!("version {version}")
    })
}

/// Why a config could not be put in an [`InMemorySource`](crate::InMemorySource) on a condition.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum SetError {
    /// The config can't be used.
    #[error("the config is not valid")]
    InvalidConfig(#[source] ConfigErrors),
    /// The tenant is at another version.
    #[error(transparent)]
    Conflict(Conflict),
}

/// What a config source says when it fails; opaque, with its cause.
#[derive(Debug, Clone, thiserror::Error)]
#[error("config source: {message}")]
pub struct SourceError {
    message: String,
    #[source]
    cause: Option<Arc<dyn Error + Send + Sync>>,
    retry_after: Option<Duration>,
}

impl SourceError {
    /// A failure described in words.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            cause: None,
            retry_after: None,
        }
    }

    /// A failure with the error that caused it.
    pub fn caused_by(
        message: impl Into<String>,
        cause: impl Error + Send + Sync + 'static,
    ) -> Self {
        Self {
            message: message.into(),
            cause: Some(Arc::new(cause)),
            retry_after: None,
        }
    }

    /// The same failure, with how long it is certain to last: clients are told so over HTTP.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }
}

/// Why an engine could not be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// No config source was given.
    #[error("the engine needs a config source: EngineBuilder::source")]
    NoSource,
    /// Actors are tokio tasks, and there is no runtime to run them.
    #[error("no tokio runtime here: build the engine inside one, or use build_without_actors")]
    NoRuntime,
    /// Hooks are delivered by an actor, and there are no actors.
    #[error("hooks need an actor: use build, or hooks_inline")]
    HooksNeedActors,
    /// An origin is visited by an actor, and there are no actors.
    #[error("an origin needs an actor: use build")]
    OriginNeedsActors,
    /// A local share has a number out of its bounds.
    #[error("outage {0:?}: percent must be 1 to 99, and nodes at least 1")]
    UnsoundOutage(Outage),
}
