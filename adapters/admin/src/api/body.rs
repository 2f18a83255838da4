//! Bodies: JSON of at most 64 KiB, and what is wrong with those that are not.

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Method, StatusCode};
use http_body_util::LengthLimitError;
use serde_json::Value;
use serde_json::value::RawValue;
use tollgate::{ConfigErrors, RawTenant, TenantConfig, TenantId};

use crate::problem::{FieldError, Problem};

/// The longest body.
const MOST_BYTES: usize = 64 * 1024;
/// What a tenant's form has beside its config. They may stand in a body, so that what was read can be written back.
const READ_ONLY: [&str; 5] = ["version", "created_at", "updated_at", "summary", "error"];

/// A body that says that it is JSON, and is short enough.
#[derive(Debug)]
pub(crate) struct Json(Bytes);

impl<S: Send + Sync> FromRequest<S> for Json {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        let patches = request.method() == Method::PATCH;
        let right = kind.eq_ignore_ascii_case("application/json")
            || patches && kind.eq_ignore_ascii_case("application/merge-patch+json");
        if !right {
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            let detail = "the body must be JSON: Content-Type: application/json";
            return Err(Problem::new(status, "not-json", detail));
        }
        match to_bytes(request.into_body(), MOST_BYTES).await {
            Ok(bytes) => Ok(Self(bytes)),
            Err(error) => Err(unread(&error)),
        }
    }
}

fn unread(error: &axum::Error) -> Problem {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            let detail = format!("the body must have at most {MOST_BYTES} bytes");
            return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail);
        }
        cause = error.source();
    }
    Problem::bad_request("the body did not come as a whole")
}

impl Json {
    /// A tenant's config; `id` is whose it is to be.
    pub(crate) fn tenant(&self, id: Option<&TenantId>) -> Result<TenantConfig, Problem> {
        let raw: RawTenant = serde_json::from_slice(&self.0).map_err(|error| malformed(&error))?;
        validated(raw, id)
    }

    /// A tenant's config with this body as its `part`: `quota` or `policy`.
    pub(crate) fn part(&self, part: &str, id: &TenantId) -> Result<TenantConfig, Problem> {
        let given: &RawValue =
            serde_json::from_slice(&self.0).map_err(|error| malformed(&error))?;
        // An id has no character that JSON would escape.
        let whole = format!(r#"{{"tenant_id":"{id}","{part}":{given}}}"#);
        if given.get() == "null" {
            let problem = FieldError::new(part, Some(Value::Null), "must be a map of fields");
            return Err(Problem::invalid(vec![problem]));
        }
        let raw: RawTenant = serde_json::from_str(&whole).map_err(|error| malformed(&error))?;
        validated(raw, Some(id))
    }

    /// This config with the body's changes: a merge patch of RFC 7396.
    pub(crate) fn patched(&self, config: &TenantConfig) -> Result<TenantConfig, Problem> {
        let patch: Value = serde_json::from_slice(&self.0).map_err(|error| malformed(&error))?;
        if !patch.is_object() {
            let detail = "must be a map of the fields to change";
            return Err(Problem::invalid_field("tenant", patch, detail));
        }
        // A config is text, numbers, lists and maps of such.
        let mut value = serde_json::to_value(config).unwrap_or_default();
        merge(&mut value, patch);
        let raw = serde_json::from_value(value).map_err(|error| malformed(&error))?;
        validated(raw, Some(&config.tenant_id))
    }
}

/// RFC 7396, section 2. As deep as the patch is, which the parser has bounded.
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Value::Object(fields) = target else {
        return;
    };
    for (name, value) in patch {
        if value.is_null() {
            fields.remove(&name);
        } else {
            merge(fields.entry(name).or_insert(Value::Null), value);
        }
    }
}

fn validated(raw: RawTenant, id: Option<&TenantId>) -> Result<TenantConfig, Problem> {
    let raw = raw.without(&READ_ONLY);
    let raw = match id {
        Some(id) => raw.or_id(id),
        None => raw,
    };
    let config = raw
        .validate()
        .map_err(|problems: ConfigErrors| Problem::config(&problems, None))?;
    match id {
        Some(id) if config.tenant_id != *id => {
            let given = config.tenant_id.as_str();
            let detail = format!("must be {id}, which the path names");
            Err(Problem::invalid_field("tenant_id", given, detail))
        }
        Some(_) | None => Ok(config),
    }
}

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "malformed",
        format!("the body is not JSON: {error}"),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn patches_merge_as_the_rfc_has_it() {
        // Appendix A of RFC 7396.
        for (target, patch, merged) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (
                json!({"a": "b"}),
                json!({"b": "c"}),
                json!({"a": "b", "b": "c"}),
            ),
            (json!({"a": "b"}), json!({"a": null}), json!({})),
            (
                json!({"a": "b", "b": "c"}),
                json!({"a": null}),
                json!({"b": "c"}),
            ),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
            (
                json!({"a": {"b": "c"}}),
                json!({"a": {"b": "d", "c": null}}),
                json!({"a": {"b": "d"}}),
            ),
            (
                json!({"a": [{"b": "c"}]}),
                json!({"a": [1]}),
                json!({"a": [1]}),
            ),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a": "b"}), json!(["c"]), json!(["c"])),
            (json!({"a": "foo"}), json!(null), json!(null)),
            (json!({"a": "foo"}), json!("bar"), json!("bar")),
            (
                json!({"e": null}),
                json!({"a": 1}),
                json!({"e": null, "a": 1}),
            ),
            (
                json!([1, 2]),
                json!({"a": "b", "c": null}),
                json!({"a": "b"}),
            ),
            (
                json!({}),
                json!({"a": {"bb": {"ccc": null}}}),
                json!({"a": {"bb": {}}}),
            ),
        ] {
            let mut found = target.clone();
            merge(&mut found, patch.clone());
            assert_eq!(found, merged, "{target} {patch}");
        }
    }
}
