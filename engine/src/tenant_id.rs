//! Who is limited: one validated type for tenant ids, used at every edge.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use compact_str::CompactString;
use serde::{Deserialize, Deserializer, Serialize};

/// The id of a tenant: 1–255 bytes of `[A-Za-z0-9._-]`, and neither `.` nor `..`.
///
/// Ids are compared as given; there is no case folding. The alphabet is safe in a header, a path
/// segment, a file name, a SQL value and a Redis key, so that one check serves every edge.
///
/// # Complexity
/// Ids of up to 24 bytes are stored inline: cloning one allocates nothing.
///
/// # Examples
/// ```
/// use tollgate::TenantId;
///
/// let id: TenantId = "acme-corp".parse()?;
/// assert_eq!(id.as_str(), "acme-corp");
/// assert!("acme corp".parse::<TenantId>().is_err());
/// # Ok::<(), tollgate::InvalidTenantId>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct TenantId(CompactString);

impl TenantId {
    /// The longest id, in bytes.
    pub const MAX_LEN: usize = 255;

    /// Checks `id` and takes a copy of it.
    ///
    /// # Errors
    /// [`InvalidTenantId`] says what is wrong with it.
    pub fn new(id: &str) -> Result<Self, InvalidTenantId> {
        Self::from_bytes(id.as_bytes())
    }

    /// Checks bytes that came from outside (a header, a path) and takes a copy of them.
    ///
    /// # Errors
    /// [`InvalidTenantId`] says what is wrong with them; no input panics.
    pub fn from_bytes(id: &[u8]) -> Result<Self, InvalidTenantId> {
        if id.is_empty() {
            return Err(InvalidTenantId::Empty);
        }
        if id.len() > Self::MAX_LEN {
            return Err(InvalidTenantId::TooLong { len: id.len() });
        }
        // Without an early end, so that many bytes are looked at at once: every request comes this way.
        if !id.iter().fold(true, |fine, &byte| fine & is_allowed(byte)) {
            return Err(Self::first_bad_byte(id));
        }
        if id == b"." || id == b".." {
            return Err(InvalidTenantId::Dots);
        }
        // Allowed bytes are ASCII, so this can't fail; the error is still the right one.
        let text = std::str::from_utf8(id).map_err(|_| InvalidTenantId::Dots)?;
        Ok(Self(CompactString::from(text)))
    }

    #[cold]
    fn first_bad_byte(id: &[u8]) -> InvalidTenantId {
        let at = id.iter().position(|&byte| !is_allowed(byte)).unwrap_or(0);
        let byte = id.get(at).copied().unwrap_or_default();
        InvalidTenantId::Byte { at, byte }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

const fn is_allowed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}

/// Why some text is no tenant id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidTenantId {
    /// There is nothing there.
    #[error("a tenant id must not be empty")]
    Empty,
    /// It is longer than [`TenantId::MAX_LEN`].
    #[error("a tenant id must have at most 255 bytes, this one has {len}")]
    TooLong {
        /// How many bytes it has.
        len: usize,
    },
    /// It has a byte outside `[A-Za-z0-9._-]`.
    #[error("a tenant id may only have A-Z a-z 0-9 . _ -, this one has byte 0x{byte:02x} at {at}")]
    Byte {
        /// The position of the byte, from 0.
        at: usize,
        /// The byte.
        byte: u8,
    },
    /// It is `.` or `..`, which mean something in paths.
    #[error("a tenant id must not be \".\" or \"..\"")]
    Dots,
}

impl fmt::Debug for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TenantId({})", self.0)
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for TenantId {
    type Err = InvalidTenantId;

    fn from_str(id: &str) -> Result<Self, Self::Err> {
        Self::new(id)
    }
}

impl TryFrom<&str> for TenantId {
    type Error = InvalidTenantId;

    fn try_from(id: &str) -> Result<Self, Self::Error> {
        Self::new(id)
    }
}

impl TryFrom<String> for TenantId {
    type Error = InvalidTenantId;

    fn try_from(id: String) -> Result<Self, Self::Error> {
        Self::new(&id)
    }
}

impl AsRef<str> for TenantId {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<Self> for TenantId {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl Borrow<str> for TenantId {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl<'de> Deserialize<'de> for TenantId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = CompactString::deserialize(from)?;
        Self::new(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_and_of_255_bytes_are_accepted() {
        assert!(TenantId::new("a").is_ok());
        assert!(TenantId::new(&"a".repeat(255)).is_ok());
    }

    #[test]
    fn what_is_not_an_id_is_refused_with_its_reason() {
        assert_eq!(TenantId::new(""), Err(InvalidTenantId::Empty));
        assert_eq!(
            TenantId::new(&"a".repeat(256)),
            Err(InvalidTenantId::TooLong { len: 256 })
        );
        assert_eq!(TenantId::new(".."), Err(InvalidTenantId::Dots));
        assert_eq!(
            TenantId::new("a/b"),
            Err(InvalidTenantId::Byte { at: 1, byte: b'/' })
        );
        assert_eq!(
            TenantId::from_bytes(b"\xff"),
            Err(InvalidTenantId::Byte { at: 0, byte: 0xff })
        );
    }

    #[test]
    fn case_is_kept_and_told_apart() {
        assert_ne!(TenantId::new("Acme"), TenantId::new("acme"));
    }
}
