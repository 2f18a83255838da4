//! `/events`: decisions and changes as they happen, as server-sent events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use http::StatusCode;
use serde::Serialize;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tollgate::TenantId;
use utoipa::ToSchema;

use super::Shared;
use super::params::Params;
use crate::problem::{Problem, ProblemBody};
use crate::time::rfc3339;
use crate::watch::Happening;

/// A comment goes out after so long a silence, so that nobody takes the connection for dead.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// A change of a tenant's config.
#[derive(Debug, Serialize, ToSchema)]
struct Change<'a> {
    /// When it was heard of, as RFC 3339 in UTC.
    at: String,
    /// Whose.
    #[schema(value_type = String)]
    tenant_id: &'a TenantId,
    /// `set` or `removed`.
    #[serde(rename = "change")]
    what: &'static str,
    /// The version that it made.
    version: u64,
}

/// What a stream goes on with.
struct Tail {
    happenings: Receiver<Arc<Happening>>,
    tenant: Option<TenantId>,
    /// Held as long as the stream is open.
    _place: OwnedSemaphorePermit,
}

/// Decisions and changes as they happen: every denial, and of the admitted requests one a second and tenant.
///
/// `event: decision` has a decision as its data, `event: change` a change of a config. Who reads too slowly gets
/// `event: lagged` with the number of events that were left out.
#[utoipa::path(
    get, path = "/events", tag = "usage", operation_id = "streamEvents",
    params(("tenant" = Option<String>, Query, description = "Only of this tenant.")),
    responses(
        (status = 200, description = "The stream; it ends with the connection.", body = String, content_type = "text/event-stream"),
        (status = "4XX", description = "What is wrong.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Too many streams are open.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn events(State(core): Shared, mut params: Params) -> Result<Response, Problem> {
    let tenant = params.parsed::<TenantId>("tenant");
    params.finish()?;
    let place = Arc::clone(&core.streams).try_acquire_owned();
    let place = place.map_err(|_| {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        let problem = Problem::new(status, "too-many-streams", "too many streams are open");
        problem.retry_after(HEARTBEAT)
    })?;
    let tail = Tail {
        happenings: core.watch.stream(),
        tenant,
        _place: place,
    };
    let keep_alive = KeepAlive::new().interval(HEARTBEAT);
    let events = stream::unfold(tail, async |mut tail| {
        let event = tail.next().await?;
        Some((Ok::<_, Infallible>(event), tail))
    });
    Ok(Sse::new(events).keep_alive(keep_alive).into_response())
}

impl Tail {
    async fn next(&mut self) -> Option<Event> {
        loop {
            match self.happenings.recv().await {
                Ok(happening) => {
                    let wanted = self
                        .tenant
                        .as_ref()
                        .is_none_or(|id| id == happening.tenant());
                    if wanted && let Ok(event) = event(&happening) {
                        return Some(event);
                    }
                }
                Err(RecvError::Lagged(missed)) => {
                    return Some(Event::default().event("lagged").data(missed.to_string()));
                }
                Err(RecvError::Closed) => return None,
            }
        }
    }
}

fn event(happening: &Happening) -> Result<Event, axum::Error> {
    match happening {
        Happening::Decision(decision) => Event::default().event("decision").json_data(decision),
        Happening::Change {
            at,
            tenant,
            set,
            version,
        } => {
            let change = Change {
                at: rfc3339(*at),
                tenant_id: tenant,
                what: if *set { "set" } else { "removed" },
                version: *version,
            };
            Event::default().event("change").json_data(change)
        }
    }
}
