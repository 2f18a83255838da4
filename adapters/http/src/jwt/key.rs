//! One key: checked to be one when it is given, and for one algorithm only.

use std::fmt;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, VerificationAlgorithm,
};
use jsonwebtoken::DecodingKey;
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;

use super::algorithm::{Family, JwtAlgorithm};
use super::error::JwtKeyError;
use super::pem;

/// A key that tokens may be signed with, for one algorithm.
///
/// One and no more, as RFC 8725 §3.1 demands: a token that is signed in any other way with it is
/// refused, whatever the token says of itself. A key that is really used with two algorithms is given twice.
///
/// A key with a `kid` (key id) is for tokens that name it; one without is for tokens that name none.
///
/// # Examples
/// ```
/// use tollgate_http::jwt::{JwtAlgorithm, JwtKey};
///
/// let secret = [7; 32]; // from a vault
/// let key = JwtKey::secret(JwtAlgorithm::Hs256, &secret)?.with_kid("2026-11");
/// assert_eq!(key.kid(), Some("2026-11"));
/// assert!(JwtKey::secret(JwtAlgorithm::Hs256, b"too short").is_err());
/// # Ok::<(), tollgate_http::jwt::JwtKeyError>(())
/// ```
#[derive(Clone)]
pub struct JwtKey {
    kid: Option<Box<str>>,
    algorithm: JwtAlgorithm,
    key: DecodingKey,
}

impl JwtKey {
    /// A secret that issuer and verifier share, as bytes, for `HS256`, `HS384` or `HS512`.
    ///
    /// # Errors
    /// [`JwtKeyError`] if the secret is shorter than the hash (RFC 7518 §3.2), or if it is a PEM file: signing
    /// with a public key as the secret is the attack that fixed algorithms are there to stop.
    pub fn secret(algorithm: JwtAlgorithm, secret: &[u8]) -> Result<Self, JwtKeyError> {
        let (least, given) = (algorithm.least_secret(), secret.len());
        if algorithm.family() != Family::Hmac {
            return Err(JwtKeyError::WrongKind {
                algorithm,
                wanted: "a public key, not a secret",
            });
        }
        if given < least {
            return Err(JwtKeyError::ShortSecret {
                algorithm,
                least,
                given,
            });
        }
        if secret.trim_ascii_start().starts_with(b"-----BEGIN ") {
            return Err(JwtKeyError::SecretIsPem);
        }
        Ok(Self::new(algorithm, DecodingKey::from_secret(secret)))
    }

    /// A public key from a PEM file: `PUBLIC KEY`, or `RSA PUBLIC KEY`.
    ///
    /// # Errors
    /// [`JwtKeyError`] if the file is no such key, or the key is not for `algorithm`.
    pub fn pem(algorithm: JwtAlgorithm, pem: &str) -> Result<Self, JwtKeyError> {
        Self::der(algorithm, &pem::public_key(pem)?)
    }

    /// A public key from DER, in X.509's form (`SubjectPublicKeyInfo`) or, for RSA, PKCS #1's.
    ///
    /// # Errors
    /// [`JwtKeyError`] if it is no such key, is on another curve than `algorithm` is for, or is an RSA key of less
    /// than 2048 bits (RFC 7518 §3.3) or more than 8192.
    pub fn der(algorithm: JwtAlgorithm, der: &[u8]) -> Result<Self, JwtKeyError> {
        if algorithm.family() == Family::Rsa {
            let rejected = |error: aws_lc_rs::error::KeyRejected| no_key(algorithm, error);
            let key = aws_lc_rs::rsa::PublicKey::from_der(der).map_err(rejected)?;
            let RsaPublicKeyComponents { n, e } = (&key).into();
            return Self::rsa(algorithm, &n, &e);
        }
        Self::curve(algorithm, der)
    }

    /// An RSA key by its modulus and exponent, both big-endian.
    pub(super) fn rsa(algorithm: JwtAlgorithm, n: &[u8], e: &[u8]) -> Result<Self, JwtKeyError> {
        let (n, e) = (without_zeros(n), without_zeros(e));
        let unsound = |problem| Err(JwtKeyError::NoKey { algorithm, problem });
        let bits = bits(n);
        if !(2048..=8192).contains(&bits) {
            return unsound(format!("it has {bits} bits, and must have 2048 to 8192"));
        }
        // To the exponent 1 every message is its own signature, and AWS-LC takes it here.
        let is_odd = e.last().is_some_and(|last| last % 2 == 1);
        if !is_odd || e == [1] || self::bits(e) > MOST_EXPONENT_BITS {
            return unsound("its exponent must be odd, at least 3, and below 2^33".to_owned());
        }
        RsaPublicKeyComponents { n, e }
            .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
            .map_err(|error| no_key(algorithm, error))?;
        Ok(Self::new(
            algorithm,
            DecodingKey::from_rsa_raw_components(n, e),
        ))
    }

    /// A key on a curve: DER, an uncompressed point, or Ed25519's 32 bytes.
    pub(super) fn curve(algorithm: JwtAlgorithm, key: &[u8]) -> Result<Self, JwtKeyError> {
        let checked_by: &'static dyn VerificationAlgorithm = match algorithm.family() {
            Family::Ec if algorithm == JwtAlgorithm::Es256 => &ECDSA_P256_SHA256_FIXED,
            Family::Ec => &ECDSA_P384_SHA384_FIXED,
            Family::Ed => &ED25519,
            Family::Rsa | Family::Hmac => {
                return Err(JwtKeyError::WrongKind {
                    algorithm,
                    wanted: "another kind of key",
                });
            }
        };
        ParsedPublicKey::new(checked_by, key).map_err(|error| no_key(algorithm, error))?;
        let key = if algorithm.family() == Family::Ed {
            DecodingKey::from_ed_der(key)
        } else {
            DecodingKey::from_ec_der(key)
        };
        Ok(Self::new(algorithm, key))
    }

    fn new(algorithm: JwtAlgorithm, key: DecodingKey) -> Self {
        Self {
            kid: None,
            algorithm,
            key,
        }
    }

    /// The same key, for tokens whose header names it so.
    #[must_use]
    pub fn with_kid(mut self, kid: impl Into<Box<str>>) -> Self {
        self.kid = Some(kid.into());
        self
    }

    /// The name by which tokens call it.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// What it is for.
    pub fn algorithm(&self) -> JwtAlgorithm {
        self.algorithm
    }

    /// Whether `signature` is this key's under `message`.
    ///
    /// The provider is named here, and not looked up in jsonwebtoken's place for the whole process: that place
    /// panics where another crate of the program has chosen the other provider.
    pub(super) fn has_signed(&self, message: &[u8], signature: &Vec<u8>) -> bool {
        let verifier = (DEFAULT_PROVIDER.verifier_factory)(&self.algorithm.native(), &self.key);
        verifier.is_ok_and(|verifier| verifier.verify(message, signature).is_ok())
    }
}

/// RSA's exponents have at most so many bits, as in AWS-LC: larger ones only make checks slow.
const MOST_EXPONENT_BITS: usize = 33;

/// A big-endian number without its leading zeros.
fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|&&byte| byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

/// How many bits a big-endian number without leading zeros has.
fn bits(number: &[u8]) -> usize {
    let free = number.first().map_or(0, |byte| byte.leading_zeros());
    let free = usize::try_from(free).unwrap_or(0);
    number.len().saturating_mul(8).saturating_sub(free)
}

fn no_key(algorithm: JwtAlgorithm, error: aws_lc_rs::error::KeyRejected) -> JwtKeyError {
    JwtKeyError::NoKey {
        algorithm,
        problem: error.to_string(),
    }
}

impl fmt::Debug for JwtKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtKey")
            .field("kid", &self.kid)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}
