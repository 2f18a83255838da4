//! When the upstream has no answer for the client.

use axum::body::Body;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, HeaderName, Response, StatusCode};
use axum::response::IntoResponse;
use hyper_util::client::legacy;

use crate::refusal::Refusal;

/// Why there is no answer for the client. Each is a 5xx, which the gate refunds.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("no request can be made of it")]
    Request(#[source] axum::http::Error),
    #[error("the upstream can't be reached, or broke off")]
    Failed(#[source] legacy::Error),
    #[error("the upstream did not answer in time")]
    Silent,
    /// 401 or 403: it is the gateway's key that is wrong, not the client's.
    #[error("the upstream refuses the gateway's key with {0}")]
    RefusesUs(StatusCode),
    /// 429: it is the gateway's account that is used up, not the tenant's quota.
    #[error("the upstream's limit for the gateway is reached")]
    LimitsUs(Box<HeaderMap>),
}

/// What the upstream says of when to come again.
const WAITS: [HeaderName; 2] = [RETRY_AFTER, HeaderName::from_static("retry-after-ms")];

impl Trouble {
    /// The trouble that an answer is, if its status says something of the gateway's account.
    pub(super) fn of<B>(answer: &Response<B>) -> Option<Self> {
        match answer.status() {
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                Some(Self::RefusesUs(status))
            }
            StatusCode::TOO_MANY_REQUESTS => {
                let said =
                    |name: &HeaderName| Some((name.clone(), answer.headers().get(name)?.clone()));
                Some(Self::LimitsUs(Box::new(
                    WAITS.iter().filter_map(said).collect(),
                )))
            }
            _ => None,
        }
    }

    /// What the client is told: nothing of the gateway's account.
    fn refusal(&self) -> Refusal {
        let (status, code, message) = match self {
            Self::Silent => (
                StatusCode::GATEWAY_TIMEOUT,
                "upstream_timeout",
                "The model did not answer in time.",
            ),
            Self::LimitsUs(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "upstream_busy",
                "The model is busy, through no fault of yours. Please try again later.",
            ),
            Self::Request(_) | Self::Failed(_) | Self::RefusesUs(_) => (
                StatusCode::BAD_GATEWAY,
                "upstream_failed",
                "The model can't be reached.",
            ),
        };
        Refusal::new(status, "server_error", code, message)
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response<Body> {
        let error: &dyn std::error::Error = &self;
        tracing::warn!(error, "no answer");
        let mut response = self.refusal().into_response();
        if let Self::LimitsUs(waits) = self {
            response.headers_mut().extend(*waits);
        }
        response
    }
}
