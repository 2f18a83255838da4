//! What is answered when something is wrong: problem details of RFC 9457, with every field that is.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::Value;
use tollgate::{ConfigError, ConfigErrors, LookupError, TenantConfig};
use utoipa::ToSchema;

use crate::configs::ConfigsError;
use crate::time::seconds_up;

/// A refusal, or a failure, on its way to a client.
#[derive(Debug)]
pub(crate) struct Problem(Box<Parts>);

#[derive(Debug)]
struct Parts {
    status: StatusCode,
    code: &'static str,
    detail: String,
    errors: Vec<FieldError>,
    retry_after: Option<Duration>,
    headers: Vec<(http::HeaderName, HeaderValue)>,
}

/// The body of a refusal or a failure, as `application/problem+json` (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody<'a> {
    /// Which kind it is, as a URI that stays the same: `tag:tollgate,2026:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// The status in words.
    title: &'a str,
    /// The status.
    status: u16,
    /// What is wrong, for people.
    detail: &'a str,
    /// Which kind it is, for machines.
    code: &'a str,
    /// Every field that is wrong.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false)]
    errors: &'a [FieldError],
}

/// A field that is wrong.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldError {
    /// Which one: `quota.requests_per_minute`, `quota.limits[0].capacity`.
    pub(crate) field: String,
    /// What was given there; left out if nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub(crate) value: Option<Value>,
    /// What must hold, with the bound.
    pub(crate) detail: String,
}

impl FieldError {
    pub(crate) fn new(
        field: impl Into<String>,
        value: Option<Value>,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            field: field.into(),
            value,
            detail: detail.into(),
        }
    }

    /// A problem of a config; `config` is what it is about, if that much could be read.
    fn of(error: &ConfigError, config: Option<&TenantConfig>) -> Self {
        // Values are shown as JSON, shortened if they are long; then they are text.
        let value = (!error.value.is_empty()).then(|| {
            serde_json::from_str(&error.value).unwrap_or_else(|_| error.value.as_str().into())
        });
        Self {
            field: field_of(error, config),
            value,
            detail: error.problem.clone(),
        }
    }
}

/// Where in a tenant's body a problem is.
fn field_of(error: &ConfigError, config: Option<&TenantConfig>) -> String {
    let Some(limit) = &error.limit else {
        return error.field.clone();
    };
    if matches!(limit.as_str(), "requests_per_minute" | "tokens_per_minute")
        && error.limit_at.is_none()
    {
        return format!("quota.{limit}");
    }
    let named = || {
        let limits = &config?.quota.limits;
        limits.iter().position(|known| known.name == *limit)
    };
    let place = error.limit_at.or_else(named);
    let place = place.map_or_else(|| limit.clone(), |place| place.to_string());
    match error.field.as_str() {
        // The entry itself is no map.
        "limit" => format!("quota.limits[{place}]"),
        field => format!("quota.limits[{place}].{field}"),
    }
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            status,
            code,
            detail: detail.into(),
            errors: Vec::new(),
            retry_after: None,
            headers: Vec::new(),
        }))
    }

    /// Well-formed, but with wrong values.
    pub(crate) fn invalid(errors: Vec<FieldError>) -> Self {
        let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
        let detail = format!("wrong: {}", fields.join(", "));
        let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail);
        problem.0.errors = errors;
        problem
    }

    pub(crate) fn invalid_field(
        field: &str,
        value: impl Into<Value>,
        detail: impl Into<String>,
    ) -> Self {
        Self::invalid(vec![FieldError::new(field, Some(value.into()), detail)])
    }

    /// Everything that is wrong with a config, which is `config` if that much could be read.
    pub(crate) fn config(problems: &ConfigErrors, config: Option<&TenantConfig>) -> Self {
        let errors = problems.iter().map(|error| FieldError::of(error, config));
        Self::invalid(errors.collect())
    }

    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", detail)
    }

    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", detail)
    }

    /// The method is not for this path.
    pub(crate) fn method(allowed: &'static str) -> Self {
        let problem = Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method-not-allowed",
            "this path has other methods",
        );
        if allowed.is_empty() {
            return problem;
        }
        problem.with_header(ALLOW, HeaderValue::from_static(allowed))
    }

    pub(crate) fn unavailable(detail: impl Into<String>, retry_after: Option<Duration>) -> Self {
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail);
        problem.retry_after(retry_after.unwrap_or(Duration::from_secs(1)))
    }

    pub(crate) fn retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    pub(crate) fn with_header(mut self, name: http::HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }
}

impl From<ConfigsError> for Problem {
    fn from(error: ConfigsError) -> Self {
        match error {
            ConfigsError::Conflict { .. } => Self::new(
                StatusCode::PRECONDITION_FAILED,
                "precondition-failed",
                "somebody else has changed the tenant: read it again",
            ),
            ConfigsError::Invalid(problems) => Self::config(&problems, None),
            ConfigsError::NoPlace(problem) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "no-place", problem)
            }
            ConfigsError::Unavailable {
                message,
                retry_after,
            } => Self::unavailable(message, retry_after),
        }
    }
}

/// A tenant that was to be loaded, so that its usage can be told.
impl From<LookupError> for Problem {
    fn from(error: LookupError) -> Self {
        let retry_after = error.retry_after();
        match &error {
            LookupError::NotFound(id) => Self::not_found(format!("there is no tenant {id}")),
            LookupError::InvalidConfig { problems, .. } => {
                let detail = problems.to_string();
                Self::new(StatusCode::CONFLICT, "broken-config", detail)
            }
            LookupError::Circle { .. }
            | LookupError::Parent { .. }
            | LookupError::NotInstalled { .. } => {
                let detail = with_causes(&error);
                Self::new(StatusCode::CONFLICT, "broken-config", detail)
            }
            LookupError::Source { .. }
            | LookupError::TimedOut { .. }
            | LookupError::Full { .. }
            | LookupError::NoLoader(_)
            | _ => Self::unavailable(with_causes(&error), retry_after),
        }
    }
}

/// An error and what caused it, in one line.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Parts {
            status,
            code,
            detail,
            errors,
            retry_after,
            headers,
        } = *self.0;
        let body = ProblemBody {
            kind: format!("tag:tollgate,2026:problem:{code}"),
            title: status.canonical_reason().unwrap_or("Refused"),
            status: status.as_u16(),
            detail: &detail,
            code,
            errors: &errors,
        };
        // What it is made of is text, numbers and JSON.
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = (status, body).into_response();
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(CONTENT_TYPE, kind);
        if let Some(wait) = retry_after {
            let seconds = std::cmp::max(seconds_up(wait), 1);
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        for (name, value) in headers {
            response.headers_mut().append(name, value);
        }
        response
    }
}
