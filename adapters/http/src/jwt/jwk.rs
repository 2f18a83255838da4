//! Reading a JSON Web Key (RFC 7517, RFC 7518 §6, RFC 8037 §2).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;

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
}

/// Whether a set of keys may have secrets in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Secrets {
    /// It may not: it is published.
    Refuse,
    /// It may: only its owner reads it.
    Accept,
}

/// Members that only its owner may know (RFC 7518 §6.2.2, §6.3.2; RFC 8037 §2).
const PRIVATE: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "oth"];

/// What is in a JWK that must not be in a set which others can read, be the rest of it as malformed as may be: such a set
/// is not to be trusted.
pub(super) fn exposed(jwk: &Value, secrets: Secrets) -> Result<(), JwtKeyError> {
    let has = |name: &str| jwk.get(name).is_some_and(|value| !value.is_null());
    let is_secret = || has("k") || jwk.get("kty").is_some_and(|kind| kind == "oct");
    if PRIVATE.into_iter().any(has) {
        Err(JwtKeyError::Jwk("has its private part with it"))
    } else if secrets == Secrets::Refuse && is_secret() {
        Err(JwtKeyError::Jwk("is a shared secret, in a public set"))
    } else {
        Ok(())
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
        let jwk: Value = serde_json::from_str(json).map_err(no_json)?;
        exposed(&jwk, Secrets::Accept)?;
        Jwk::read(jwk)?.key()
    }
}

impl Jwk {
    /// Its members. An array of the same values is no JWK, and has not been searched for secrets.
    pub(super) fn read(jwk: Value) -> Result<Self, JwtKeyError> {
        if jwk.is_object() {
            serde_json::from_value(jwk).map_err(no_json)
        } else {
            Err(JwtKeyError::Json("a key must be an object".to_owned()))
        }
    }

    /// The key that it is, if it may be used to verify tokens.
    pub(super) fn key(&self) -> Result<JwtKey, JwtKeyError> {
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

#[expect(clippy::needless_pass_by_value, reason = "it maps errors")]
pub(super) fn no_json(error: serde_json::Error) -> JwtKeyError {
    JwtKeyError::Json(error.to_string())
}

/// The bytes of a member in base64url without padding.
fn member(value: Option<&str>) -> Result<Vec<u8>, JwtKeyError> {
    let value = value.ok_or(JwtKeyError::Jwk("lacks a member of its kind"))?;
    URL_SAFE_NO_PAD
        .decode(value)
        .map_err(|_| JwtKeyError::Jwk("has a member that is not in base64url"))
}
