//! Tokens as a source of the tenant, for the gate.

use super::error::JwtError;
use super::verifier::JwtVerifier;
use crate::builder::GateBuilder;
use crate::resolve::{InvalidCredential, Resolver};

impl Resolver {
    /// The tenant of the token in `Authorization: Bearer …`; a token that is there and wrong is a 401
    /// `credential_invalid`.
    ///
    /// [`GateBuilder::jwt`] puts it in its usual place.
    pub fn jwt(verifier: JwtVerifier) -> Self {
        Self::credential(move |request| {
            let claims = verifier.authenticate(request)?;
            Ok(claims.map(|claims| claims.tenant().to_string()))
        })
    }
}

impl GateBuilder {
    /// Reads the tenant from the token in `Authorization: Bearer …`, if there is one: right after the principal of the
    /// extensions, and before the header. The default reads no token.
    ///
    /// A wrong token is a 401 `credential_invalid`, whatever else the request says; one for another tenant than the header
    /// names is a 403 `tenant_mismatch`. A request that names a tenant without a token is a 401 `tenant_unproven`, unless
    /// that is [accepted](Self::accept_unproven).
    ///
    /// Called again, the last verifier counts. Where tokens come from issuers that must not sign in each other's name, make
    /// a verifier for each and choose by the `iss` of the token in a [`Resolver::credential`].
    ///
    /// # Examples
    /// ```
    /// use tollgate::Engine;
    /// use tollgate_http::jwt::{JwtKeyError, JwtKeys, JwtVerifier};
    /// use tollgate_http::{Gate, GateBuilder};
    ///
    /// fn builder(engine: Engine, jwks: &str) -> Result<GateBuilder, JwtKeyError> {
    ///     let verifier = JwtVerifier::builder(JwtKeys::from_jwks(jwks)?)
    ///         .issuer("https://id.example.com")
    ///         .audience("https://api.example.com")
    ///         .build();
    ///     Ok(Gate::builder(engine).jwt(verifier).without_header())
    /// }
    /// ```
    pub fn jwt(mut self, verifier: JwtVerifier) -> Self {
        self.token = Some(Resolver::jwt(verifier));
        self
    }
}

impl From<JwtError> for InvalidCredential {
    fn from(error: JwtError) -> Self {
        Self::new(error.to_string())
    }
}
