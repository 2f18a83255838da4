//! Checking tokens against keys that can be replaced at any time.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwap;
use parking_lot::Mutex;

use super::bearer::{bearer_token, token_among};
use super::claims::JwtClaims;
use super::error::{JwtError, JwtKeyError};
use super::keys::JwtKeys;
use super::rules::{Rules, TenantClaim};
use super::token;
use crate::request::RequestView;

/// Checks tokens, and says which tenant they are for.
///
/// Clones share their keys: a [replacement](Self::replace_keys) is seen by all of them.
///
/// # Concurrency
/// `Send` and `Sync`. A check takes no lock; it is made with the keys of before a replacement or with those of after
/// it, never with a mixture, and one that begins after the replacement returned with those of after it.
///
/// # Complexity
/// A check is mostly the signature, on the caller's thread: about 1 µs for HMAC, 25 to 30 for RSA of 2048 bits, 55 for
/// Ed25519, 85 for `ES256` and 200 for `ES384`, as measured on one core of a server. A token that is too long takes
/// nanoseconds.
///
/// # Examples
/// ```
/// use tollgate_http::jwt::{JwtAlgorithm, JwtError, JwtKey, JwtKeys, JwtVerifier};
///
/// let secret = [7; 32]; // from a vault
/// let keys = JwtKeys::new([JwtKey::secret(JwtAlgorithm::Hs256, &secret)?])?;
/// let verifier = JwtVerifier::builder(keys)
///     .issuer("https://id.example.com")
///     .audience("https://api.example.com")
///     .build();
/// assert!(matches!(verifier.verify("a.b.c"), Err(JwtError::Malformed { .. })));
/// # Ok::<(), tollgate_http::jwt::JwtKeyError>(())
/// ```
#[derive(Clone)]
pub struct JwtVerifier(Arc<Shared>);

struct Shared {
    keys: ArcSwap<JwtKeys>,
    /// Held while the file is read, so that an older reading never replaces a newer one.
    reloading: Mutex<()>,
    rules: Rules,
    most: usize,
    clock: Arc<Clock>,
}

type Clock = dyn Fn() -> SystemTime + Send + Sync;

impl JwtVerifier {
    /// A verifier with these keys.
    pub fn builder(keys: JwtKeys) -> JwtVerifierBuilder {
        JwtVerifierBuilder {
            keys,
            rules: Rules {
                issuers: Vec::new(),
                audiences: Vec::new(),
                leeway: Duration::from_secs(60),
                tenant: TenantClaim {
                    object: None,
                    name: "tenant_id".into(),
                },
            },
            most: 8 * 1024,
            clock: Arc::new(SystemTime::now),
        }
    }

    /// Checks a token; what comes back is proved.
    ///
    /// # Errors
    /// [`JwtError`] says what is wrong with it.
    pub fn verify(&self, token: &str) -> Result<JwtClaims, JwtError> {
        let Shared {
            keys, rules, most, ..
        } = &*self.0;
        if token.len() > *most {
            return Err(JwtError::TooLong { most: *most });
        }
        let claims = token::claims(token, &keys.load())?;
        // A clock from before 1970 is broken: to it, everything has expired.
        let now = (self.0.clock)().duration_since(UNIX_EPOCH);
        rules.check(claims, now.unwrap_or(Duration::MAX))
    }

    /// Checks the token that a request bears in `Authorization: Bearer …`; `None` if it bears none.
    ///
    /// # Errors
    /// [`JwtError`] if there is a token and it is wrong, or there are two `Authorization` headers.
    pub fn authenticate(&self, request: &dyn RequestView) -> Result<Option<JwtClaims>, JwtError> {
        self.verify_borne(bearer_token(request)?)
    }

    /// As [`authenticate`](Self::authenticate), of all values of the `Authorization` header that a request has.
    ///
    /// For an authentication layer of one's own before the gate, where handlers want the claims: it verifies the token
    /// once, for both.
    ///
    /// # Errors
    /// As [`authenticate`](Self::authenticate).
    ///
    /// # Examples
    /// ```
    /// use http::{HeaderValue, Request, header::AUTHORIZATION};
    /// use tollgate_http::Principal;
    /// use tollgate_http::jwt::{JwtError, JwtVerifier};
    ///
    /// /// In a middleware before the gate: the gate finds the tenant, and handlers find the claims.
    /// fn authenticate<B>(verifier: &JwtVerifier, request: &mut Request<B>) -> Result<(), JwtError> {
    ///     let values = request.headers().get_all(AUTHORIZATION).iter();
    ///     if let Some(claims) = verifier.verify_authorization(values.map(HeaderValue::as_bytes))? {
    ///         request.extensions_mut().insert(Principal::from(&claims));
    ///         request.extensions_mut().insert(claims);
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub fn verify_authorization<'a>(
        &self,
        values: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Option<JwtClaims>, JwtError> {
        self.verify_borne(token_among(values)?)
    }

    fn verify_borne(&self, token: Option<&str>) -> Result<Option<JwtClaims>, JwtError> {
        token.map(|token| self.verify(token)).transpose()
    }

    /// The keys that tokens are checked with now.
    pub fn keys(&self) -> Arc<JwtKeys> {
        self.0.keys.load_full()
    }

    /// Replaces all keys. From when it returns, tokens of keys that are gone are refused.
    pub fn replace_keys(&self, keys: JwtKeys) {
        self.0.keys.store(Arc::new(keys));
    }

    /// Replaces all keys by those of a published JWK Set ([`JwtKeys::from_jwks`]).
    ///
    /// # Errors
    /// [`JwtKeyError`] if the set is bad: then the keys stay as they are.
    pub fn replace_jwks(&self, json: &str) -> Result<(), JwtKeyError> {
        self.replace_keys(JwtKeys::from_jwks(json)?);
        Ok(())
    }

    /// Reads the file again that the keys are from ([`JwtKeys::from_jwks_file`]), and takes its keys in place of them.
    ///
    /// It blocks while it reads: call it from a thread that may wait.
    ///
    /// # Errors
    /// [`JwtKeyError`] if the file can't be read or its set is bad: then the keys stay as they are. So it does if
    /// they are from no file.
    pub fn reload(&self) -> Result<(), JwtKeyError> {
        let _one_at_a_time = self.0.reloading.lock();
        self.replace_keys(self.0.keys.load().read_again()?);
        Ok(())
    }
}

impl fmt::Debug for JwtVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtVerifier")
            .field("keys", &self.0.keys.load())
            .field("rules", &self.0.rules)
            .finish_non_exhaustive()
    }
}

/// Sets up a [`JwtVerifier`]; made by [`JwtVerifier::builder`].
#[must_use = "a builder does nothing until it is built"]
pub struct JwtVerifierBuilder {
    keys: JwtKeys,
    rules: Rules,
    most: usize,
    clock: Arc<Clock>,
}

impl JwtVerifierBuilder {
    /// The claim that names the tenant, by its whole name: `https://example.com/tenant` is one, dots and all.
    ///
    /// The default is `tenant_id`. It must be there, and be a string that is a tenant id.
    pub fn tenant_claim(mut self, name: &str) -> Self {
        self.rules.tenant = TenantClaim {
            object: None,
            name: name.into(),
        };
        self
    }

    /// The member `name` of the claim `object` names the tenant: `("firebase", "tenant")` for
    /// `{"firebase": {"tenant": "acme"}}`. The default is the claim `tenant_id`.
    pub fn tenant_claim_in(mut self, object: &str, name: &str) -> Self {
        self.rules.tenant = TenantClaim {
            object: Some(object.into()),
            name: name.into(),
        };
        self
    }

    /// Takes tokens of this issuer (`iss`), compared byte for byte; called again, of this one too.
    ///
    /// The default does not look at `iss`: whoever has a key may sign. So may they, in any of these names, where there
    /// are several: keys are not bound to issuers. Issuers that don't trust each other get a verifier each (RFC 8725
    /// §3.8), or one could sign for the other's tenants.
    pub fn issuer(mut self, issuer: &str) -> Self {
        self.rules.issuers.push(issuer.into());
        self
    }

    /// Takes tokens for this audience (`aud`), compared byte for byte; called again, for this one too.
    ///
    /// The default takes tokens without `aud`, and no others: a token that says whom it is for is not for one who
    /// does not know who they are (RFC 7519 §4.1.3).
    pub fn audience(mut self, audience: &str) -> Self {
        self.rules.audiences.push(audience.into());
        self
    }

    /// How far the issuer's clock may be from ours: tokens live for so much longer (`exp`), and begin so much earlier
    /// (`nbf`). The default is 60 seconds.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.rules.leeway = leeway;
        self
    }

    /// The most bytes that a token may have. The default is 8192. A longer one is refused before any of it is read.
    pub fn most_bytes(mut self, most: usize) -> Self {
        self.most = most;
        self
    }

    /// Where the time is read. The default is [`SystemTime::now`]; tests give a clock of their own.
    pub fn clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(now);
        self
    }

    /// The verifier.
    pub fn build(self) -> JwtVerifier {
        JwtVerifier(Arc::new(Shared {
            keys: ArcSwap::from_pointee(self.keys),
            reloading: Mutex::new(()),
            rules: self.rules,
            most: self.most,
            clock: self.clock,
        }))
    }
}

impl fmt::Debug for JwtVerifierBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtVerifierBuilder")
            .field("keys", &self.keys)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}
