//! What the gate reads of an `http` request, and of the response to it.

use http::{Extensions, HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri};
use tollgate_http::{Facts, Field, Principal, RequestView, ResponseView};

/// Up to so many headers are looked through one by one: that is faster than hashing a name.
const SCANNED: usize = 16;

/// The head of a request, for the gate. The body is left alone, be it `Sync` or not.
#[derive(Debug, Clone, Copy)]
pub struct View<'r> {
    method: &'r Method,
    uri: &'r Uri,
    headers: &'r HeaderMap,
    extensions: &'r Extensions,
    sent_path: SentPath,
}

/// Finds the path as the client sent it, where a router has put it aside.
type SentPath = fn(&Extensions) -> Option<&str>;

/// The head of this request.
#[inline]
pub fn view<B>(request: &Request<B>) -> View<'_> {
    View {
        method: request.method(),
        uri: request.uri(),
        headers: request.headers(),
        extensions: request.extensions(),
        sent_path: |_| None,
    }
}

impl View<'_> {
    /// The same head, with the path that `find` finds, if it finds one: a nested router may have stripped its
    /// prefix from the request's own.
    #[must_use]
    pub fn with_sent_path(self, find: fn(&Extensions) -> Option<&str>) -> Self {
        Self {
            sent_path: find,
            ..self
        }
    }
}

impl RequestView for View<'_> {
    fn method(&self) -> &str {
        self.method.as_str()
    }

    fn path(&self) -> &str {
        (self.sent_path)(self.extensions).unwrap_or_else(|| self.uri.path())
    }

    fn query(&self) -> Option<&str> {
        self.uri.query()
    }

    /// The host of the target (HTTP/2, or absolute form), else of the one `Host` header: what RFC
    /// 9112 §3.2.2 says a server must go by.
    fn host(&self) -> Option<&str> {
        match (self.uri.host(), self.header("host")) {
            (Some(host), _) => Some(host),
            (None, Field::Once(host)) => std::str::from_utf8(host).ok(),
            (None, Field::Absent | Field::Repeated) => None,
        }
    }

    fn principal(&self) -> Option<&str> {
        self.extensions.get().map(Principal::tenant)
    }

    fn facts(&self) -> Option<&Facts> {
        self.extensions.get()
    }

    fn headers<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        if self.headers.len() > SCANNED {
            self.headers
                .get_all(name)
                .into_iter()
                .for_each(|value| visit(value.as_bytes()));
            return;
        }
        for (known, value) in self.headers {
            // Equal as they are, as a rule: names are kept in lower case here, and in the gate's rules.
            let known = known.as_str();
            if known == name || known.eq_ignore_ascii_case(name) {
                visit(value.as_bytes());
            }
        }
    }
}

/// The head of a response.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head<'r> {
    status: StatusCode,
    headers: &'r HeaderMap,
}

impl<'r> Head<'r> {
    pub(crate) fn of<B>(response: &'r Response<B>) -> Self {
        Self {
            status: response.status(),
            headers: response.headers(),
        }
    }
}

impl ResponseView for Head<'_> {
    fn status(&self) -> u16 {
        self.status.as_u16()
    }

    fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.get(name).map(HeaderValue::as_bytes)
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;
    use crate::context::with_tenant;

    fn host(request: http::request::Builder) -> Option<String> {
        view(&request.body(()).unwrap()).host().map(str::to_owned)
    }

    #[test]
    fn the_target_s_host_comes_before_the_header_and_two_headers_name_none() {
        let get = Request::get;
        assert_eq!(
            host(get("http://a.b:80/").header("Host", "c.d")).as_deref(),
            Some("a.b")
        );
        assert_eq!(host(get("http://user@a.b/")).as_deref(), Some("a.b"));
        assert_eq!(
            host(get("/").header("Host", "c.d:80")).as_deref(),
            Some("c.d:80")
        );
        assert_eq!(
            host(get("/").header("Host", "a.b").header("Host", "a.b")),
            None
        );
        assert_eq!(host(get("/").header("Host", &b"\xff"[..])), None);
        assert_eq!(host(get("/")), None);
    }

    #[test]
    fn all_values_of_a_header_are_seen_as_bytes() {
        let mut request = Request::get("/a%20b?c=d").body(()).unwrap();
        for value in [&b"a"[..], b"\xff"] {
            request
                .headers_mut()
                .append("x-a", HeaderValue::from_bytes(value).unwrap());
        }
        for more in 0..2 * SCANNED {
            let seen = view(&request);
            let mut values = Vec::new();
            seen.headers("X-A", &mut |value| values.push(value.to_owned()));
            assert_eq!(values, [&b"a"[..], b"\xff"], "{more} more");
            let name = HeaderName::try_from(format!("x-{more}")).unwrap();
            request
                .headers_mut()
                .append(name, HeaderValue::from_static("b"));
        }
        let seen = view(&request);
        assert_eq!(
            (seen.method(), seen.path(), seen.query()),
            ("GET", "/a%20b", Some("c=d"))
        );
    }

    #[test]
    fn a_request_that_was_vouched_for_has_a_principal() {
        let request = with_tenant(Request::new(()), "acme".parse().unwrap());
        assert_eq!(view(&request).principal(), Some("acme"));
        assert_eq!(view(&Request::new(())).principal(), None);
    }
}
