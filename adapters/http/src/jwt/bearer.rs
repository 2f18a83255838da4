//! The token of an `Authorization` header (RFC 6750 §2.1).

use super::error::JwtError;
use crate::request::{Field, RequestView};

/// The token that `request` bears in `Authorization: Bearer …`, not yet checked in any way.
///
/// `None` if it has no such header, or one of another scheme: that is somebody else's. Schemes have no case (RFC 9110
/// §11.1).
///
/// # Errors
/// [`JwtError`] if there are two `Authorization` headers, of whatever schemes, or if there is no token in it or one that
/// is not text.
///
/// # Examples
/// An API key is told from a token by its looks, and both are read from one header:
/// ```
/// use tollgate_http::RequestView;
/// use tollgate_http::jwt::{JwtError, JwtVerifier, bearer_token};
///
/// fn tenant(request: &dyn RequestView, jwt: &JwtVerifier) -> Result<Option<String>, JwtError> {
///     match bearer_token(request)? {
///         Some("sk-acme-1") => Ok(Some("acme".to_owned())), // from a table, in constant time
///         Some(token) => Ok(Some(jwt.verify(token)?.tenant().to_string())),
///         None => Ok(None),
///     }
/// }
/// ```
pub fn bearer_token(request: &dyn RequestView) -> Result<Option<&str>, JwtError> {
    match request.header("authorization") {
        Field::Absent => Ok(None),
        Field::Repeated => Err(JwtError::RepeatedHeader),
        Field::Once(value) => token_of(value),
    }
}

/// As [`bearer_token`], of all values of the `Authorization` header that a request has.
pub(super) fn token_among<'a>(
    values: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Option<&'a str>, JwtError> {
    let mut values = values.into_iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => token_of(value.trim_ascii()),
        (Some(_), Some(_)) => Err(JwtError::RepeatedHeader),
    }
}

fn token_of(value: &[u8]) -> Result<Option<&str>, JwtError> {
    let end = value.iter().position(|byte| matches!(byte, b' ' | b'\t'));
    let (scheme, token) = value.split_at(end.unwrap_or(value.len()));
    if !scheme.eq_ignore_ascii_case(b"bearer") {
        return Ok(None);
    }
    let token = token.trim_ascii();
    if token.is_empty() {
        return Err(JwtError::Malformed {
            problem: "it is empty",
        });
    }
    let text = std::str::from_utf8(token).map_err(|_| JwtError::Malformed {
        problem: "it is not text",
    })?;
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Request;

    fn token(values: &[&[u8]]) -> Result<Option<String>, JwtError> {
        let request = values.iter().fold(Request::get("/"), |request, value| {
            request.with_header_bytes("authorization", value)
        });
        let told = bearer_token(&request);
        assert_eq!(token_among(values.iter().copied()), told);
        told.map(|token| token.map(str::to_owned))
    }

    #[test]
    fn the_scheme_has_no_case_and_the_token_has() {
        for value in [
            &b"Bearer aB.c"[..],
            b"bearer aB.c",
            b"BEARER   aB.c ",
            b"bEaReR\taB.c",
        ] {
            assert_eq!(token(&[value]).unwrap().as_deref(), Some("aB.c"));
        }
    }

    #[test]
    fn other_schemes_are_somebody_else_s() {
        for value in [
            &b"Basic YTpi"[..],
            b"",
            b"Bearerx a",
            b"xBearer a",
            b"DPoP a.b.c",
        ] {
            assert_eq!(token(&[value]), Ok(None), "{value:?}");
        }
        assert_eq!(token(&[]), Ok(None));
    }

    #[test]
    fn two_headers_are_refused_whatever_they_say() {
        for second in [&b"Bearer a"[..], b"Bearer b", b"Basic YTpi", b""] {
            assert_eq!(token(&[b"Bearer a", second]), Err(JwtError::RepeatedHeader));
        }
    }

    #[test]
    fn a_bearer_without_a_token_is_an_error_and_not_a_missing_token() {
        for value in [&b"Bearer"[..], b"Bearer ", b"bearer \t", b"Bearer \xff\xfe"] {
            assert!(
                matches!(token(&[value]), Err(JwtError::Malformed { .. })),
                "{value:?}"
            );
        }
    }
}
