//! The gate's replies as `http` responses.

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{Response, StatusCode};
use tollgate_http::Reply;

/// The response that says what `reply` says; what is no header is left out, what is no status is
/// a 500.
pub fn response(reply: Reply) -> Response<Bytes> {
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
}
