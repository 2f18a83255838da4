//! The tenant that a cookie names.

use tollgate::TenantId;

use super::error::{InvalidId, parse};
use super::source::Source;
use crate::request::RequestView;

/// The tenant in the cookie `name`; a cookie that is there twice is an error.
///
/// The `Cookie` header is split as bytes, over all its lines (HTTP/2 may send one a cookie), so
/// that other cookies can hold whatever they like. Names are compared as given.
pub(super) fn find(request: &dyn RequestView, name: &str) -> Result<Option<TenantId>, InvalidId> {
    let mut found = None;
    let mut times = 0_usize;
    request.headers("cookie", &mut |line| {
        for value in line
            .split(|&byte| byte == b';')
            .filter_map(|pair| value_of(pair, name))
        {
            times = times.saturating_add(1);
            found = Some(value);
        }
    });
    match found {
        None => Ok(None),
        Some(value) if times == 1 => parse(Source::Cookie, unquoted(value)).map(Some),
        Some(_) => Err(InvalidId::Repeated {
            origin: Source::Cookie,
        }),
    }
}

/// The value of a pair such as ` tenant=acme`, if it is the cookie `name`.
fn value_of<'a>(pair: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let (key, value) = pair.split_at_checked(pair.iter().position(|&byte| byte == b'=')?)?;
    let value = value.strip_prefix(b"=")?;
    (key.trim_ascii() == name.as_bytes()).then(|| value.trim_ascii())
}

/// Cookie values may stand in double quotes.
fn unquoted(value: &[u8]) -> &[u8] {
    value
        .strip_prefix(b"\"")
        .and_then(|rest| rest.strip_suffix(b"\""))
        .unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Request;

    fn named(lines: &[&[u8]]) -> Result<Option<TenantId>, InvalidId> {
        let request = lines.iter().fold(Request::get("/"), |request, line| {
            request.with_header_bytes("Cookie", line)
        });
        find(&request, "tenant")
    }

    #[test]
    fn the_cookie_names_the_tenant_beside_any_others() {
        let lines: [&[&[u8]]; 5] = [
            &[b"tenant=acme"],
            &[b"a=1; tenant=acme; b=2=3"],
            &[b"a=\xff\xfe;tenant=\"acme\""],
            &[b"a=1", b"tenant=acme"],
            &[b"nonsense; ;=; tenant = acme "],
        ];
        for line in lines {
            assert_eq!(named(line).unwrap().unwrap().as_str(), "acme", "{line:?}");
        }
    }

    #[test]
    fn other_cookies_name_no_tenant() {
        for line in [
            &b"Tenant=acme"[..],
            b"xtenant=acme",
            b"tenant",
            b"a=tenant",
            b"",
        ] {
            assert_eq!(named(&[line]), Ok(None), "{line:?}");
        }
    }

    #[test]
    fn a_cookie_that_is_there_twice_is_refused() {
        let lines: [&[&[u8]]; 2] = [&[b"tenant=a; tenant=a"], &[b"tenant=a", b"tenant=b"]];
        for line in lines {
            assert!(
                matches!(named(line), Err(InvalidId::Repeated { .. })),
                "{line:?}"
            );
        }
    }

    #[test]
    fn absurd_values_are_errors_and_never_a_missing_tenant() {
        for line in [
            &b"tenant="[..],
            b"tenant=\"\"",
            b"tenant=\"a",
            b"tenant=\xff",
            b"tenant=a b",
        ] {
            assert!(
                matches!(named(&[line]), Err(InvalidId::Malformed { .. })),
                "{line:?}"
            );
        }
    }
}
