//! Why a request's tenant could not be told.

use std::borrow::Cow;

use tollgate::{InvalidTenantId, TenantId};

use super::source::Source;
use crate::text::shown;

/// Why a request's tenant could not be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// A source names something that is no tenant id: 400 `tenant_invalid_id`.
    #[error(transparent)]
    Invalid(#[from] InvalidId),
    /// A source carries a credential that proves nothing: 401 `credential_invalid`.
    #[error(transparent)]
    Credential(#[from] InvalidCredential),
    /// Nothing proves the tenant that is named, and the gate demands that: 401 `tenant_unproven`.
    #[error("the {origin} names a tenant, and no credential proves it")]
    Unproven {
        /// The source that names it.
        origin: Source,
    },
    /// Two sources name different tenants: 403 `tenant_mismatch`.
    #[error("the {other} names another tenant than the {first}")]
    Mismatch {
        /// The source that was read first.
        first: Source,
        /// The source that disagrees with it.
        other: Source,
    },
}

/// A source names something that is no tenant id.
///
/// What the request said is shown escaped, and at most 40 characters of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidId {
    /// It names a tenant more than once.
    #[error("the {origin} names a tenant more than once")]
    Repeated {
        /// The source that does.
        origin: Source,
    },
    /// What it names is no tenant id.
    #[error("the {origin} names tenant \"{shown}\": {reason}")]
    Malformed {
        /// The source that does.
        origin: Source,
        /// What it names, escaped and shortened.
        shown: String,
        /// What is wrong with it.
        reason: InvalidTenantId,
    },
    /// The path should name the tenant, and it is one that servers read in different ways.
    #[error("the path that should name the tenant can't be normalised: \"{shown}\"")]
    UnreadablePath {
        /// The path, escaped and shortened.
        shown: String,
    },
}

impl InvalidId {
    /// The source that named it.
    pub fn origin(&self) -> Source {
        match self {
            Self::Repeated { origin } | Self::Malformed { origin, .. } => *origin,
            Self::UnreadablePath { .. } => Source::Path,
        }
    }
}

/// A request carries a credential that proves nothing: a token that has expired, a key that nobody has.
///
/// Not the same as to carry none: who does that is nobody yet, and may be told by another source.
///
/// # Examples
/// ```
/// use tollgate_http::InvalidCredential;
///
/// let error = InvalidCredential::new("the token has expired");
/// assert_eq!(error.to_string(), "the credential is refused: the token has expired");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the credential is refused: {reason}")]
pub struct InvalidCredential {
    reason: Cow<'static, str>,
}

impl InvalidCredential {
    /// It is refused for this reason, which the client is told: it must not repeat the credential.
    pub fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            reason: reason.into(),
        }
    }

    /// Why it is refused.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

/// Checks what `origin` said.
#[inline]
pub(super) fn parse(origin: Source, said: &[u8]) -> Result<TenantId, InvalidId> {
    TenantId::from_bytes(said).map_err(|reason| malformed(origin, said, reason))
}

#[cold]
fn malformed(origin: Source, said: &[u8], reason: InvalidTenantId) -> InvalidId {
    InvalidId::Malformed {
        origin,
        shown: shown(said),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_where_what_and_why() {
        let error = parse(Source::Header, b"acme corp").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the header names tenant \"acme corp\": a tenant id may only have A-Z a-z 0-9 . _ -, \
             this one has byte 0x20 at 4"
        );
    }

    #[test]
    fn a_megabyte_of_garbage_is_not_echoed() {
        let error = parse(Source::Query, &vec![0xff; 1 << 20]).unwrap_err();
        assert!(error.to_string().len() < 200, "{error}");
    }
}
