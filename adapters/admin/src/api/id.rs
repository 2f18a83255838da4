//! The tenant that a path names.

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use tollgate::TenantId;

use crate::problem::Problem;

/// `{id}` of a path.
#[derive(Debug)]
pub(crate) struct Id(pub(crate) TenantId);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(text) = path.map_err(|refused| Problem::bad_request(refused.body_text()))?;
        match text.parse() {
            Ok(id) => Ok(Self(id)),
            Err(problem) => {
                let problem: tollgate::InvalidTenantId = problem;
                Err(Problem::invalid_field(
                    "tenant_id",
                    text,
                    problem.to_string(),
                ))
            }
        }
    }
}
