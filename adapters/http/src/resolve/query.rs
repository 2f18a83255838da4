//! The tenant that a key of the query names.

use tollgate::TenantId;

use super::error::{InvalidId, parse};
use super::source::Source;
use crate::request::RequestView;

/// The tenant in the query's `key`, percent-decoded; a key that is there twice is an error.
pub(super) fn find(request: &dyn RequestView, key: &str) -> Result<Option<TenantId>, InvalidId> {
    let query = request.query().unwrap_or_default();
    let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == key);
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some((_, value)), None) => parse(Source::Query, value.as_bytes()).map(Some),
        (Some(_), Some(_)) => Err(InvalidId::Repeated {
            origin: Source::Query,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Request;

    fn named(target: &str) -> Result<Option<TenantId>, InvalidId> {
        find(&Request::get(target), "tenant")
    }

    #[test]
    fn the_key_names_the_tenant_encoded_or_not() {
        assert_eq!(
            named("/?a=1&tenant=acme&b").unwrap().unwrap().as_str(),
            "acme"
        );
        assert_eq!(
            named("/?te%6eant=%61cme").unwrap().unwrap().as_str(),
            "acme"
        );
        assert_eq!(named("/?Tenant=acme"), Ok(None));
        assert_eq!(named("/"), Ok(None));
    }

    #[test]
    fn a_key_that_is_there_twice_is_refused_however_it_is_spelt() {
        for target in ["/?tenant=acme&tenant=acme", "/?tenant=acme&%74enant=evil"] {
            assert!(
                matches!(named(target), Err(InvalidId::Repeated { .. })),
                "{target}"
            );
        }
    }

    #[test]
    fn absurd_values_are_errors_and_never_a_missing_tenant() {
        for target in [
            "/?tenant",
            "/?tenant=",
            "/?tenant=a+b",
            "/?tenant=%ff",
            "/?tenant=a%00",
        ] {
            assert!(
                matches!(named(target), Err(InvalidId::Malformed { .. })),
                "{target}"
            );
        }
    }
}
