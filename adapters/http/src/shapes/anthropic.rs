//! Refusals as Anthropic's API words them.

use serde::Serialize;

use super::words::message;
use crate::rejection::Rejection;
use crate::reply::Reply;

#[derive(Serialize)]
struct Body {
    #[serde(rename = "type")]
    kind: &'static str,
    error: ErrorObject,
    request_id: Option<&'static str>,
}

#[derive(Serialize)]
struct ErrorObject {
    #[serde(rename = "type")]
    kind: &'static str,
    message: String,
}

impl Rejection {
    /// The reply as Anthropic's API words it, for a service that its clients talk to:
    /// `{"type": "error", "error": {"type": …, "message": …}, "request_id": null}`.
    ///
    /// Statuses are those of [`reply`](Self::reply), and so are `Retry-After`, `retry-after-ms` and `WWW-Authenticate`. A
    /// cost above a capacity has `x-should-retry: false` beside them. The gate numbers no requests, so that `request_id`
    /// is null.
    ///
    /// | status | type |
    /// |---|---|
    /// | 400 | `invalid_request_error` |
    /// | 401 | `authentication_error` |
    /// | 403 | `permission_error` |
    /// | 404 | `not_found_error` |
    /// | 429 | `rate_limit_error` |
    /// | 503 | `api_error` |
    ///
    /// # Examples
    /// ```
    /// use tollgate::Engine;
    /// use tollgate_http::{Gate, GateBuilder, HeaderProfile, Rejection};
    ///
    /// fn builder(engine: Engine) -> GateBuilder {
    ///     Gate::builder(engine)
    ///         .profiles([HeaderProfile::Anthropic])
    ///         .on_rejected(Rejection::anthropic_reply)
    /// }
    /// ```
    pub fn anthropic_reply(&self) -> Reply {
        let body = Body {
            kind: "error",
            error: ErrorObject {
                kind: kind(self),
                message: message(self),
            },
            request_id: None,
        };
        // Strings always have a JSON form.
        super::reply(self, serde_json::to_vec(&body).unwrap_or_default())
    }
}

fn kind(rejection: &Rejection) -> &'static str {
    match rejection {
        Rejection::InvalidTenantId(_) | Rejection::InvalidCost(_) => "invalid_request_error",
        Rejection::TenantRequired { .. }
        | Rejection::InvalidCredential(_)
        | Rejection::TenantUnproven { .. } => "authentication_error",
        Rejection::TenantMismatch { .. }
        | Rejection::TenantSuspended { .. }
        | Rejection::PolicyDenied { .. } => "permission_error",
        Rejection::TenantNotFound { .. } => "not_found_error",
        Rejection::QuotaExceeded(_) | Rejection::CostExceedsLimit(_) => "rate_limit_error",
        Rejection::BackendUnavailable { .. } | Rejection::OriginUnavailable { .. } => "api_error",
    }
}
