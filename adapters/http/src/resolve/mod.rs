//! Who is asking: reading the tenant out of a request, from one source or from several.

mod cookie;
mod error;
mod header;
mod path;
mod query;
mod resolver;
mod source;
mod subdomain;

use tollgate::TenantId;

pub use self::error::{InvalidCredential, InvalidId, ResolveError};
pub use self::resolver::Resolver;
pub(crate) use self::resolver::{SetupError, is_token};
pub use self::source::Source;
use crate::request::RequestView;

/// The tenant that a request names, and where it named it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resolved {
    /// The tenant.
    pub id: TenantId,
    /// The first source that named it.
    pub source: Source,
}

/// Reads *all* `resolvers` and answers with the first tenant that one of them found.
///
/// Reading on after the first answer is what keeps a header from overriding a token: two sources
/// that name different tenants are an error, never a choice.
///
/// # Complexity
/// One look at the request per resolver; ids of up to 24 bytes allocate nothing.
///
/// # Errors
/// [`ResolveError::Invalid`] if a source names something that is no tenant id, or names one twice;
/// [`ResolveError::Credential`] if a source carries a credential that proves nothing;
/// [`ResolveError::Mismatch`] if two sources name different tenants.
pub fn resolve(
    resolvers: &[Resolver],
    request: &dyn RequestView,
) -> Result<Option<Resolved>, ResolveError> {
    let mut answer: Option<Resolved> = None;
    for resolver in resolvers {
        let Some(id) = resolver.find(request)? else {
            continue;
        };
        let source = resolver.source();
        match &answer {
            None => answer = Some(Resolved { id, source }),
            Some(first) if first.id == id => {}
            Some(first) => {
                return Err(ResolveError::Mismatch {
                    first: first.source,
                    other: source,
                });
            }
        }
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Request;

    fn sources() -> Vec<Resolver> {
        vec![
            Resolver::principal(),
            Resolver::header("X-Tenant-ID"),
            Resolver::query("tenant"),
        ]
    }

    #[test]
    fn the_first_source_that_answers_is_named() {
        let request = Request::get("/?tenant=acme").with_header("X-Tenant-ID", "acme");
        let found = resolve(&sources(), &request).unwrap().unwrap();
        assert_eq!((found.id.as_str(), found.source), ("acme", Source::Header));
        assert_eq!(resolve(&sources(), &Request::get("/")), Ok(None));
    }

    #[test]
    fn a_header_never_overrides_a_principal() {
        let request = Request::get("/")
            .with_principal("acme")
            .with_header("X-Tenant-ID", "evil");
        let error = resolve(&sources(), &request).unwrap_err();
        assert_eq!(
            error,
            ResolveError::Mismatch {
                first: Source::Principal,
                other: Source::Header
            }
        );
    }

    #[test]
    fn every_source_is_read_even_after_an_answer() {
        let late = Request::get("/?tenant=evil").with_principal("acme");
        assert!(matches!(
            resolve(&sources(), &late),
            Err(ResolveError::Mismatch {
                other: Source::Query,
                ..
            })
        ));
        let malformed = Request::get("/?tenant=a/b").with_principal("acme");
        assert!(matches!(
            resolve(&sources(), &malformed),
            Err(ResolveError::Invalid(_))
        ));
    }

    #[test]
    fn ids_that_differ_only_in_case_are_different_tenants() {
        let request = Request::get("/")
            .with_principal("acme")
            .with_header("X-Tenant-ID", "Acme");
        assert!(matches!(
            resolve(&sources(), &request),
            Err(ResolveError::Mismatch { .. })
        ));
    }
}
