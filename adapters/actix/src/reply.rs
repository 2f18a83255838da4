//! The gate's replies as actix responses.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::Bytes;
use tollgate_http::Reply;

/// The response that says what `reply` says, and its body; what is no header is left out, what is no status
/// is a 500.
pub(crate) fn response(reply: Reply) -> (HttpResponse<()>, Bytes) {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::with_body(status, ());
    for (name, value) in reply.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        let value = HeaderValue::try_from(value);
        if let (Ok(name), Ok(value)) = (name, value) {
            response.headers_mut().append(name, value);
        }
    }
    (response, reply.body.into())
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
        let (response, body) = response(reply);
        assert_eq!(response.status(), 500);
        assert!(response.headers().contains_key("x-fine"));
        assert_eq!((response.headers().len(), &*body), (3, &b"body"[..]));
    }
}
