//! Where in a request its tenant was named.

use std::fmt;

/// Where in a request its tenant was named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Source {
    /// An authentication layer vouched for it.
    Principal,
    /// A header, such as `X-Tenant-ID`.
    Header,
    /// The first label of the host name.
    Subdomain,
    /// A segment of the path.
    Path,
    /// A key of the query.
    Query,
    /// A cookie.
    Cookie,
    /// A function of the user's own.
    Custom,
}

impl Source {
    /// Its name, as messages and hooks write it: `principal`, `header`, …
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Principal => "principal",
            Self::Header => "header",
            Self::Subdomain => "subdomain",
            Self::Path => "path",
            Self::Query => "query",
            Self::Cookie => "cookie",
            Self::Custom => "custom",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
