//! Passes an admitted request on to the upstream, and its answer back as it comes.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use tollgate::Cost;
use tollgate_tower::PermitHandle;
use tollgate_tower::extract::CurrentPermit;

use crate::app::Gateway;

/// `POST /v1/chat/completions`, behind the gate.
///
/// The gate reads the usage out of the answer as it passes, and refunds 5xx. Left to settle here are requests that the
/// upstream finds wrong: no model ran, but they were requests.
pub(crate) async fn chat(
    State(gateway): State<Arc<Gateway>>,
    CurrentPermit(permit): CurrentPermit,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let path = "/chat/completions";
    match gateway
        .upstream
        .send(parts.method, path, &parts.headers, body)
        .await
    {
        Ok(answer) => {
            if answer.status().is_client_error() {
                charge_request_only(&permit);
            }
            answer
        }
        Err(trouble) => trouble.into_response(),
    }
}

fn charge_request_only(permit: &PermitHandle) {
    let none = permit
        .cost()
        .iter()
        .fold(Cost::none(), |cost, (dimension, _)| {
            cost.and(dimension.clone(), 0)
        });
    if let Err(error) = permit.settle(&none.and_requests(1)) {
        tracing::warn!(%error, "a wrong request was settled by somebody else");
    }
}
