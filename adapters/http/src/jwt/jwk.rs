//! Reading a JSON Web Key (RFC 7517, RFC 7518 §6, RFC 8037 §2).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::algorithm::{Family, JwtAlgorithm};
use super::error::JwtKeyError;
use super::key::JwtKey;

/// The members of a JWK that matter to a verifier. Any others, such as certificates, are not looked at.
#[derive(Deserialize)]
pub(super) struct Jwk {
    kty: Box<str>,
    pub(super) kid: Option<Box<str>>,
    alg: Option<Box<str>>,
    #[serde(rename = "use")]
    purpose: Option<Box<str>>,
    key_ops: Option<Vec<Box<str>>>,
    crv: Option<Box<str>>,
    n: Option<Box<str>>,
    e: Option<Box<str>>,
    x: Option<Box<str>>,
    y: Option<Box<str>>,
    k: Option<Box<str>>,
    d: Option<IgnoredAny>,
}

/// Whether a set of keys may have secrets in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Secrets {
    /// It may not: it is published.
    Refuse,
    /// It may: only its owner reads it.
    Accept,
}

/// Why a JWK is not used.
pub(super) enum Unfit {
    /// It is for something else, or can't be read. RFC 7517 §5 wants such keys ignored.
    Useless(JwtKeyError),
    /// It is something that must not be in a set that others can read: the set is not to be trusted.
    Exposed(JwtKeyError),
}

impl From<JwtKeyError> for Unfit {
    fn from(error: JwtKeyError) -> Self {
        Self::Useless(error)
    }
}

impl Unfit {
    pub(super) fn into_error(self) -> JwtKeyError {
        match self {
            Self::Useless(error) | Self::Exposed(error) => error,
        }
    }
}

impl JwtKey {
    /// A key from the JSON of a JWK, with the `kid` that it has.
    ///
    /// What it is for is its `alg`. Without one it is for `ES256` or `ES384` by its curve, for `EdDSA`
    /// if it is an Ed25519 key, and for `RS256` if it is an RSA key; a secret must have one.
    ///
    /// # Errors
    /// [`JwtKeyError`] if it is no such key, has its private part with it, or is not meant to verify signatures.
    ///
    /// # Examples
    /// ```
    /// use tollgate_http::jwt::{JwtAlgorithm, JwtKey};
    ///
    /// let key = JwtKey::jwk(
    ///     r#"{"kty": "OKP", "crv": "Ed25519", "kid": "a", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
    /// )?;
    /// assert_eq!((key.kid(), key.algorithm()), (Some("a"), JwtAlgorithm::EdDsa));
    /// # Ok::<(), tollgate_http::jwt::JwtKeyError>(())
    /// ```
    pub fn jwk(json: &str) -> Result<Self, JwtKeyError> {
        let jwk: Jwk =
            serde_json::from_str(json).map_err(|error| JwtKeyError::Json(error.to_string()))?;
        jwk.key(Secrets::Accept).map_err(Unfit::into_error)
    }
}

impl Jwk {
    /// The key that it is, if it may be used to verify tokens.
    pub(super) fn key(&self, secrets: Secrets) -> Result<JwtKey, Unfit> {
        if self.d.is_some() {
            return Err(Unfit::Exposed(JwtKeyError::Jwk(
                "has its private part with it",
            )));
        }
        if &*self.kty == "oct" && secrets == Secrets::Refuse {
            return Err(Unfit::Exposed(JwtKeyError::Jwk(
                "is a shared secret, in a public set",
            )));
        }
        self.is_to_verify()?;
        let algorithm = self.algorithm()?;
        let key = match algorithm.family() {
            Family::Rsa => JwtKey::rsa(
                algorithm,
                &member(self.n.as_deref())?,
                &member(self.e.as_deref())?,
            )?,
            Family::Ec => JwtKey::curve(algorithm, &self.point(algorithm)?)?,
            Family::Ed => JwtKey::curve(algorithm, &member(self.x.as_deref())?)?,
            Family::Hmac => JwtKey::secret(algorithm, &member(self.k.as_deref())?)?,
        };
        Ok(match &self.kid {
            Some(kid) => key.with_kid(kid.clone()),
            None => key,
        })
    }

    /// `use` and `key_ops`, where it has them, must allow signatures to be verified.
    fn is_to_verify(&self) -> Result<(), JwtKeyError> {
        let signs = self
            .purpose
            .as_deref()
            .is_none_or(|purpose| purpose == "sig");
        let operations = self.key_ops.as_deref();
        let verifies = operations.is_none_or(|list| list.iter().any(|each| &**each == "verify"));
        if signs && verifies {
            Ok(())
        } else {
            Err(JwtKeyError::Jwk("is not for verifying signatures"))
        }
    }

    fn algorithm(&self) -> Result<JwtAlgorithm, JwtKeyError> {
        let by_kind = match (&*self.kty, self.crv.as_deref()) {
            ("RSA", _) => Some(JwtAlgorithm::Rs256),
            ("EC", Some("P-256")) => Some(JwtAlgorithm::Es256),
            ("EC", Some("P-384")) => Some(JwtAlgorithm::Es384),
            ("OKP", Some("Ed25519")) => Some(JwtAlgorithm::EdDsa),
            ("oct", _) => None,
            _ => return Err(JwtKeyError::Jwk("is of a kind that is not supported")),
        };
        let Some(name) = self.alg.as_deref() else {
            return by_kind.ok_or(JwtKeyError::Jwk("is a secret that does not say its alg"));
        };
        let algorithm = JwtAlgorithm::of_name(name).ok_or(JwtKeyError::Jwk(
            "is for an algorithm that is not supported",
        ))?;
        let fits = match by_kind {
            Some(JwtAlgorithm::Rs256) => algorithm.family() == Family::Rsa,
            Some(only) => algorithm == only,
            None => algorithm.family() == Family::Hmac,
        };
        if fits {
            Ok(algorithm)
        } else {
            Err(JwtKeyError::Jwk("is of another kind than its alg wants"))
        }
    }

    /// The point of an EC key, uncompressed. Both coordinates have the full length (RFC 7518 §6.2.1.2).
    fn point(&self, algorithm: JwtAlgorithm) -> Result<Vec<u8>, JwtKeyError> {
        let (x, y) = (member(self.x.as_deref())?, member(self.y.as_deref())?);
        let length = if algorithm == JwtAlgorithm::Es256 {
            32
        } else {
            48
        };
        if x.len() != length || y.len() != length {
            return Err(JwtKeyError::Jwk(
                "has coordinates of another length than its curve's",
            ));
        }
        Ok([&[4], &*x, &*y].concat())
    }
}

/// The bytes of a member in base64url without padding.
fn member(value: Option<&str>) -> Result<Vec<u8>, JwtKeyError> {
    let value = value.ok_or(JwtKeyError::Jwk("lacks a member of its kind"))?;
    URL_SAFE_NO_PAD
        .decode(value)
        .map_err(|_| JwtKeyError::Jwk("has a member that is not in base64url"))
}
