//! Who may use the admin API: names with passwords, and tokens, and what each may do.

use std::fmt;

use argon2::Argon2;
use argon2::password_hash::PasswordHasher;
use argon2::password_hash::phc::PasswordHash;
use sha2::{Digest, Sha256};

/// The longest name, password or token, in bytes.
const MOST_BYTES: usize = 1_024;
/// The shortest token: with fewer characters it could be guessed, and no slow hash stands before a token.
const TOKEN_LEAST: usize = 32;

/// What a credential may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Everything that changes nothing.
    ReadOnly,
    /// Everything.
    ReadWrite,
}

impl Role {
    /// The word for it in the API: `read_only` or `read_write`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadOnly => "read_only",
            Self::ReadWrite => "read_write",
        }
    }
}

/// Somebody who may use the admin API. No secret is kept: of a password an argon2id hash, of a token its SHA-256.
///
/// # Examples
/// ```
/// use tollgate_admin::{Credential, Role};
///
/// let ops = Credential::basic("ops", "correct horse", Role::ReadWrite)?;
/// let token = "b5f1d5f0c8e04f4d9d54a8ce1d1c7f2e"; // from: openssl rand -hex 16
/// let scraper = Credential::bearer(token, Role::ReadOnly)?.named("scraper");
/// assert_eq!((ops.name(), scraper.name()), ("ops", "scraper"));
/// # Ok::<(), tollgate_admin::InvalidCredential>(())
/// ```
#[derive(Clone)]
pub struct Credential {
    name: String,
    role: Role,
    pub(crate) secret: Secret,
}

/// What proves that somebody is who they say.
#[derive(Clone)]
pub(crate) enum Secret {
    /// The hash of a password, as a PHC string: `$argon2id$…`.
    Password(Box<PasswordHash>),
    /// The SHA-256 of a token.
    Token([u8; 32]),
}

impl Credential {
    /// A name and a password, which is hashed here with argon2id: that takes some 20 ms.
    ///
    /// # Errors
    /// The name is empty or has a colon or a control character in it, or the password is empty, or either is longer than
    /// 1 KiB.
    pub fn basic(name: &str, password: &str, role: Role) -> Result<Self, InvalidCredential> {
        if !(1..=MOST_BYTES).contains(&password.len()) {
            return Err(InvalidCredential::Password);
        }
        let hash = Argon2::default().hash_password(password.as_bytes());
        let hash = hash.map_err(|error| InvalidCredential::Hash(error.to_string()))?;
        Self::with_hash(name, hash, role)
    }

    /// A name and the argon2id hash of its password, as a PHC string: `$argon2id$v=19$m=19456,t=2,p=1$…`.
    ///
    /// Give all hashes the same parameters: how long a refusal takes tells which ones were used.
    ///
    /// # Errors
    /// As [`basic`](Self::basic), or it is no such hash.
    pub fn basic_hashed(name: &str, hash: &str, role: Role) -> Result<Self, InvalidCredential> {
        let hash = PasswordHash::new(hash);
        let hash = hash.map_err(|error| InvalidCredential::Hash(error.to_string()))?;
        if hash.algorithm.as_str() != "argon2id" || hash.salt.is_none() || hash.hash.is_none() {
            let problem = "must be of argon2id, with a salt and a hash".to_owned();
            return Err(InvalidCredential::Hash(problem));
        }
        Self::with_hash(name, hash, role)
    }

    fn with_hash(name: &str, hash: PasswordHash, role: Role) -> Result<Self, InvalidCredential> {
        let plain = |char: char| char != ':' && !char.is_control();
        if !(1..=MOST_BYTES).contains(&name.len()) || !name.chars().all(plain) {
            return Err(InvalidCredential::Name);
        }
        Ok(Self {
            name: name.to_owned(),
            role,
            secret: Secret::Password(Box::new(hash)),
        })
    }

    /// A token: at least 32 characters that nobody can guess. Its name is `bearer-` and the first 8 digits of its
    /// SHA-256 unless it is [given one](Self::named).
    ///
    /// # Errors
    /// It is shorter, or longer than 1 KiB, or has another character than `A-Z a-z 0-9 - . _ ~ + / =`.
    pub fn bearer(token: &str, role: Role) -> Result<Self, InvalidCredential> {
        let right = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
        if !(TOKEN_LEAST..=MOST_BYTES).contains(&token.len()) || !token.bytes().all(right) {
            return Err(InvalidCredential::Token);
        }
        Ok(Self::with_digest(Sha256::digest(token).into(), role))
    }

    /// The SHA-256 of a token, as `sha256:` and 64 hexadecimal digits; see [`bearer`](Self::bearer).
    ///
    /// # Errors
    /// It is not that.
    pub fn bearer_hashed(digest: &str, role: Role) -> Result<Self, InvalidCredential> {
        let digits = digest.strip_prefix("sha256:");
        let digest = digits.and_then(bytes).ok_or(InvalidCredential::Digest)?;
        Ok(Self::with_digest(digest, role))
    }

    fn with_digest(digest: [u8; 32], role: Role) -> Self {
        let [a, b, c, d, ..] = digest;
        Self {
            name: format!("bearer-{a:02x}{b:02x}{c:02x}{d:02x}"),
            role,
            secret: Secret::Token(digest),
        }
    }

    /// The same under another name, for the history and the audit log; for tokens. A name that belongs to a password is
    /// part of it and stays.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        if matches!(self.secret, Secret::Token(_)) {
            self.name = name.into();
        }
        self
    }

    /// Who it is, for the history and the audit log.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it may do.
    pub fn role(&self) -> Role {
        self.role
    }
}

/// 64 hexadecimal digits.
fn bytes(digits: &str) -> Option<[u8; 32]> {
    if digits.len() != 64 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        let digits = digits.get(at.checked_mul(2)?..)?.get(..2)?;
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    Some(bytes)
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("name", &self.name)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// Why something is no credential. Never says what was given: it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidCredential {
    /// The name is.
    #[error("a name must have 1 to 1024 bytes, without : and control characters")]
    Name,
    /// The password is.
    #[error("a password must have 1 to 1024 bytes")]
    Password,
    /// The token is.
    #[error("a token must have 32 to 1024 characters of A-Z a-z 0-9 - . _ ~ + / =")]
    Token,
    /// The hash of a password is.
    #[error("a password's hash must be a PHC string of argon2id: {0}")]
    Hash(String),
    /// The digest of a token is.
    #[error("a token's digest must be sha256: and 64 hexadecimal digits")]
    Digest,
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "b5f1d5f0c8e04f4d9d54a8ce1d1c7f2e";

    #[test]
    fn a_token_and_its_digest_are_the_same_credential() {
        let token = Credential::bearer(TOKEN, Role::ReadOnly).unwrap();
        let Secret::Token(digest) = token.secret else {
            panic!("no token")
        };
        let hex: Vec<_> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let hex = hex.concat();
        let hashed = Credential::bearer_hashed(&format!("sha256:{hex}"), Role::ReadOnly).unwrap();
        assert_eq!(hashed.name(), token.name());
        assert!(matches!(hashed.secret, Secret::Token(it) if it == digest));
    }

    #[test]
    fn what_is_no_credential_is_refused_without_being_told_again() {
        let long = "x".repeat(1_025);
        for (name, password) in [
            ("", "x"),
            ("a:b", "x"),
            ("a\n", "x"),
            (&long, "x"),
            ("a", ""),
            ("a", &long),
        ] {
            assert!(Credential::basic(name, password, Role::ReadOnly).is_err());
        }
        for token in [
            &TOKEN[1..],
            "spaces are not in the alphabet of tokens",
            &long,
        ] {
            let refused = Credential::bearer(token, Role::ReadOnly).unwrap_err();
            assert!(!refused.to_string().contains(token));
        }
        for digest in [
            "",
            "sha256:",
            &"0".repeat(64),
            &format!("sha256:{}", "é".repeat(32)),
        ] {
            assert!(
                Credential::bearer_hashed(digest, Role::ReadOnly).is_err(),
                "{digest}"
            );
        }
        for hash in [
            "",
            "secret",
            "$argon2i$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA",
            "$argon2id$v=19$m=19456,t=2,p=1",
        ] {
            assert!(
                Credential::basic_hashed("ops", hash, Role::ReadOnly).is_err(),
                "{hash}"
            );
        }
    }

    #[test]
    fn nothing_that_is_shown_has_the_secret_in_it() {
        let basic = Credential::basic("ops", "correct horse", Role::ReadWrite).unwrap();
        assert_eq!(
            format!("{basic:?}"),
            "Credential { name: \"ops\", role: ReadWrite, .. }"
        );
    }
}
