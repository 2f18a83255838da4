//! The reply to a refused request: a status, headers and a body, for any framework.

use std::borrow::Cow;

/// A whole HTTP reply, made of plain values; each adapter turns it into its framework's response.
///
/// # Examples
/// ```
/// use tollgate_http::Reply;
///
/// let reply = Reply::new(429, "text/plain", "slow down").with_header("retry-after", "30");
/// assert_eq!(reply.header("Retry-After"), Some("30"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status. An adapter sends 500 for what is no status (100–999).
    pub status: u16,
    /// Header names, in any case, with their values; an adapter leaves out what is no header.
    pub headers: Vec<(Cow<'static, str>, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// A reply with this body, which no cache may keep (`Cache-Control: no-store`).
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let reply = Self {
            status,
            headers: Vec::with_capacity(8),
            body: body.into(),
        };
        reply
            .with_header("content-type", content_type)
            .with_header("cache-control", "no-store")
    }

    /// A reply with a body in `application/problem+json`.
    pub fn problem(status: u16, body: Vec<u8>) -> Self {
        Self::new(status, "application/problem+json", body)
    }

    /// The same reply with this header, in place of any of that name.
    #[must_use]
    pub fn with_header(
        mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<String>,
    ) -> Self {
        let name = name.into();
        self.headers
            .retain(|(known, _)| !known.eq_ignore_ascii_case(&name));
        self.headers.push((name, value.into()));
        self
    }

    /// The value of the header `name`, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| &**value)
    }

    /// Adds a header unless there is one of that name.
    pub(crate) fn add_header(&mut self, name: &'static str, value: &str) {
        if self.header(name).is_none() {
            self.headers.push((Cow::Borrowed(name), value.to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_replaces_its_namesake_whatever_the_case() {
        let reply = Reply::new(400, "text/plain", "no").with_header("Content-Type", "text/html");
        assert_eq!(reply.header("content-type"), Some("text/html"));
        assert_eq!(reply.headers.len(), 2);
    }

    #[test]
    fn no_cache_may_keep_a_refusal() {
        assert_eq!(
            Reply::problem(429, Vec::new()).header("cache-control"),
            Some("no-store")
        );
    }

    #[test]
    fn what_is_added_never_replaces() {
        let mut reply = Reply::new(429, "text/plain", "").with_header("RateLimit", "mine");
        reply.add_header("ratelimit", "theirs");
        assert_eq!(reply.header("ratelimit"), Some("mine"));
    }
}
