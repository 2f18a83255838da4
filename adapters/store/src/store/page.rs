//! What a store gives when it is read, and which part of it is asked for.

use tollgate::{Status, TenantConfig, TenantId};

/// A tenant's config as it stands in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stored {
    /// The config.
    pub config: TenantConfig,
    /// Grows with every change, see [`TenantStore`](crate::TenantStore).
    pub version: u64,
    /// When the tenant was added, as RFC 3339 in UTC.
    pub created_at: Option<String>,
    /// When it was last written, as RFC 3339 in UTC.
    pub updated_at: Option<String>,
}

/// One tenant of a [`Page`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listed {
    /// The tenant.
    pub tenant: TenantId,
    /// The config, or everything that is wrong with its row.
    pub config: Result<TenantConfig, String>,
    /// Grows with every change, see [`TenantStore`](crate::TenantStore).
    pub version: u64,
    /// When the tenant was added, as RFC 3339 in UTC.
    pub created_at: Option<String>,
    /// When it was last written, as RFC 3339 in UTC.
    pub updated_at: Option<String>,
}

/// Some tenants in the order of their ids' bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// The tenants.
    pub tenants: Vec<Listed>,
    /// What to go on after; `None`: there are no more.
    pub next: Option<TenantId>,
}

/// Which tenants are listed, and from where. Default: the first 100 of all.
///
/// # Examples
/// ```
/// use tollgate::Status;
/// use tollgate_store::Filter;
///
/// let suspended = Filter::default().prefix("eu-").status(Status::Suspended).most(20);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    pub(super) prefix: String,
    pub(super) status: Option<Status>,
    pub(super) after: Option<TenantId>,
    pub(super) most: u32,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            prefix: String::new(),
            status: None,
            after: None,
            most: 100,
        }
    }
}

impl Filter {
    /// The most tenants that one page has.
    pub const MOST: u32 = 1_000;

    /// Only ids that begin so; case matters. Default: all.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Only tenants of this status. Default: all.
    #[must_use]
    pub fn status(mut self, status: Status) -> Self {
        self.status = Some(status);
        self
    }

    /// Only ids after this one: [`Page::next`] of the page before. Default: from the first.
    #[must_use]
    pub fn after(mut self, id: TenantId) -> Self {
        self.after = Some(id);
        self
    }

    /// At most so many; 1 to 1000, and what is beyond is taken for the nearer of the two. Default: 100.
    #[must_use]
    pub fn most(mut self, most: u32) -> Self {
        self.most = most.clamp(1, Self::MOST);
        self
    }
}
