//! What a token says, once it is proved.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tollgate::TenantId;

use crate::request::Principal;

/// The claims of a token whose signature, times, issuer and audience were checked.
///
/// # Examples
/// ```
/// use serde::Deserialize;
/// use tollgate_http::jwt::JwtClaims;
///
/// #[derive(Deserialize)]
/// struct Mine {
///     scope: String,
/// }
///
/// fn may_write(claims: &JwtClaims) -> bool {
///     claims.parse::<Mine>().is_ok_and(|mine| mine.scope.split(' ').any(|scope| scope == "write"))
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct JwtClaims {
    pub(super) tenant: TenantId,
    pub(super) all: Map<String, Value>,
}

impl JwtClaims {
    /// The tenant that the token is for.
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The user or machine that the token was given to (`sub`), if it says one.
    pub fn subject(&self) -> Option<&str> {
        self.get("sub")?.as_str()
    }

    /// The claim of this name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.all.get(name)
    }

    /// All claims, as a type of your own.
    ///
    /// # Errors
    /// serde's error if the claims are not of that type.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(&Value::Object(self.all.clone()))
    }
}

impl From<&JwtClaims> for Principal {
    fn from(claims: &JwtClaims) -> Self {
        claims.tenant.clone().into()
    }
}
