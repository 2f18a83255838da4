//! One source of the tenant, as the gate's builder takes it.

use std::fmt;
use std::sync::Arc;

use tollgate::TenantId;

use super::error::{InvalidCredential, InvalidId, ResolveError, parse};
use super::path::Segment;
use super::source::Source;
use super::{cookie, header, path, query, subdomain};
use crate::request::RequestView;

/// One source of the tenant: a header, a cookie, the host name, …
///
/// Every source that the gate is given is read on every request, and two that name different
/// tenants refuse it. **All but [`principal`](Self::principal) say what the client says**: they
/// are for trusted networks, or for checking against a principal.
///
/// # Examples
/// ```
/// use tollgate_http::{Resolver, Source};
///
/// let by_host = Resolver::subdomain("example.com");
/// let by_key = Resolver::custom(|request| {
///     let key = request.path().strip_prefix("/key-")?;
///     Some(format!("tenant-of-{key}"))
/// });
/// assert_eq!(by_host.source(), Source::Subdomain);
/// assert_eq!(by_key.source(), Source::Custom);
/// ```
#[derive(Clone)]
pub struct Resolver(Kind);

#[derive(Clone)]
enum Kind {
    Principal,
    /// As it was given, and in lower case, which is how most frameworks keep names: requests are quicker to
    /// compare with that.
    Header {
        given: Box<str>,
        lower: Box<str>,
    },
    Query(Box<str>),
    Cookie(Box<str>),
    Subdomain(Result<Box<str>, Box<str>>),
    Path(Segment),
    Custom(Arc<Custom>),
    Credential(Arc<Credential>),
}

type Custom = dyn Fn(&dyn RequestView) -> Option<String> + Send + Sync;
type Credential =
    dyn Fn(&dyn RequestView) -> Result<Option<String>, InvalidCredential> + Send + Sync;

impl Resolver {
    /// The tenant that an authentication layer put in the request
    /// ([`Principal`](crate::Principal)).
    pub fn principal() -> Self {
        Self(Kind::Principal)
    }

    /// The tenant in the header `name`. More than one such header is a 400.
    pub fn header(name: &str) -> Self {
        Self(Kind::Header {
            given: name.into(),
            lower: name.to_ascii_lowercase().into(),
        })
    }

    /// The tenant in the query's `key`, percent-decoded. The key twice is a 400.
    pub fn query(key: &str) -> Self {
        Self(Kind::Query(key.into()))
    }

    /// The tenant in the cookie `name`. The cookie twice is a 400.
    pub fn cookie(name: &str) -> Self {
        Self(Kind::Cookie(name.into()))
    }

    /// The tenant in the label in front of `base_domain`: `acme` in `acme.example.com`.
    ///
    /// Hosts have no case, so that the id is the label in lower case. Hosts that are not exactly
    /// one label under the base domain name no tenant.
    pub fn subdomain(base_domain: &str) -> Self {
        Self(Kind::Subdomain(
            subdomain::base_domain(base_domain).ok_or(base_domain.into()),
        ))
    }

    /// The tenant in the segment `index` of the path, from 0: `acme` is 1 in `/t/acme/data`.
    pub fn path_segment(index: usize) -> Self {
        Self(Kind::Path(Segment::Index(index)))
    }

    /// The tenant in the segment after `prefix`: `acme` in `/t/acme/data` with prefix `/t`.
    pub fn path_after(prefix: &str) -> Self {
        Self(Kind::Path(Segment::After(path::prefix(prefix))))
    }

    /// The tenant that a function finds; what it answers is checked to be a tenant id.
    pub fn custom(
        find: impl Fn(&dyn RequestView) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        Self(Kind::Custom(Arc::new(find)))
    }

    /// The tenant that a credential proves, an API key for example; its [source](Self::source) is the principal.
    ///
    /// `Ok(None)` says that the request carries no such credential. One that is there but proves nothing is an
    /// error, and refuses the request whatever other sources say.
    ///
    /// # Examples
    /// ```
    /// use tollgate_http::{Field, InvalidCredential, Resolver};
    ///
    /// let by_key = Resolver::credential(|request| match request.header("x-api-key") {
    ///     Field::Absent => Ok(None),
    ///     Field::Once(b"sk-acme") => Ok(Some("acme".to_owned())), // look it up, by its hash
    ///     _ => Err(InvalidCredential::new("nobody has this key")),
    /// });
    /// # drop(by_key);
    /// ```
    pub fn credential(
        find: impl Fn(&dyn RequestView) -> Result<Option<String>, InvalidCredential>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self(Kind::Credential(Arc::new(find)))
    }

    /// Which kind of source it is.
    pub fn source(&self) -> Source {
        match &self.0 {
            Kind::Principal | Kind::Credential(_) => Source::Principal,
            Kind::Header { .. } => Source::Header,
            Kind::Query(_) => Source::Query,
            Kind::Cookie(_) => Source::Cookie,
            Kind::Subdomain(_) => Source::Subdomain,
            Kind::Path(_) => Source::Path,
            Kind::Custom(_) => Source::Custom,
        }
    }

    /// The tenant that `request` names in this source, if it names one.
    ///
    /// # Errors
    /// [`ResolveError::Invalid`] if it names something that is no tenant id, or names one twice;
    /// [`ResolveError::Credential`] if it carries a credential that proves nothing.
    #[inline]
    pub fn find(&self, request: &dyn RequestView) -> Result<Option<TenantId>, ResolveError> {
        let found = match &self.0 {
            Kind::Header { lower, .. } => header::find(request, lower),
            Kind::Principal => said(Source::Principal, request.principal()),
            Kind::Credential(find) => said(Source::Principal, find(request)?.as_deref()),
            Kind::Query(key) => query::find(request, key),
            Kind::Cookie(name) => cookie::find(request, name),
            Kind::Subdomain(Ok(base)) => Ok(subdomain::find(request, base)),
            Kind::Subdomain(Err(_)) => Ok(None),
            Kind::Path(segment) => path::find(request, segment),
            Kind::Custom(find) => said(Source::Custom, find(request).as_deref()),
        };
        found.map_err(ResolveError::Invalid)
    }

    /// Whether it reads a credential.
    pub(crate) fn is_credential(&self) -> bool {
        matches!(self.0, Kind::Credential(_))
    }

    /// The name of the header that it reads, if it reads one.
    pub(crate) fn header_name(&self) -> Option<&str> {
        if let Kind::Header { given, .. } = &self.0 {
            Some(given)
        } else {
            None
        }
    }

    /// Finds the typo that would keep it from ever finding a tenant.
    pub(crate) fn check(&self) -> Result<(), SetupError> {
        let (what, name) = match &self.0 {
            Kind::Header { given, .. } => ("header name", given),
            Kind::Cookie(name) => ("cookie name", name),
            Kind::Query(key) if key.is_empty() => ("query key", key),
            Kind::Subdomain(Err(base)) => ("base domain", base),
            Kind::Principal
            | Kind::Query(_)
            | Kind::Subdomain(Ok(_))
            | Kind::Path(_)
            | Kind::Custom(_)
            | Kind::Credential(_) => return Ok(()),
        };
        let is_named = matches!(self.0, Kind::Header { .. } | Kind::Cookie(_)) && is_token(name);
        if is_named {
            Ok(())
        } else {
            Err(SetupError {
                what,
                name: name.to_string(),
            })
        }
    }
}

/// Checks what `origin` said, if it said something.
#[inline]
fn said(origin: Source, id: Option<&str>) -> Result<Option<TenantId>, InvalidId> {
    id.map(|id| parse(origin, id.as_bytes())).transpose()
}

/// Whether `name` is what RFC 9110 calls a token, as the names of headers and cookies are.
pub(crate) fn is_token(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(allowed)
}

/// A name that no request can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SetupError {
    pub(crate) what: &'static str,
    pub(crate) name: String,
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name: &dyn fmt::Debug = match &self.0 {
            Kind::Header { given: name, .. } | Kind::Query(name) | Kind::Cookie(name) => name,
            Kind::Subdomain(base) => base,
            Kind::Path(segment) => segment,
            Kind::Principal | Kind::Custom(_) | Kind::Credential(_) => {
                return write!(f, "Resolver({})", self.source());
            }
        };
        write!(f, "Resolver({}, {name:?})", self.source())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Request;

    #[test]
    fn a_principal_that_is_no_id_is_an_error() {
        let found = Resolver::principal().find(&Request::get("/").with_principal("acme"));
        assert_eq!(found.unwrap().unwrap().as_str(), "acme");
        let found = Resolver::principal().find(&Request::get("/").with_principal("a b"));
        assert!(matches!(
            found,
            Err(ResolveError::Invalid(InvalidId::Malformed {
                origin: Source::Principal,
                ..
            }))
        ));
    }

    #[test]
    fn what_a_custom_function_says_is_checked() {
        let echo = Resolver::custom(|request| request.query().map(str::to_owned));
        assert_eq!(
            echo.find(&Request::get("/?acme"))
                .unwrap()
                .unwrap()
                .as_str(),
            "acme"
        );
        assert_eq!(echo.find(&Request::get("/")), Ok(None));
        assert!(echo.find(&Request::get("/?a=b")).is_err());
    }

    #[test]
    fn a_credential_that_proves_nothing_is_an_error_and_none_at_all_is_not() {
        let keys = Resolver::credential(|request| match request.query() {
            None => Ok(None),
            Some("key") => Ok(Some("acme".to_owned())),
            Some(_) => Err(InvalidCredential::new("nobody has this key")),
        });
        assert_eq!(keys.source(), Source::Principal);
        let found = keys.find(&Request::get("/?key")).unwrap();
        assert_eq!(found.unwrap().as_str(), "acme");
        assert_eq!(keys.find(&Request::get("/")), Ok(None));
        let refused = keys.find(&Request::get("/?other")).unwrap_err();
        assert!(matches!(refused, ResolveError::Credential(_)), "{refused}");
    }

    #[test]
    fn names_that_no_request_can_have_are_found_at_set_up() {
        for typo in [
            Resolver::header(""),
            Resolver::header("X Tenant"),
            Resolver::header("X-Tenant:"),
            Resolver::cookie("a=b"),
            Resolver::query(""),
            Resolver::subdomain("*.example.com"),
        ] {
            assert!(typo.check().is_err(), "{typo:?}");
        }
        for fine in [
            Resolver::principal(),
            Resolver::header("X-Tenant-ID"),
            Resolver::cookie("tenant"),
            Resolver::query("tenant id"),
            Resolver::subdomain(".example.com"),
            Resolver::path_after("/t"),
        ] {
            assert_eq!(fine.check(), Ok(()), "{fine:?}");
        }
    }
}
