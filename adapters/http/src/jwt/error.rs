//! Why a token is refused, and why a key can't be used.

use std::io;
use std::path::PathBuf;

use tollgate::InvalidTenantId;

use super::algorithm::JwtAlgorithm;

/// Why a token is refused.
///
/// `Display` may be told to the client: it has nothing of the token in it, and nothing of the keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwtError {
    /// There is more than one `Authorization` header.
    #[error("there must be one Authorization header only")]
    RepeatedHeader,
    /// It is longer than the verifier reads.
    #[error("the token is longer than {most} bytes")]
    TooLong {
        /// The most bytes that are read.
        most: usize,
    },
    /// It is no token: three parts of base64url, of which the first two are JSON objects.
    #[error("the token is malformed: {problem}")]
    Malformed {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Its header has `crit`: extensions that must be understood, and none is.
    #[error("the token demands extensions that are not supported")]
    Critical,
    /// Its `alg` is none that can be checked, such as `none`.
    #[error("the token is not signed in a supported way")]
    UnsupportedAlgorithm,
    /// No key has the `kid` that it names; or it names none, and every key has one.
    #[error("the token is signed with an unknown key")]
    UnknownKey,
    /// The key that it names is for another algorithm than its `alg`.
    #[error("the token is not signed as its key demands")]
    WrongAlgorithm,
    /// The signature is not the key's.
    #[error("the signature of the token is wrong")]
    BadSignature,
    /// A claim that must be there is not.
    #[error("the token has no claim {claim}")]
    MissingClaim {
        /// The claim's name, as the verifier was told it.
        claim: Box<str>,
    },
    /// A claim is not of its kind.
    #[error("the claim {claim} of the token must be {expected}")]
    MalformedClaim {
        /// The claim's name, as the verifier was told it.
        claim: Box<str>,
        /// What it should be.
        expected: &'static str,
    },
    /// It has expired.
    #[error("the token has expired")]
    Expired,
    /// It is for later.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// It is from someone else.
    #[error("the token is from another issuer")]
    WrongIssuer,
    /// It is for someone else, or for someone although the verifier was not told who it is.
    #[error("the token is for another audience")]
    WrongAudience,
    /// The tenant that it names can't be one.
    #[error("the token names no tenant: {0}")]
    InvalidTenant(InvalidTenantId),
}

/// Why a key, or a set of keys, can't be used.
///
/// `Display` is for the operator; no secret is in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JwtKeyError {
    /// A secret that could be guessed.
    #[error("a secret for {algorithm} must have at least {least} bytes, this one has {given}")]
    ShortSecret {
        /// What it is for.
        algorithm: JwtAlgorithm,
        /// How long it must be.
        least: usize,
        /// How long it is.
        given: usize,
    },
    /// A public key given as a secret: whoever has it could sign.
    #[error("a PEM file is given as a secret")]
    SecretIsPem,
    /// A secret for an algorithm of public keys, or the other way round.
    #[error("{algorithm} wants {wanted}")]
    WrongKind {
        /// What it is for.
        algorithm: JwtAlgorithm,
        /// What it would have to be.
        wanted: &'static str,
    },
    /// No PEM file of a public key.
    #[error("no PEM file of a public key: {0}")]
    Pem(&'static str),
    /// The bytes are no key for this algorithm.
    #[error("no public key for {algorithm}: {problem}")]
    NoKey {
        /// What it is for.
        algorithm: JwtAlgorithm,
        /// What is wrong with it.
        problem: String,
    },
    /// A JWK that can't be read.
    #[error("the JWK {0}")]
    Jwk(&'static str),
    /// A text that is no JWK or JWKS.
    #[error("no JSON Web Keys: {0}")]
    Json(String),
    /// A key of a set that must not be there.
    #[error("key {place} of the set{}: {problem}", kid.as_ref().map(|kid| format!(" ({kid:?})")).unwrap_or_default())]
    InSet {
        /// Its place in the set, from 0.
        place: usize,
        /// Its name.
        kid: Option<Box<str>>,
        /// What is wrong with it.
        problem: Box<JwtKeyError>,
    },
    /// Two keys that the same token could mean.
    #[error("two keys for {algorithm} {}", kid.as_ref().map_or("have no kid".to_owned(), |kid| format!("have the kid {kid:?}")))]
    Ambiguous {
        /// What both are for.
        algorithm: JwtAlgorithm,
        /// What both are called.
        kid: Option<Box<str>>,
    },
    /// A set without a key that could be used.
    #[error("the set has no key that can be used{}", if ignored.is_empty() { String::new() } else { format!(": {}", ignored.join("; ")) })]
    Empty {
        /// The keys that it has, and why they can't be used.
        ignored: Vec<String>,
    },
    /// More keys than a set may have.
    #[error("the set has more than {most} keys")]
    TooMany {
        /// The most.
        most: usize,
    },
    /// The file can't be read.
    #[error("{}: {problem}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        problem: io::Error,
    },
    /// The keys are from no file that could be read again.
    #[error("the keys are from no file")]
    NoFile,
}
