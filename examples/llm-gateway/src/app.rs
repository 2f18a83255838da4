//! The gateway put together: which routes there are, and what a request passes on its way.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use tollgate::Engine;
use tollgate_tower::{
    Charge, Gate, GateError, HeaderProfile, Rejection, TollgateLayer, UsageFormat,
};

use crate::args::Bounds;
use crate::auth::authenticate;
use crate::intake::intake;
use crate::refusal::Refusal;
use crate::upstream::Upstream;
use crate::who::Credentials;
use crate::{account, proxy};

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Gateway {
    pub(crate) engine: Engine,
    pub(crate) credentials: Credentials,
    pub(crate) upstream: Upstream,
    pub(crate) bounds: Bounds,
    /// Whether answers are shortened to what the tenant can still pay.
    pub(crate) clamp: bool,
}

/// The gateway's routes.
///
/// A chat completion passes: the key → the body's facts → the gate → the upstream; and its answer on the way back: the
/// gate, which reads the true usage → the client.
pub(crate) fn app(gateway: Gateway) -> Result<Router, GateError> {
    let gateway = Arc::new(gateway);
    let gate = gate(gateway.engine.clone())?;
    let with_key = from_fn_with_state(Arc::clone(&gateway), authenticate);
    let with_facts = from_fn_with_state(Arc::clone(&gateway), intake);
    // The layer that is added last is the first to see a request. Of other methods than POST they see nothing, so that
    // nobody is charged for a 405.
    let chat = post(proxy::chat)
        .route_layer(TollgateLayer::new(gate))
        .route_layer(with_facts);
    let api = Router::new()
        .route("/v1/chat/completions", chat)
        .route("/v1/models", get(account::models))
        .route("/v1/usage", get(account::usage))
        .method_not_allowed_fallback(|| async { Refusal::wrong_method() })
        .route_layer(with_key);
    Ok(Router::new()
        .merge(api)
        .route("/healthz", get(|| async { "ok\n" }))
        .fallback(|| async { Refusal::unknown_url() })
        .with_state(gateway))
}

fn gate(engine: Engine) -> Result<Gate, GateError> {
    Gate::builder(engine)
        // Whose a request is, the API key says and nothing else.
        .without_header()
        .require_model()
        .usage_from(UsageFormat::OpenAi)
        .profiles([HeaderProfile::OpenAi])
        .on_rejected(Rejection::openai_reply)
        .on_outcome(|status| match status {
            500.. => Charge::Refund,
            _ => Charge::Open,
        })
        .build()
}
