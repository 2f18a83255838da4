//! The gate's headers in the responses of others.

use http::header::{HeaderMap, HeaderName, HeaderValue};
use tollgate_http::{Constant, ReportSink};

/// A response's headers, to which those that tell the limits are added.
///
/// What the handler has set stays; what is no header is left out.
pub(crate) struct Limits<'r>(pub(crate) &'r mut HeaderMap);

impl ReportSink for Limits<'_> {
    fn put(&mut self, name: &'static str, value: &str) {
        self.add(name, HeaderValue::from_str(value).ok());
    }

    fn put_constant(&mut self, name: &'static str, value: &Constant) {
        self.add(name, value.native(|text| HeaderValue::from_str(text).ok()));
    }
}

impl Limits<'_> {
    fn add(&mut self, name: &'static str, value: Option<HeaderValue>) {
        let Some(value) = value else { return };
        let entry = match known(name) {
            Some(name) => self.0.try_entry(name),
            None => self.0.try_entry(name),
        };
        if let Ok(entry) = entry {
            // Full only after 32,768 headers: then this one is missing, and nothing panics.
            let _added = entry.or_try_insert(value);
        }
    }
}

/// The names of the default profile, ready made.
fn known(name: &str) -> Option<HeaderName> {
    match name {
        "ratelimit" => Some(const { HeaderName::from_static("ratelimit") }),
        "ratelimit-policy" => Some(const { HeaderName::from_static("ratelimit-policy") }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_handler_set_stays() {
        let mut headers = HeaderMap::new();
        headers.insert("ratelimit", HeaderValue::from_static("mine"));
        let mut limits = Limits(&mut headers);
        for name in ["ratelimit", "ratelimit-policy", "x-ratelimit-limit"] {
            limits.put(name, "theirs");
        }
        assert_eq!(headers["ratelimit"], "mine");
        assert_eq!(headers["ratelimit-policy"], "theirs");
        assert_eq!(headers["x-ratelimit-limit"], "theirs");
    }

    #[test]
    fn what_is_no_header_is_left_out() {
        let mut headers = HeaderMap::new();
        Limits(&mut headers).put("ratelimit", "a\nb");
        Limits(&mut headers).put("bad name", "a");
        assert!(headers.is_empty());
    }
}
