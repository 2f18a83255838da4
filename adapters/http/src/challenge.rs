//! The challenges of a 401: how to say who one is.

/// For a request that says nothing: name a tenant, or prove to be one.
///
/// `Bearer realm="tenant"` (RFC 6750 §3) where the gate reads a credential, and
/// `Tenant realm="tenant", header="X-Tenant-ID"`, a scheme of our own, where a header is enough. The header is left
/// out where the gate reads none.
pub(crate) fn missing(header: Option<&str>, credential: bool) -> String {
    match (credential, header) {
        (true, None) => BEARER.to_owned(),
        (true, Some(name)) => format!(r#"{BEARER}, {TENANT}, header="{name}""#),
        (false, None) => TENANT.to_owned(),
        (false, Some(name)) => format!(r#"{TENANT}, header="{name}""#),
    }
}

/// For a credential that proves nothing, with the reason (RFC 6750 §3.1).
pub(crate) fn refused(reason: &str) -> String {
    let described: String = reason.chars().filter(|char| is_plain(*char)).collect();
    format!(r#"{BEARER}, error="invalid_token", error_description="{described}""#)
}

const BEARER: &str = r#"Bearer realm="tenant""#;
const TENANT: &str = r#"Tenant realm="tenant""#;

/// What an `error_description` may have in it: printable ASCII, but for the quote and the backslash.
const fn is_plain(char: char) -> bool {
    matches!(char, ' '..='~') && char != '"' && char != '\\'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_names_every_way_that_the_gate_knows() {
        assert_eq!(missing(None, false), r#"Tenant realm="tenant""#);
        assert_eq!(
            missing(Some("X-Tenant-ID"), true),
            r#"Bearer realm="tenant", Tenant realm="tenant", header="X-Tenant-ID""#
        );
    }

    #[test]
    fn a_reason_can_not_end_the_header_s_string() {
        assert_eq!(
            refused("a \"b\" \\ \u{e9}\r\nc"),
            r#"Bearer realm="tenant", error="invalid_token", error_description="a b  c""#
        );
    }
}
