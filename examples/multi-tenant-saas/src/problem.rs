//! What clients are told when a request can't be served: problem details, as the gate writes them.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tollgate_db::DbError;

/// An answer of RFC 9457.
#[derive(Debug, PartialEq, Eq)]
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
