//! What is metered: requests, tokens, or a name of the user's own.

use std::fmt;
use std::str::FromStr;

use compact_str::CompactString;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a limit counts.
///
/// [`Requests`](Self::Requests) and [`Tokens`](Self::Tokens) are the two that the lease word
/// carries, so that a decision about them takes no lock. Any other name
/// (`input_tokens`, `bytes`, `microdollars`) is as exact and takes the tenant's lock.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// How many requests; a request costs 1.
    Requests,
    /// How many tokens, as a language model counts them.
    Tokens,
    /// Anything else.
    Named(DimensionName),
}

impl Dimension {
    /// The name, as configs and headers write it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Requests => "requests",
            Self::Tokens => "tokens",
            Self::Named(name) => name.0.as_str(),
        }
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Dimension {
    type Err = InvalidDimension;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "requests" => Ok(Self::Requests),
            "tokens" => Ok(Self::Tokens),
            other => DimensionName::new(other).map(Self::Named),
        }
    }
}

impl Serialize for Dimension {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Dimension {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = CompactString::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The name of a user's own dimension: 1–64 bytes of `[a-z0-9_]`, not `requests` or `tokens`.
///
/// Made by parsing a [`Dimension`]: `"bytes".parse::<Dimension>()`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DimensionName(CompactString);

impl DimensionName {
    /// The longest name, in bytes.
    pub const MAX_LEN: usize = 64;

    fn new(name: &str) -> Result<Self, InvalidDimension> {
        let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
        if name.is_empty() || name.len() > Self::MAX_LEN || !name.bytes().all(allowed) {
            return Err(InvalidDimension {
                name: name.chars().take(Self::MAX_LEN).collect(),
            });
        }
        Ok(Self(CompactString::from(name)))
    }
}

/// Some text is no dimension's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("dimension {name:?}: must be 1 to 64 bytes of a-z 0-9 _")]
pub struct InvalidDimension {
    name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_built_in_names_are_no_user_dimensions() {
        assert_eq!("requests".parse(), Ok(Dimension::Requests));
        assert_eq!("tokens".parse(), Ok(Dimension::Tokens));
        assert!(matches!("input_tokens".parse(), Ok(Dimension::Named(_))));
    }

    #[test]
    fn odd_names_are_refused() {
        for name in ["", "Tokens", "a b", "é", &"x".repeat(65)] {
            assert!(name.parse::<Dimension>().is_err(), "{name}");
        }
    }
}
