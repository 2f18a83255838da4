//! What clients are told when a request can't be served: problem details, as the gate writes them.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tollgate_db::DbError;

/// The largest body of a request, in bytes.
pub(crate) const LARGEST_BODY: usize = 16 * 1024;

/// An answer of RFC 9457.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self {
            status,
            code,
            detail,
        }
    }

    /// The request can't be understood: which part of it, and why.
    pub(crate) fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "request_invalid", detail)
    }

    /// A body that can't be read, under the status that says how: 400, 413, 415; what is JSON and not what was asked
    /// for is a 400 too.
    pub(crate) fn unreadable(refused: &JsonRejection) -> Self {
        let detail = refused.body_text();
        match refused.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "request_too_large",
                format!("at most {LARGEST_BODY} bytes"),
            ),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "request_not_json",
                detail,
            ),
            _ => Self::invalid(detail),
        }
    }

    /// There is no such thing; or it is another tenant's, which is the same.
    pub(crate) fn not_found() -> Self {
        let detail = "there is no such resource";
        Self::new(StatusCode::NOT_FOUND, "resource_not_found", detail)
    }
}

/// The client learns no more than whether it may try again; the log, the rest.
impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        let transient = error.is_transient();
        tracing::error!(
            error = crate::with_causes(&error),
            transient,
            "the database failed"
        );
        if transient {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            Self::new(status, "database_unavailable", "try again later")
        } else {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            Self::new(status, "internal", "this is a mistake of ours")
        }
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        DbError::Database(error).into()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason(),
            "status": self.status.as_u16(),
            "detail": self.detail,
            "code": self.code,
        });
        let kind = [(CONTENT_TYPE, "application/problem+json")];
        (self.status, kind, Json(body)).into_response()
    }
}
