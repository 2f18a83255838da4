//! `/overview`: the engine, its source and its store at a glance, and who is asking.

use axum::extract::State;
use axum::{Extension, Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::Shared;
use super::forms::Rates;
use super::health::SourceForm;
use super::params::Params;
use crate::guard::Who;
use crate::problem::{Problem, ProblemBody};
use crate::watch::STEP_SECONDS;

/// The engine at a glance.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Overview {
    /// Tenants in memory.
    tenants_in_memory: usize,
    /// Requests that were admitted since the start of the process.
    admitted: u64,
    /// Requests that were denied since.
    denied: u64,
    /// Events that were not heard of, for too many waited; then counts are too low.
    events_dropped: u64,
    /// How the source of configs is doing.
    source: SourceForm,
    /// How calls of the store of shared limits go; `null` if there is none.
    sharing: Option<SharingForm>,
    /// Requests over the last five minutes.
    history: Rates,
    /// What the credential may do: `read_write` or `read_only`.
    #[schema(value_type = RoleForm)]
    role: &'static str,
    /// Whose it is.
    name: String,
}

/// What a credential may do.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Role)]
#[expect(dead_code, reason = "only described: the words are written elsewhere")]
pub(crate) enum RoleForm {
    /// Everything that changes nothing.
    ReadOnly,
    /// Everything.
    ReadWrite,
}

/// How calls of the store of shared limits go. Counts are since the start of the process.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Sharing)]
pub(crate) struct SharingForm {
    /// Whether it answers.
    store_answers: bool,
    /// Whether it grants nothing for a while, since it may have forgotten something.
    store_listens: bool,
    /// Calls that were sent.
    calls: u64,
    /// How many of these failed.
    calls_failed: u64,
    /// Wishes for more that were granted.
    wishes_granted: u64,
    /// Wishes that were not.
    wishes_denied: u64,
    /// Times that it came back without its memory.
    store_losses: u64,
    /// What was granted.
    units_granted: u64,
    /// What went back unspent.
    units_returned: u64,
    /// What was spent without having been granted.
    units_beyond: u64,
    /// What is held, and neither spent nor given back.
    units_held: u64,
    /// Tenants that wait for a call, or have one coming.
    tenants_due: usize,
    /// How long the last call took, in milliseconds.
    last_round_trip_ms: Option<f64>,
}

impl From<tollgate::Sharing> for SharingForm {
    fn from(sharing: tollgate::Sharing) -> Self {
        let round_trip = sharing.last_round_trip;
        Self {
            store_answers: sharing.store_answers,
            store_listens: sharing.store_listens,
            calls: sharing.calls,
            calls_failed: sharing.calls_failed,
            wishes_granted: sharing.wishes_granted,
            wishes_denied: sharing.wishes_denied,
            store_losses: sharing.store_losses,
            units_granted: sharing.units_granted,
            units_returned: sharing.units_returned,
            units_beyond: sharing.units_beyond,
            units_held: sharing.units_held,
            tenants_due: sharing.tenants_due,
            last_round_trip_ms: round_trip.map(|time| time.as_secs_f64() * 1_000.0),
        }
    }
}

/// The engine, its source and its store at a glance, and who is asking.
#[utoipa::path(
    get, path = "/overview", tag = "usage", operation_id = "readOverview",
    responses(
        (status = 200, description = "The overview.", body = Overview),
        (status = "4XX", description = "What is wrong.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn overview(
    State(core): Shared,
    Extension(who): Extension<Who>,
    params: Params,
) -> Result<Json<Overview>, Problem> {
    params.finish()?;
    let totals = core.watch.totals();
    let (admitted, denied) = totals.steps.read(core.watch.now());
    Ok(Json(Overview {
        tenants_in_memory: core.engine.tenants_in_memory(),
        admitted: totals.admitted,
        denied: totals.denied,
        events_dropped: core.engine.events().map_or(0, tollgate::Events::dropped),
        source: core.configs.health().into(),
        sharing: core.engine.sharing().map(Into::into),
        history: Rates {
            step_seconds: STEP_SECONDS,
            admitted,
            denied,
        },
        role: who.role.as_str(),
        name: who.name,
    }))
}
