//! What every request passes: who it is, whether a page of somebody else's sent it, and the audit log.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{OriginalUri, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, HOST, ORIGIN, X_CONTENT_TYPE_OPTIONS};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use tollgate::TenantId;

use crate::admin::Core;
use crate::credential::Role;
use crate::guard::{Peer, Who};
use crate::problem::Problem;

/// What a handler tells the audit log, in its response's extensions.
#[derive(Debug, Clone)]
pub(crate) struct Trace {
    pub(crate) tenant: TenantId,
    pub(crate) before: Option<u64>,
    pub(crate) after: Option<u64>,
}

/// Puts on every answer that it is for nobody else, and what it says it is.
pub(crate) async fn seal(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    // The console's files may be kept, and say so themselves.
    let rule = headers.entry(CACHE_CONTROL);
    rule.or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Lets those in who have a credential that is good for what they want, and writes down every write that was tried.
pub(crate) async fn enter(State(core): State<Arc<Core>>, request: Request, next: Next) -> Response {
    let (method, peer) = (request.method().clone(), Peer::of(request.extensions()));
    let path = request.extensions().get::<OriginalUri>();
    let path = path
        .map_or(request.uri(), |OriginalUri(uri)| uri)
        .path()
        .to_owned();
    let began = Instant::now();
    let mut who = None;
    let (mut parts, body) = request.into_parts();
    let admitted = match admit(&core, &parts, peer).await {
        Ok(admitted) => {
            parts.extensions.insert(admitted.clone());
            who = Some(admitted);
            Ok(())
        }
        Err((refused, problem)) => {
            who = refused.or(who);
            Err(problem)
        }
    };
    let response = match admitted {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(problem) => problem.into_response(),
    };
    if !method.is_safe() {
        let name = who.as_ref().map_or("nobody", |who| &who.name);
        record(name, peer, &method, &path, &response, began);
    }
    response
}

/// Who it is, if they may do this; else who it was, if that is known, and why not.
async fn admit(core: &Core, request: &Parts, peer: Peer) -> Result<Who, (Option<Who>, Problem)> {
    let writes = !request.method.is_safe();
    if writes && let Err(problem) = same_site(&request.headers, &request.uri) {
        return Err((None, problem));
    }
    let who = core.guard.admit(&request.headers, peer).await;
    let who = who.map_err(|problem| (None, problem))?;
    if writes && who.role != Role::ReadWrite {
        let detail = "this credential is for reading";
        let problem = Problem::new(StatusCode::FORBIDDEN, "read-only", detail);
        return Err((Some(who), problem));
    }
    Ok(who)
}

/// Whether a write comes from a page of this host's own, or from no page at all.
///
/// A browser sends a remembered password along wherever the request comes from, so a page of somebody else's could write
/// with it.
fn same_site(headers: &HeaderMap, uri: &Uri) -> Result<(), Problem> {
    let refused = |detail| Err(Problem::new(StatusCode::FORBIDDEN, "cross-site", detail));
    let own = |site: &HeaderValue| site == "same-origin" || site == "none";
    if !headers.get("sec-fetch-site").is_none_or(own) {
        return refused("this was sent by a page of another site");
    }
    let Some(origin) = headers.get(ORIGIN) else {
        return Ok(());
    };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.or(uri.authority().map(http::uri::Authority::as_str));
    let origin = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.split_once("://"));
    match (origin, host) {
        (Some((_, origin)), Some(host)) if origin.eq_ignore_ascii_case(host) => Ok(()),
        _ => refused("this was sent by a page of another host"),
    }
}

fn record(who: &str, peer: Peer, method: &Method, path: &str, response: &Response, began: Instant) {
    let trace = response.extensions().get::<Trace>();
    tracing::info!(
        target: "tollgate_admin::audit",
        who,
        address = %peer,
        %method,
        path,
        tenant = trace.map(|trace| trace.tenant.as_str()),
        version_before = trace.and_then(|trace| trace.before),
        version_after = trace.and_then(|trace| trace.after),
        status = response.status().as_u16(),
        took_us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
        "a write was tried"
    );
}
