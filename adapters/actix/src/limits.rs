//! The gate's headers in the responses of others.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
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
        let name = known(name).or_else(|| HeaderName::from_bytes(name.as_bytes()).ok());
        if let (Some(name), Some(value)) = (name, value)
            && !self.0.contains_key(&name)
        {
            self.0.insert(name, value);
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
        headers.insert(
            HeaderName::from_static("ratelimit"),
            HeaderValue::from_static("mine"),
        );
        for name in ["ratelimit", "ratelimit-policy", "x-ratelimit-limit"] {
            Limits(&mut headers).put(name, "theirs");
        }
        let value = |name| headers.get(name).map(HeaderValue::as_bytes);
        assert_eq!(value("ratelimit"), Some(&b"mine"[..]));
        assert_eq!(value("ratelimit-policy"), Some(&b"theirs"[..]));
        assert_eq!(value("x-ratelimit-limit"), Some(&b"theirs"[..]));
    }

    #[test]
    fn what_is_no_header_is_left_out() {
        let mut headers = HeaderMap::new();
        Limits(&mut headers).put("ratelimit", "a\nb");
        Limits(&mut headers).put("bad name", "a");
        assert!(headers.is_empty());
    }
}
