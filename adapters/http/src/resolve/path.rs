//! The tenant that a segment of the path names.

use tollgate::{TenantId, normalize_path};

use super::error::{InvalidId, parse};
use super::source::Source;
use crate::request::RequestView;
use crate::text::shown;

/// Which segment of the path names the tenant.
#[derive(Debug, Clone)]
pub(super) enum Segment {
    /// The one with this index, from 0.
    Index(usize),
    /// The one after this prefix, which begins with a slash and does not end with one.
    After(Box<str>),
}

/// The tenant in a segment of the normalised path, the same that the policy reads.
///
/// A path without that segment names none. A path that can't be normalised is an error: two
/// servers could read two tenants in it.
pub(super) fn find(
    request: &dyn RequestView,
    segment: &Segment,
) -> Result<Option<TenantId>, InvalidId> {
    let path = request.path();
    if !path.starts_with('/') {
        return Ok(None); // `OPTIONS *` and `CONNECT host:port` have no path
    }
    let path = normalize_path(path).map_err(|_| InvalidId::UnreadablePath {
        shown: shown(path.as_bytes()),
    })?;
    match segment.pick(&path) {
        None | Some("") => Ok(None),
        Some(named) => parse(Source::Path, named.as_bytes()).map(Some),
    }
}

impl Segment {
    fn pick<'p>(&self, path: &'p str) -> Option<&'p str> {
        let rest = match self {
            Self::Index(_) => path,
            Self::After(prefix) => path.strip_prefix(&**prefix)?,
        };
        let mut segments = rest.strip_prefix('/')?.split('/');
        match self {
            Self::Index(index) => segments.nth(*index),
            Self::After(_) => segments.next(),
        }
    }
}

/// The form in which a prefix is kept: a slash before it, none after it.
pub(super) fn prefix(prefix: &str) -> Box<str> {
    let inner = prefix.trim_matches('/');
    if inner.is_empty() {
        Box::default()
    } else {
        format!("/{inner}").into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Request;

    fn named(segment: &Segment, path: &str) -> Option<String> {
        find(&Request::get(path), segment)
            .unwrap()
            .map(|id| id.to_string())
    }

    #[test]
    fn a_segment_is_found_by_its_index() {
        let second = Segment::Index(1);
        assert_eq!(named(&second, "/t/acme/x").as_deref(), Some("acme"));
        assert_eq!(named(&second, "/t/acme").as_deref(), Some("acme"));
        assert_eq!(named(&second, "/t"), None);
        assert_eq!(named(&second, "/t/"), None);
        assert_eq!(named(&second, "*"), None);
    }

    #[test]
    fn a_segment_is_found_after_its_prefix_and_only_there() {
        let after = Segment::After(prefix("tenants/by-id/"));
        assert_eq!(
            named(&after, "/tenants/by-id/acme/x").as_deref(),
            Some("acme")
        );
        assert_eq!(named(&after, "/tenants/by-idacme"), None);
        assert_eq!(named(&after, "/tenants/by-id"), None);
        assert_eq!(named(&after, "/other/acme"), None);
        assert_eq!(
            named(&Segment::After(prefix("/")), "/acme").as_deref(),
            Some("acme")
        );
    }

    #[test]
    fn a_path_that_two_servers_read_differently_names_no_tenant() {
        let after = Segment::After(prefix("/t"));
        for path in ["/t/..%2facme", "/t/a%2fb"] {
            let error = find(&Request::get(path), &after).unwrap_err();
            assert!(matches!(error, InvalidId::UnreadablePath { .. }), "{path}");
        }
        let error = find(&Request::get("/t/a%20b"), &after).unwrap_err();
        assert!(matches!(error, InvalidId::Malformed { .. }));
    }
}
