//! The tenant that a header names.

use tollgate::TenantId;

use super::error::{InvalidId, parse};
use super::source::Source;
use crate::request::{Field, RequestView};

/// The tenant in the header `name`; a second such header is an error, even if it says the same.
///
/// Values that a proxy joined with a comma are one value here, and no tenant id has a comma.
#[inline]
pub(super) fn find(request: &dyn RequestView, name: &str) -> Result<Option<TenantId>, InvalidId> {
    match request.header(name) {
        Field::Absent => Ok(None),
        Field::Once(value) => parse(Source::Header, value).map(Some),
        Field::Repeated => Err(InvalidId::Repeated {
            origin: Source::Header,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Request;

    fn named(values: &[&[u8]]) -> Result<Option<TenantId>, InvalidId> {
        let request = values.iter().fold(Request::get("/"), |request, value| {
            request.with_header_bytes("x-tenant-id", value)
        });
        find(&request, "X-Tenant-ID")
    }

    #[test]
    fn one_header_names_the_tenant_whatever_the_case_of_its_name() {
        assert_eq!(named(&[b"acme"]).unwrap().unwrap().as_str(), "acme");
        assert_eq!(named(&[b"\t acme "]).unwrap().unwrap().as_str(), "acme");
        assert_eq!(named(&[]), Ok(None));
    }

    #[test]
    fn two_headers_are_refused_even_if_they_agree_or_are_joined() {
        assert!(matches!(
            named(&[b"acme", b"acme"]),
            Err(InvalidId::Repeated { .. })
        ));
        assert!(matches!(
            named(&[b"acme, acme"]),
            Err(InvalidId::Malformed { .. })
        ));
    }

    #[test]
    fn absurd_values_are_errors_and_never_a_missing_tenant() {
        for value in [
            &b""[..],
            b"  ",
            b"\xff\xfe",
            b"a\0b",
            b"..",
            &vec![b'a'; 1 << 20],
        ] {
            assert!(matches!(named(&[value]), Err(InvalidId::Malformed { .. })));
        }
    }
}
