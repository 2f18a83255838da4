//! The gateway's own errors, in the shape in which OpenAI's clients read them.

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// An error that did not come from the gate: `{"error": {"message", "type", "param", "code"}}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: StatusCode,
    /// OpenAI's name of the class of errors.
    class: &'static str,
    code: &'static str,
    message: String,
    /// The member of the request's body that is wrong.
    param: Option<&'static str>,
}

const INVALID: &str = "invalid_request_error";
const ROUTES: &str = "There is POST /v1/chat/completions, GET /v1/models and GET /v1/usage.";

impl Refusal {
    pub(crate) fn new(
        status: StatusCode,
        class: &'static str,
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status,
            class,
            code,
            message: message.into(),
            param: None,
        }
    }

    /// 400: something in the body is wrong.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, INVALID, "invalid_request", message)
    }

    /// The same about this member of the body.
    pub(crate) fn of(mut self, param: &'static str) -> Self {
        self.param = Some(param);
        self
    }

    /// 404: there is no such route.
    pub(crate) fn unknown_url() -> Self {
        Self::new(StatusCode::NOT_FOUND, INVALID, "unknown_url", ROUTES)
    }

    /// 405: there is such a route, for another method.
    pub(crate) fn wrong_method() -> Self {
        let status = StatusCode::METHOD_NOT_ALLOWED;
        Self::new(status, INVALID, "method_not_supported", ROUTES)
    }

    /// 401: no key, or a wrong one.
    pub(crate) fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            INVALID,
            "invalid_api_key",
            message,
        )
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({"error": {
            "message": self.message, "type": self.class, "param": self.param, "code": self.code,
        }});
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
