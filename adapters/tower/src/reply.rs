//! The gate's replies as `http` responses, and its headers in those of others.

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use tollgate_http::Reply;

/// The response that says what `reply` says; what is no header is left out, what is no status is
/// a 500.
pub(crate) fn response(reply: Reply) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(reply.body));
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in reply.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        let value = HeaderValue::try_from(value);
        if let (Ok(name), Ok(value)) = (name, value) {
            // Full only after 32,768 headers: then one is missing, and nothing panics.
            let _appended = response.headers_mut().try_append(name, value);
        }
    }
    response
}

/// Adds a header, unless the handler has set one of that name.
pub(crate) fn add(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let (Ok(entry), Ok(value)) = (headers.try_entry(name), HeaderValue::from_str(value)) {
        let _added = entry.or_try_insert(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_header_or_status_is_left_out() {
        let reply = Reply::new(7, "text/plain", "body")
            .with_header("X-Fine", "1")
            .with_header("bad name", "1")
            .with_header("x-bad", "a\nb");
        let response = response(reply);
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers()["x-fine"], "1");
        assert_eq!(response.headers().len(), 3);
        assert_eq!(response.body(), "body");
    }

    #[test]
    fn what_the_handler_set_stays() {
        let mut headers = HeaderMap::new();
        headers.insert("ratelimit", HeaderValue::from_static("mine"));
        add(&mut headers, "ratelimit", "theirs");
        add(&mut headers, "ratelimit-policy", "theirs");
        assert_eq!(headers["ratelimit"], "mine");
        assert_eq!(headers["ratelimit-policy"], "theirs");
    }
}
