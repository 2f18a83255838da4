//! Whose a bearer token is: an API key's, or the tenant's that a signed token names.

use std::fs;
use std::path::Path;

use tollgate::TenantId;
use tollgate_http::jwt::{JwtAlgorithm, JwtError, JwtKey, JwtKeys, JwtVerifier};

use crate::args::Who;
use crate::keys::ApiKeys;

/// What clients may show.
#[derive(Debug)]
pub(crate) struct Credentials {
    pub(crate) keys: ApiKeys,
    pub(crate) tokens: Option<JwtVerifier>,
}

/// What is wrong with what a client has shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unknown {
    #[error("Incorrect API key provided.")]
    Key,
    #[error("Incorrect API key provided: {0}.")]
    Token(#[from] JwtError),
}

impl Credentials {
    /// Those that the command line names, for these tenants.
    ///
    /// # Errors
    /// What is wrong with a file, or with the secret.
    pub(crate) fn new(who: &Who, tenants: &[TenantId]) -> Result<Self, String> {
        let keys = match &who.keys {
            Some(path) => {
                let keys = ApiKeys::from_json(&read(path)?);
                let keys = keys.and_then(|keys| keys.all_of(tenants).map(|()| keys));
                keys.map_err(|problem| at(path, &problem))?
            }
            None => ApiKeys::default(),
        };
        let tokens = match (&who.jwks, &who.jwt_secret) {
            (Some(path), _) => {
                Some(JwtKeys::from_jwks(&read(path)?).map_err(|error| at(path, &error))?)
            }
            (None, Some(secret)) => Some(shared(secret)?),
            (None, None) => None,
        };
        let tokens = tokens.map(|keys| verifier(who, keys));
        Ok(Self { keys, tokens })
    }

    /// Whose `shown` is.
    ///
    /// # Errors
    /// It is no key, and no good token.
    pub(crate) fn tenant(&self, shown: &str) -> Result<TenantId, Unknown> {
        if let Some(tenant) = self.keys.tenant(shown) {
            return Ok(tenant.clone());
        }
        // Only a token has dots; of a key that is wrong nothing more is said.
        match &self.tokens {
            Some(tokens) if shown.contains('.') => Ok(tokens.verify(shown)?.tenant().clone()),
            Some(_) | None => Err(Unknown::Key),
        }
    }
}

fn shared(secret: &str) -> Result<JwtKeys, String> {
    let key = JwtKey::secret(JwtAlgorithm::Hs256, secret.as_bytes());
    let keys = key.and_then(|key| JwtKeys::new([key]));
    keys.map_err(|error| format!("--jwt-secret, or LLM_GATEWAY_JWT_SECRET: {error}"))
}

fn verifier(who: &Who, keys: JwtKeys) -> JwtVerifier {
    let mut builder = JwtVerifier::builder(keys).tenant_claim(&who.jwt_tenant);
    if let Some(issuer) = &who.jwt_issuer {
        builder = builder.issuer(issuer);
    }
    if let Some(audience) = &who.jwt_audience {
        builder = builder.audience(audience);
    }
    builder.build()
}

/// The text of a file.
pub(crate) fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| at(path, &error))
}

/// A problem with a file.
pub(crate) fn at(path: &Path, problem: &dyn std::fmt::Display) -> String {
    format!("{}: {problem}", path.display())
}
