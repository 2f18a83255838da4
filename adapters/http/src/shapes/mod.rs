//! Refusals in the shapes of the APIs that many clients know.

mod anthropic;
mod openai;
mod words;

use crate::rejection::Rejection;
use crate::reply::Reply;

/// A JSON body, with the headers that every refusal has; and, where coming again can't help, with the one that keeps
/// clients from it.
///
/// `x-should-retry: false` is obeyed by the clients that Stainless makes, OpenAI's and Anthropic's among them: they try
/// any other 429 again, twice by default.
fn reply(rejection: &Rejection, body: Vec<u8>) -> Reply {
    let reply = Reply::new(rejection.status(), "application/json", body);
    let reply = rejection.tell_in_headers(reply);
    match rejection {
        Rejection::CostExceedsLimit(_) => reply.with_header("x-should-retry", "false"),
        Rejection::TenantRequired { .. }
        | Rejection::InvalidCredential(_)
        | Rejection::TenantUnproven { .. }
        | Rejection::TenantMismatch { .. }
        | Rejection::InvalidTenantId(_)
        | Rejection::InvalidCost(_)
        | Rejection::TenantNotFound { .. }
        | Rejection::TenantSuspended { .. }
        | Rejection::PolicyDenied { .. }
        | Rejection::QuotaExceeded(_)
        | Rejection::BackendUnavailable { .. }
        | Rejection::OriginUnavailable { .. } => reply,
    }
}
