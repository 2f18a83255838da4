//! Reads a request's body before the gate, and tells the gate what is in it.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tollgate::{Dimension, Scope, Tenant};
use tollgate_http::most_tokens;

use crate::app::Gateway;
use crate::args::Bounds;
use crate::ask::Ask;
use crate::auth::Caller;
use crate::refusal::Refusal;
use crate::without_usage::WithoutUsage;

/// Reads the body, leaves its facts for the gate, and passes it on as it was understood.
pub(crate) async fn intake(
    State(gateway): State<Arc<Gateway>>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let ask = read(body, &gateway.bounds)
        .await
        .and_then(|body| Ask::read(&body));
    let mut ask = match ask {
        Ok(ask) => ask,
        Err(refusal) => return refusal.into_response(),
    };
    if gateway.clamp
        && let Some(Caller(tenant)) = parts.extensions.get()
        && let Ok(tenant) = gateway.engine.tenant(tenant).await
    {
        clamp(&tenant, parts.uri.path(), &mut ask);
    }
    parts
        .extensions
        .insert(ask.facts(gateway.bounds.answer_tokens));
    let hides_usage = ask.hides_usage();
    let request = Request::from_parts(parts, ask.into_body().into());
    let response = next.run(request).await;
    if hides_usage && is_event_stream(&response) {
        response.map(|body| Body::new(WithoutUsage::new(body)))
    } else {
        response
    }
}

async fn read(body: Body, bounds: &Bounds) -> Result<Bytes, Refusal> {
    let limited = Limited::new(body, bounds.body_bytes).collect();
    match tokio::time::timeout(bounds.body_timeout, limited).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "invalid_request_error",
            "request_too_large",
            format!("The body has more than {} bytes.", bounds.body_bytes),
        )),
        Ok(Err(_)) => Err(Refusal::invalid("The body broke off.")),
        Err(_) => Err(Refusal::new(
            StatusCode::REQUEST_TIMEOUT,
            "invalid_request_error",
            "request_timeout",
            "The body took too long.",
        )),
    }
}

/// Shortens the answer to what the tenant can still pay. If that is not even one token the shortest answer is asked
/// for: the gate refuses it, and tells when it can be had.
fn clamp(tenant: &Tenant, path: &str, ask: &mut Ask) {
    // What each dimension counts besides the answer.
    for (dimension, prompt) in [("tokens", ask.prompt), ("output_tokens", 0)] {
        let Ok(dimension) = dimension.parse::<Dimension>() else {
            continue;
        };
        let scope = Scope {
            model: Some(ask.model()),
            tool: None,
            route: Some(path),
        };
        let affordable = tenant.affordable(&dimension, &scope);
        match most_tokens(affordable, prompt, ask.answers, ask.length) {
            Ok(Some(most)) => ask.shorten(most),
            Ok(None) => {}
            Err(_) => ask.shorten(1),
        }
    }
}

fn is_event_stream(response: &Response) -> bool {
    let content_type = response.headers().get(CONTENT_TYPE);
    content_type.is_some_and(|value| value.as_bytes().starts_with(b"text/event-stream"))
}
