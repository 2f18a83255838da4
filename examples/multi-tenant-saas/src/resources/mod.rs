//! Resources: what the tenants of this service keep, each its own.

mod fields;
mod routes;
mod store;

pub(crate) use self::fields::Paging;
pub(crate) use self::routes::routes;

use serde::{Deserialize, Serialize};

/// A resource, as its tenant sees it.
#[derive(Debug, Serialize)]
pub(crate) struct Resource {
    /// A UUID of version 7: later ones sort behind earlier ones.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) status: String,
    /// RFC 3339, in UTC.
    pub(crate) created_at: String,
    /// Other resources of the same tenant, by id. A list of resources does not tell them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) related: Vec<String>,
}

/// How a resource is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    #[default]
    Active,
    Archived,
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Archived => "archived",
        }
    }
}
