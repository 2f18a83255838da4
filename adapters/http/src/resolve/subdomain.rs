//! The tenant that the host name begins with.

use tollgate::TenantId;

use crate::request::RequestView;

/// The tenant in the one label in front of `base`, in lower case, for hosts have no case.
///
/// Any other host (the base itself, a deeper name, another domain, an address) names no tenant.
pub(super) fn find(request: &dyn RequestView, base: &str) -> Option<TenantId> {
    let label = request
        .host()
        .and_then(|host| label_under(base, without_port(host)));
    label.and_then(|label| TenantId::new(&label.to_ascii_lowercase()).ok())
}

/// What stands in front of `.base`, if it is a single label.
fn label_under<'a>(base: &str, host: &'a str) -> Option<&'a str> {
    let host = host.strip_suffix('.').unwrap_or(host);
    let (front, end) = host.split_at_checked(host.len().checked_sub(base.len())?)?;
    let label = front.strip_suffix('.')?;
    (end.eq_ignore_ascii_case(base) && is_label(label)).then_some(label)
}

/// Letters, digits, hyphens and underscores: what names a tenant, less the dot.
fn is_label(label: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !label.is_empty() && label.bytes().all(allowed)
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => host,
    }
}

/// The form in which a base domain is kept: lower case, no dots around it.
///
/// `None` if it is no domain of letters, digits, hyphens and dots.
pub(super) fn base_domain(base: &str) -> Option<Box<str>> {
    let base = base.trim_matches('.').to_ascii_lowercase();
    base.split('.').all(is_label).then(|| base.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Request;

    fn named(host: &str) -> Option<String> {
        let request = Request::get("/").with_host(host);
        find(&request, "example.com").map(|id| id.to_string())
    }

    #[test]
    fn one_label_under_the_base_domain_names_the_tenant() {
        for host in [
            "acme.example.com",
            "acme.example.com:8080",
            "ACME.Example.COM",
            "acme.example.com.",
            "acme.example.com.:443",
        ] {
            assert_eq!(named(host).as_deref(), Some("acme"), "{host}");
        }
    }

    #[test]
    fn any_other_host_names_none() {
        for host in [
            "example.com",
            ".example.com",
            "a.b.example.com",
            "evilexample.com",
            "acme.example.com.evil.net",
            "acme.example.org",
            "[::1]:80",
            "[::ffff:1.2.3.4]",
            "127.0.0.1",
            "ac%6de.example.com",
            "user@acme.example.com",
            "é.example.com",
            "éxample.com",
            "",
            ":80",
        ] {
            assert_eq!(named(host), None, "{host}");
        }
        assert_eq!(find(&Request::get("/"), "example.com"), None);
    }

    #[test]
    fn a_base_domain_is_tidied_or_refused() {
        assert_eq!(base_domain(".Example.COM.").as_deref(), Some("example.com"));
        for base in ["", ".", "a..b", "a b", "example.com:80", "*.example.com"] {
            assert_eq!(base_domain(base), None, "{base}");
        }
    }
}
