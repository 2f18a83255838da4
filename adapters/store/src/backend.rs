//! What the cache needs of a database, so that it can be tested without one.

use std::future::Future;
use std::pin::Pin;

use tollgate::{TenantConfig, TenantId};

use crate::error::StoreError;

/// An answer on its way.
pub(crate) type Answer<'b, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'b>>;

/// A database with tenant configs in it.
pub(crate) trait Backend: Send + Sync + 'static {
    /// The rows of these tenants, in one query. Who is missing from the answer is not there.
    fn load<'b>(&'b self, ids: &'b [TenantId]) -> Answer<'b, Vec<Row>>;

    /// The next `most` ids after `after`, in the order of their bytes.
    fn ids<'b>(&'b self, after: Option<&'b TenantId>, most: u32) -> Answer<'b, Vec<TenantId>>;

    /// What has changed since an earlier answer; without one only where the changes stand now.
    fn changes(&self, since: Option<Cursor>) -> Answer<'_, Changes>;
}

/// A tenant's row as it was read.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: TenantId,
    /// Grows with every change to this tenant.
    pub(crate) version: u64,
    /// The config, or what is wrong with it.
    pub(crate) config: Result<TenantConfig, String>,
}

/// A place in the order of changes; opaque to all but the database that gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) at: u64,
    /// The highest version that was told, or was there to begin with.
    pub(crate) version: u64,
    /// The end of the part that was told last, if that was not all.
    pub(crate) part: Option<Part>,
}

/// Where a part of an answer ends: how many there are is told in parts of a bounded size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    /// The transaction and the version of its last change.
    pub(crate) end: (u64, u64),
    /// All changes are told, of whatever transaction.
    pub(crate) all: bool,
}

impl Cursor {
    /// Where a whole answer went on.
    pub(crate) fn at(at: u64, version: u64) -> Self {
        Self {
            at,
            version,
            part: None,
        }
    }
}

/// What has changed.
#[derive(Debug, Clone)]
pub(crate) struct Changes {
    /// Whose config has changed. A change may be told twice.
    pub(crate) tenants: Vec<Changed>,
    /// Where to go on.
    pub(crate) next: Cursor,
    /// Whether there are more by now: what was told is a part.
    pub(crate) more: bool,
    /// Whether none is left out, whoever made it: a table without versions tells only of some.
    pub(crate) complete: bool,
}

/// What has become of one tenant.
#[derive(Debug, Clone)]
pub(crate) struct Changed {
    pub(crate) id: TenantId,
    /// No change since the cursor has a lower version; 0 says nothing.
    pub(crate) first: u64,
    /// The version of the last change.
    pub(crate) version: u64,
    /// The tenant is gone.
    pub(crate) removed: bool,
}
