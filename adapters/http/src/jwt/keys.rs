//! The keys that tokens may be signed with: at most one for each token.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::algorithm::JwtAlgorithm;
use super::error::{JwtError, JwtKeyError};
use super::jwk::{Jwk, Secrets, exposed, no_json};
use super::key::JwtKey;

/// A set has at most so many keys.
const MOST_KEYS: usize = 256;

/// A file of keys has at most so many bytes.
const MOST_BYTES: u64 = 1 << 20;

/// A set of keys, in which any token means one key at most: the one of its `kid` and its `alg`.
///
/// * A token with a `kid` means the key of that name, and no other. A `kid` that no key has is refused: keys
///   are never tried one after the other.
/// * A token without a `kid` means the key that has none.
///
/// # Examples
/// ```
/// use tollgate_http::jwt::{JwtAlgorithm, JwtKey, JwtKeys};
///
/// let old = JwtKey::secret(JwtAlgorithm::Hs256, &[1; 32])?.with_kid("2026-10");
/// let new = JwtKey::secret(JwtAlgorithm::Hs256, &[2; 32])?.with_kid("2026-11");
/// assert_eq!(JwtKeys::new([old, new])?.keys().len(), 2);
/// # Ok::<(), tollgate_http::jwt::JwtKeyError>(())
/// ```
#[derive(Debug, Clone)]
pub struct JwtKeys {
    keys: Box<[JwtKey]>,
    ignored: Box<[String]>,
    file: Option<(PathBuf, Secrets)>,
}

impl JwtKeys {
    /// These keys.
    ///
    /// # Errors
    /// [`JwtKeyError`] if there are none, more than 256, or two for the same algorithm with the same `kid`, or with
    /// none.
    pub fn new(keys: impl IntoIterator<Item = JwtKey>) -> Result<Self, JwtKeyError> {
        Self::of(keys.into_iter().collect(), Vec::new())
    }

    /// The keys of a JWK Set (RFC 7517 §5) that is published, such as an identity provider's `jwks_uri` has.
    ///
    /// Keys that are for something else (encryption, other curves) are [ignored](Self::ignored). See
    /// [`JwtKey::jwk`] for what a key without `alg` is for.
    ///
    /// # Errors
    /// [`JwtKeyError`] if the text is no JWK Set, has no key that can be used, or has something in it that must not be
    /// published: a shared secret (`oct`), or the private part of a key.
    pub fn from_jwks(json: &str) -> Result<Self, JwtKeyError> {
        Self::parse(json, Secrets::Refuse)
    }

    /// As [`from_jwks`](Self::from_jwks), of a set that nobody else can read: it may have shared secrets.
    ///
    /// # Errors
    /// As [`from_jwks`](Self::from_jwks), but for secrets.
    pub fn from_private_jwks(json: &str) -> Result<Self, JwtKeyError> {
        Self::parse(json, Secrets::Accept)
    }

    /// As [`from_jwks`](Self::from_jwks), from a file of at most 1 MiB, which
    /// [`JwtVerifier::reload`](super::JwtVerifier::reload) reads again. It blocks while it reads.
    ///
    /// # Errors
    /// As [`from_jwks`](Self::from_jwks), and if the file can't be read.
    pub fn from_jwks_file(path: impl Into<PathBuf>) -> Result<Self, JwtKeyError> {
        Self::read(path.into(), Secrets::Refuse)
    }

    /// As [`from_private_jwks`](Self::from_private_jwks), from a file.
    ///
    /// # Errors
    /// As [`from_jwks_file`](Self::from_jwks_file), but for secrets.
    pub fn from_private_jwks_file(path: impl Into<PathBuf>) -> Result<Self, JwtKeyError> {
        Self::read(path.into(), Secrets::Accept)
    }

    /// The keys.
    pub fn keys(&self) -> &[JwtKey] {
        &self.keys
    }

    /// What the set has that is not used: each key's place, `kid` and reason, in words.
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }

    /// The file, read again.
    pub(super) fn read_again(&self) -> Result<Self, JwtKeyError> {
        let (path, secrets) = self.file.clone().ok_or(JwtKeyError::NoFile)?;
        Self::read(path, secrets)
    }

    /// The key that a token with this head means.
    pub(super) fn find(
        &self,
        kid: Option<&str>,
        algorithm: JwtAlgorithm,
    ) -> Result<&JwtKey, JwtError> {
        let mut named = self.keys.iter().filter(|key| key.kid() == kid).peekable();
        if named.peek().is_none() {
            return Err(JwtError::UnknownKey);
        }
        named
            .find(|key| key.algorithm() == algorithm)
            .ok_or(JwtError::WrongAlgorithm)
    }

    fn of(keys: Vec<JwtKey>, ignored: Vec<String>) -> Result<Self, JwtKeyError> {
        if keys.is_empty() {
            return Err(JwtKeyError::Empty { ignored });
        }
        if keys.len() > MOST_KEYS {
            return Err(JwtKeyError::TooMany { most: MOST_KEYS });
        }
        let head = |key: &JwtKey| (key.algorithm(), key.kid().map(Box::from));
        let twice = keys.iter().enumerate().find(|(place, key)| {
            let before = keys.iter().take(*place);
            before.map(head).any(|known| known == head(key))
        });
        if let Some((_, key)) = twice {
            let (algorithm, kid) = head(key);
            return Err(JwtKeyError::Ambiguous { algorithm, kid });
        }
        Ok(Self {
            keys: keys.into(),
            ignored: ignored.into(),
            file: None,
        })
    }

    fn parse(json: &str, secrets: Secrets) -> Result<Self, JwtKeyError> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let set: Set = serde_json::from_str(json).map_err(no_json)?;
        if set.keys.len() > MOST_KEYS {
            return Err(JwtKeyError::TooMany { most: MOST_KEYS });
        }
        let (mut keys, mut ignored) = (Vec::new(), Vec::new());
        for (place, value) in set.keys.into_iter().enumerate() {
            let kid = value.get("kid").and_then(Value::as_str).map(Box::from);
            let in_set = |problem| JwtKeyError::InSet {
                place,
                kid,
                problem: Box::new(problem),
            };
            if let Err(problem) = exposed(&value, secrets) {
                return Err(in_set(problem));
            }
            // RFC 7517 §5 wants keys ignored that are for something else, or can't be read.
            match Jwk::read(value).and_then(|jwk| jwk.key()) {
                Ok(key) => keys.push(key),
                Err(problem) => ignored.push(in_set(problem).to_string()),
            }
        }
        Self::of(keys, ignored)
    }

    fn read(path: PathBuf, secrets: Secrets) -> Result<Self, JwtKeyError> {
        let json = match text_of(&path) {
            Ok(json) => json,
            Err(problem) => return Err(JwtKeyError::File { path, problem }),
        };
        let keys = Self::parse(&json, secrets)?;
        Ok(Self {
            file: Some((path, secrets)),
            ..keys
        })
    }
}

fn text_of(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let file = File::open(path)?;
    let read = file
        .take(MOST_BYTES.saturating_add(1))
        .read_to_string(&mut text)?;
    if u64::try_from(read).is_ok_and(|read| read <= MOST_BYTES) {
        Ok(text)
    } else {
        Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("it has more than {MOST_BYTES} bytes"),
        ))
    }
}
