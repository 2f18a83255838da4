//! On whose behalf something is written, and on what condition.

/// Who makes a change, for the history.
///
/// # Examples
/// ```
/// let by = tollgate_store::By::new("alice@example.com");
/// assert_eq!(by.as_str(), "alice@example.com");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By(String);

impl By {
    /// The most characters that are kept of a name.
    pub const MAX_LEN: usize = 255;

    /// A name; an empty one is none. Its first 255 characters are kept, with a space for each that controls a
    /// terminal.
    pub fn new(name: &str) -> Self {
        let plain = |char: char| if char.is_control() { ' ' } else { char };
        Self(name.chars().take(Self::MAX_LEN).map(plain).collect())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a write expects to find; otherwise it is a [`StoreError::Conflict`](crate::StoreError::Conflict).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// There is no such tenant.
    Absent,
    /// The tenant is there, at this version.
    Version(u64),
}

impl Expected {
    pub(super) fn version(self) -> Option<u64> {
        match self {
            Self::Absent => None,
            Self::Version(version) => Some(version),
        }
    }
}
