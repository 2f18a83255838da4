//! The tenant of a signed token: JSON Web Tokens (RFC 7519), with the rules of RFC 8725.
//!
//! A [`JwtVerifier`] checks tokens against [`JwtKeys`]. What it stands against:
//!
//! | attack | why it fails |
//! |---|---|
//! | `alg: none`, in any spelling | it is no [`JwtAlgorithm`] |
//! | an HMAC made with the RSA public key as the secret | a [`JwtKey`] is for one algorithm; the token's `alg` must be that one |
//! | a token under another key's `kid` | its signature is checked with the key that it names and no other |
//! | a key in the token, or a place to fetch one (`jwk`, `jku`, `x5u`, `x5c`) | these are never looked at; nothing is fetched |
//! | `crit`: extensions that change what is signed | none is understood, so that all are refused |
//! | a token that never expires: no `exp`, or one that is no number | `exp` is required, and must be a number |
//! | a token for another service, or from another issuer | [`audience`](JwtVerifierBuilder::audience), [`issuer`](JwtVerifierBuilder::issuer); an `aud` that nobody was told of is refused |
//! | a token for another tenant than the header or host names | the gate reads all sources: 403 `tenant_mismatch` |
//! | a guessed secret | secrets are as long as the hash, or refused |
//! | a secret that leaks with a published JWK Set | [`JwtKeys::from_jwks`] refuses the set |
//! | a megabyte of token, or of nested JSON | 8 KiB are read at most, before anything else is done, and 128 levels |
//!
//! It does not stand against a token that was stolen: that is good until it expires. Let tokens live
//! for minutes, or take their key away. Nor does it stand against a flood of wrong tokens: each takes the check of a
//! signature ([what that costs](JwtVerifier)), and no tenant is charged for it.
//!
//! # Examples
//! ```
//! use tollgate::{Engine, InMemorySource};
//! use tollgate_http::Gate;
//! use tollgate_http::jwt::{JwtKeys, JwtVerifier};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // As an identity provider publishes them:
//! let jwks = r#"{"keys": [{
//!     "kty": "OKP", "crv": "Ed25519", "kid": "2026-11", "use": "sig",
//!     "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
//! }]}"#;
//! let verifier = JwtVerifier::builder(JwtKeys::from_jwks(jwks)?)
//!     .issuer("https://id.example.com")
//!     .audience("https://api.example.com")
//!     .tenant_claim("org")
//!     .build();
//! # let engine = Engine::builder().source(InMemorySource::new()).build_without_actors()?;
//! let gate = Gate::builder(engine).jwt(verifier.clone()).build()?;
//!
//! // Once a day, or when the provider rotates: the old keys are gone when it returns.
//! verifier.replace_jwks(jwks)?;
//! # drop(gate);
//! # Ok(())
//! # }
//! ```

mod algorithm;
mod bearer;
mod claims;
mod error;
mod jwk;
mod key;
mod keys;
mod pem;
mod rules;
mod source;
mod token;
mod verifier;

pub use self::algorithm::JwtAlgorithm;
pub use self::bearer::bearer_token;
pub use self::claims::JwtClaims;
pub use self::error::{JwtError, JwtKeyError};
pub use self::key::JwtKey;
pub use self::keys::JwtKeys;
pub use self::verifier::{JwtVerifier, JwtVerifierBuilder};
