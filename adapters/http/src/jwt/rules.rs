//! What a token's claims must say (RFC 7519 §4.1), beside the tenant.

use std::time::Duration;

use serde_json::{Map, Value};
use tollgate::TenantId;

use super::claims::JwtClaims;
use super::error::JwtError;

/// What is demanded of claims.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub(super) issuers: Vec<Box<str>>,
    pub(super) audiences: Vec<Box<str>>,
    pub(super) leeway: Duration,
    pub(super) tenant: TenantClaim,
}

/// Where the tenant is among the claims.
#[derive(Debug, Clone)]
pub(super) struct TenantClaim {
    /// The claim whose member it is, if it is not a claim itself.
    pub(super) object: Option<Box<str>>,
    pub(super) name: Box<str>,
}

impl Rules {
    /// The claims, if they hold at `now`, the time since 1970.
    pub(super) fn check(
        &self,
        claims: Map<String, Value>,
        now: Duration,
    ) -> Result<JwtClaims, JwtError> {
        let expires = instant(&claims, "exp")?.ok_or_else(|| missing("exp"))?;
        if now >= expires.saturating_add(self.leeway) {
            return Err(JwtError::Expired);
        }
        let begins = instant(&claims, "nbf")?.unwrap_or_default();
        if now.saturating_add(self.leeway) < begins {
            return Err(JwtError::NotYetValid);
        }
        self.check_issuer(&claims)?;
        self.check_audience(&claims)?;
        let tenant = self.tenant.read(&claims)?;
        Ok(JwtClaims {
            tenant,
            all: claims,
        })
    }

    fn check_issuer(&self, claims: &Map<String, Value>) -> Result<(), JwtError> {
        if self.issuers.is_empty() {
            return Ok(());
        }
        let issuer = claims.get("iss").ok_or_else(|| missing("iss"))?;
        if self.issuers.iter().any(|known| issuer == &**known) {
            Ok(())
        } else {
            Err(JwtError::WrongIssuer)
        }
    }

    /// A token with an audience is for nobody else, be the verifier told who it is or not.
    fn check_audience(&self, claims: &Map<String, Value>) -> Result<(), JwtError> {
        let said = match claims.get("aud") {
            None if self.audiences.is_empty() => return Ok(()),
            None => return Err(missing("aud")),
            Some(said) => said,
        };
        let one = std::slice::from_ref(said);
        let said = said.as_array().map_or(one, Vec::as_slice);
        let is_us = |said: &Value| self.audiences.iter().any(|known| said == &**known);
        if said.iter().any(is_us) {
            Ok(())
        } else {
            Err(JwtError::WrongAudience)
        }
    }
}

impl TenantClaim {
    fn read(&self, claims: &Map<String, Value>) -> Result<TenantId, JwtError> {
        let holder = match &self.object {
            None => Some(claims),
            Some(object) => claims.get(&**object).and_then(Value::as_object),
        };
        let value = holder
            .and_then(|holder| holder.get(&*self.name))
            .ok_or_else(|| JwtError::MissingClaim { claim: self.name() })?;
        let tenant = value.as_str().ok_or_else(|| JwtError::MalformedClaim {
            claim: self.name(),
            expected: "a string",
        })?;
        TenantId::from_bytes(tenant.as_bytes()).map_err(JwtError::InvalidTenant)
    }

    fn name(&self) -> Box<str> {
        match &self.object {
            None => self.name.clone(),
            Some(object) => format!("{object}/{}", self.name).into(),
        }
    }
}

fn missing(claim: &str) -> JwtError {
    JwtError::MissingClaim {
        claim: claim.into(),
    }
}

/// A claim that is a time, as time since 1970: a number of seconds, whole or not (RFC 7519 §2, `NumericDate`).
///
/// One that is there and no such number is an error, never as good as none: else a token whose `exp` is a string
/// would live for ever.
fn instant(claims: &Map<String, Value>, name: &str) -> Result<Option<Duration>, JwtError> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    let whole = value.as_u64().map(Duration::from_secs);
    let part = || Duration::try_from_secs_f64(value.as_f64()?).ok();
    whole
        .or_else(part)
        .map(Some)
        .ok_or_else(|| JwtError::MalformedClaim {
            claim: name.into(),
            expected: "a number of seconds since 1970",
        })
}
