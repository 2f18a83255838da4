//! Refusals as OpenAI's API words them.

use serde::Serialize;
use tollgate::PolicyDenial;

use super::words::message;
use crate::limit_refusal::LimitRefusal;
use crate::rejection::Rejection;
use crate::reply::Reply;

#[derive(Serialize)]
struct Body<'a> {
    error: ErrorObject<'a>,
}

#[derive(Serialize)]
struct ErrorObject<'a> {
    message: String,
    #[serde(rename = "type")]
    kind: &'static str,
    param: Option<&'a str>,
    code: &'static str,
}

impl Rejection {
    /// The reply as OpenAI's API words it, for a service that its clients talk to:
    /// `{"error": {"message": …, "type": …, "param": null, "code": …}}`.
    ///
    /// Statuses are those of [`reply`](Self::reply), and so are `Retry-After`, `retry-after-ms` and `WWW-Authenticate`.
    ///
    /// | refusal | type | code |
    /// |---|---|---|
    /// | a limit says no (429) | `requests`, or `tokens` by what it counts | `rate_limit_exceeded` |
    /// | cost above a capacity (429) | the same | the same, and `x-should-retry: false` |
    /// | no tenant, or a wrong credential (401) | `invalid_request_error` | `invalid_api_key` |
    /// | a model that is not allowed (403) | `invalid_request_error` | `model_not_found`, with `param` `model` |
    /// | config can't be had (503) | `server_error` | as [`code`](Self::code) |
    /// | anything else | `invalid_request_error` | as [`code`](Self::code) |
    ///
    /// The message of a 429 ends as OpenAI's does, `Please try again in 45.19s.`, for clients read the time there.
    ///
    /// # Examples
    /// ```
    /// use tollgate::Engine;
    /// use tollgate_http::{Gate, GateBuilder, HeaderProfile, Rejection};
    ///
    /// fn builder(engine: Engine) -> GateBuilder {
    ///     Gate::builder(engine)
    ///         .profiles([HeaderProfile::OpenAi])
    ///         .on_rejected(Rejection::openai_reply)
    /// }
    /// ```
    pub fn openai_reply(&self) -> Reply {
        let (kind, code) = kind_and_code(self);
        let body = Body {
            error: ErrorObject {
                message: message(self),
                kind,
                param: names_model(self).then_some("model"),
                code,
            },
        };
        // Strings always have a JSON form.
        super::reply(self, serde_json::to_vec(&body).unwrap_or_default())
    }
}

fn kind_and_code(rejection: &Rejection) -> (&'static str, &'static str) {
    match rejection {
        Rejection::QuotaExceeded(refusal) | Rejection::CostExceedsLimit(refusal) => {
            (counted(refusal), "rate_limit_exceeded")
        }
        Rejection::TenantRequired { .. }
        | Rejection::InvalidCredential(_)
        | Rejection::TenantUnproven { .. } => (INVALID, "invalid_api_key"),
        Rejection::PolicyDenied { .. } if names_model(rejection) => (INVALID, "model_not_found"),
        Rejection::BackendUnavailable { .. } | Rejection::OriginUnavailable { .. } => {
            ("server_error", rejection.code())
        }
        Rejection::PolicyDenied { .. }
        | Rejection::TenantMismatch { .. }
        | Rejection::InvalidTenantId(_)
        | Rejection::InvalidCost(_)
        | Rejection::TenantNotFound { .. }
        | Rejection::TenantSuspended { .. } => (INVALID, rejection.code()),
    }
}

const INVALID: &str = "invalid_request_error";

/// OpenAI has two kinds of limits; those of anything but tokens count as limits of requests, and so do those that clients
/// may not see.
fn counted(refusal: &LimitRefusal) -> &'static str {
    let binding = refusal.binding().filter(|_| refusal.is_exposed());
    let tokens = binding.is_some_and(|level| level.limit.dimension().as_str().ends_with("tokens"));
    if tokens { "tokens" } else { "requests" }
}

fn names_model(rejection: &Rejection) -> bool {
    matches!(
        rejection,
        Rejection::PolicyDenied {
            denial: PolicyDenial::Model { .. },
            ..
        }
    )
}
