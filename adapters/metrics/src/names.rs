//! Every metric: its name, its unit, what it says, and what its labels may be.
//!
//! Names follow [Prometheus' conventions](https://prometheus.io/docs/practices/naming/): base units, `_total`
//! for what only grows.
//!
//! # How many series there are at most
//! With M tenants' labels issued (see [`most_labels`](crate::TenantMetricsBuilder::most_labels)), and the rest under
//! `other`, M + 1 values of `tenant`. Each has at most 9 decisions, [`MOST_LIMITS`] + 1 denials by limit, 7 durations,
//! and 5 more: at most 86 (M + 1) series. A series is made when it is first written to, so that in practice a tenant
//! has those of its own plan. Without a tenant there are at most [`MOST_CODES`] + 1 refusals and 28 more. A duration is
//! one series here, and 17 lines on Prometheus' page with [`DURATION_BUCKETS`].

use metrics::{Recorder, Unit};

/// The `tenant` of all tenants that have no label of their own; and the `limit` and `code` of all that are too many.
pub const OTHER: &str = "other";

/// Names of limits that get a label of their own, first come, first served, for as long as the process lives. Names
/// come from configs, not from clients; the bound holds if configs make up new ones for ever.
pub const MOST_LIMITS: usize = 64;

/// Refusal codes that get a label of their own. The gate has 11; an adapter of one's own may have others.
pub const MOST_CODES: usize = 32;

/// The upper bounds of the buckets that suit [`DURATION`], in seconds, from 5 ms to 2 minutes.
///
/// `metrics-exporter-prometheus` renders a histogram without buckets as a summary; give it these through
/// `PrometheusBuilder::set_buckets_for_metric`.
pub const DURATION_BUCKETS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0,
];

/// Requests of known tenants that were decided on. Equals the sum of [`DECISIONS`] over `outcome`.
pub const REQUESTS: &str = "tollgate_requests_total";
/// What was decided.
pub const DECISIONS: &str = "tollgate_decisions_total";
/// Which limit said no.
pub const DENIALS: &str = "tollgate_denials_total";
/// A policy said no.
pub const POLICY_DENIALS: &str = "tollgate_policy_denials_total";
/// From admission to the response's end.
pub const DURATION: &str = "tollgate_request_duration_seconds";
/// Responses that broke off before their end.
pub const BROKEN_OFF: &str = "tollgate_requests_broken_off_total";
/// What admitted requests were charged at first.
pub const TOKENS_RESERVED: &str = "tollgate_tokens_reserved_total";
/// What they came to.
pub const TOKENS_SETTLED: &str = "tollgate_tokens_settled_total";
/// Settlements, by who decided them.
pub const SETTLEMENTS: &str = "tollgate_settlements_total";
/// Requests that were refused before any limit was asked.
pub const REFUSALS: &str = "tollgate_refusals_total";
/// Requests that passed without a tenant.
pub const ANONYMOUS: &str = "tollgate_anonymous_requests_total";
/// Tenants in memory.
pub const TENANTS_IN_MEMORY: &str = "tollgate_tenants_in_memory";
/// Ids remembered as nobody's.
pub const UNKNOWN_IDS: &str = "tollgate_unknown_ids_remembered";
/// Events that wait for their hooks.
pub const EVENTS_QUEUED: &str = "tollgate_events_queued";
/// Events that could wait.
pub const EVENTS_CAPACITY: &str = "tollgate_events_queue_capacity";
/// Events that did not fit, or came after the engine had stopped.
pub const EVENTS_DROPPED: &str = "tollgate_events_dropped_total";
/// Panics of hooks.
pub const HOOK_PANICS: &str = "tollgate_hook_panics_total";
/// Tenants with a label.
pub const LABELS_HELD: &str = "tollgate_tenant_labels_held";
/// Tenants whose label the exporter may know.
pub const LABELS_ISSUED: &str = "tollgate_tenant_labels_issued";
/// Labels that a busy tenant did not get.
pub const LABELS_WITHHELD: &str = "tollgate_tenant_labels_withheld_total";
/// Calls of the store of shared limits.
pub const SHARED_CALLS: &str = "tollgate_shared_calls_total";
/// Calls of it that failed.
pub const SHARED_CALLS_FAILED: &str = "tollgate_shared_calls_failed_total";
/// Wishes that it granted or not.
pub const SHARED_WISHES: &str = "tollgate_shared_wishes_total";
/// What it granted.
pub const SHARED_GRANTED: &str = "tollgate_shared_units_granted_total";
/// What it has back.
pub const SHARED_RETURNED: &str = "tollgate_shared_units_returned_total";
/// What is out on lease.
pub const SHARED_HELD: &str = "tollgate_shared_units_held";
/// What was spent without having been granted.
pub const SHARED_BEYOND: &str = "tollgate_shared_units_beyond_total";
/// Times that it lost what it knew.
pub const SHARED_LOSSES: &str = "tollgate_shared_store_losses_total";
/// Whether it answers.
pub const SHARED_UP: &str = "tollgate_shared_store_up";
/// Whether it only listens.
pub const SHARED_LISTENS: &str = "tollgate_shared_store_listens";
/// Rows of limits that it was told of.
pub const SHARED_ROWS: &str = "tollgate_shared_rows_reported_total";
/// Tenants that it is called for.
pub const SHARED_DUE: &str = "tollgate_shared_tenants_due";
/// How long the last calls took.
pub const SHARED_ROUND_TRIP: &str = "tollgate_shared_round_trip_seconds";
/// How long calls took at most.
pub const SHARED_WIDEST: &str = "tollgate_shared_round_trip_widest_seconds";
/// How uncertain its clock is.
pub const SHARED_UNCERTAINTY: &str = "tollgate_shared_clock_uncertainty_seconds";

/// A metric, as it is described to the recorder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Description {
    /// Its name.
    pub name: &'static str,
    /// How it moves.
    pub kind: Kind,
    /// In what it counts.
    pub unit: Unit,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// What it says.
    pub help: &'static str,
}

/// How a metric moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// It counts by size.
    Histogram,
}

const fn counter(
    name: &'static str,
    labels: &'static [&'static str],
    help: &'static str,
) -> Description {
    Description {
        name,
        kind: Kind::Counter,
        unit: Unit::Count,
        labels,
        help,
    }
}

const fn gauge(name: &'static str, help: &'static str) -> Description {
    Description {
        kind: Kind::Gauge,
        ..counter(name, &[], help)
    }
}

const fn seconds(name: &'static str, help: &'static str) -> Description {
    Description {
        unit: Unit::Seconds,
        ..gauge(name, help)
    }
}

/// All of them.
pub const ALL: [Description; 35] = [
    counter(
        REQUESTS,
        &["tenant"],
        "Requests of known tenants that were decided on.",
    ),
    counter(
        DECISIONS,
        &["tenant", "outcome"],
        "Decisions: admitted, or why not (policy, quota, in_use, too_costly, suspended, removed, queued).",
    ),
    counter(
        DENIALS,
        &["tenant", "limit"],
        "Requests that a limit denied, by the limit that decided.",
    ),
    counter(
        POLICY_DENIALS,
        &["tenant"],
        "Requests that a policy denied.",
    ),
    Description {
        kind: Kind::Histogram,
        unit: Unit::Seconds,
        ..counter(
            DURATION,
            &["tenant", "status"],
            "From admission to the end of the response's body, by class of status; none if no response was made.",
        )
    },
    counter(
        BROKEN_OFF,
        &["tenant"],
        "Admitted requests that the client or the handler broke off before the end of the response's body.",
    ),
    counter(
        TOKENS_RESERVED,
        &["tenant"],
        "Tokens that admitted requests were charged at first.",
    ),
    counter(
        TOKENS_SETTLED,
        &["tenant"],
        "Tokens that admitted requests came to.",
    ),
    counter(
        SETTLEMENTS,
        &["by"],
        "Settlements of admitted requests: by the caller, or by default because nobody settled.",
    ),
    counter(
        REFUSALS,
        &["code"],
        "Requests refused before any limit was asked, by the code of the reply.",
    ),
    counter(
        ANONYMOUS,
        &[],
        "Requests that named no tenant, and passed because they need none.",
    ),
    gauge(TENANTS_IN_MEMORY, "Tenants in memory."),
    gauge(UNKNOWN_IDS, "Ids remembered as nobody's."),
    gauge(EVENTS_QUEUED, "Events that wait for their hooks."),
    gauge(EVENTS_CAPACITY, "Events that can wait for their hooks."),
    counter(
        EVENTS_DROPPED,
        &[],
        "Events dropped because the queue was full or the engine had stopped: what they tell of is in no other metric.",
    ),
    counter(HOOK_PANICS, &[], "Times that a hook panicked."),
    gauge(LABELS_HELD, "Tenants that have a label of their own."),
    gauge(
        LABELS_ISSUED,
        "Tenants whose label the exporter may know; bounded.",
    ),
    counter(
        LABELS_WITHHELD,
        &[],
        "Times that a busy tenant got no label, because as many as may be were issued.",
    ),
    counter(
        SHARED_CALLS,
        &[],
        "Calls of the store of shared limits, one for each tenant of a batch.",
    ),
    counter(
        SHARED_CALLS_FAILED,
        &[],
        "Calls of the store of shared limits that were refused, lost, or not answered in time.",
    ),
    counter(
        SHARED_WISHES,
        &["outcome"],
        "Wishes for more of a shared limit: granted, or denied. Nodes wish ahead of their need.",
    ),
    counter(
        SHARED_GRANTED,
        &[],
        "Units of all shared limits that the store granted.",
    ),
    counter(
        SHARED_RETURNED,
        &[],
        "Units that went back to the store unspent: what was held for nothing.",
    ),
    gauge(
        SHARED_HELD,
        "Units that were granted, and are neither spent nor back: out on lease.",
    ),
    counter(
        SHARED_BEYOND,
        &[],
        "Units that were spent without having been granted: settlements above the reservation, and outages.",
    ),
    counter(
        SHARED_LOSSES,
        &[],
        "Times that the store came back without its memory.",
    ),
    counter(
        SHARED_ROWS,
        &[],
        "Rows that the store was told of: one limit's totals of one sub-window, whenever they have changed.",
    ),
    gauge(
        SHARED_UP,
        "1 if the store of shared limits answers, 0 if it does not.",
    ),
    gauge(
        SHARED_LISTENS,
        "1 while the store grants nothing, because it may have forgotten something.",
    ),
    gauge(
        SHARED_DUE,
        "Tenants that the store of shared limits is called for.",
    ),
    seconds(
        SHARED_ROUND_TRIP,
        "How long the last batch of calls took that was answered.",
    ),
    seconds(
        SHARED_WIDEST,
        "How long a batch of calls took at most since the engine was built.",
    ),
    seconds(
        SHARED_UNCERTAINTY,
        "How far apart the bounds are of what the store's clock shows.",
    ),
];

/// Tells a recorder what each metric means.
///
/// Done by [`TenantMetricsBuilder::build`](crate::TenantMetricsBuilder::build) with the recorder that is in place then.
pub fn describe(recorder: &dyn Recorder) {
    for metric in ALL {
        let (name, unit, help) = (metric.name.into(), Some(metric.unit), metric.help.into());
        match metric.kind {
            Kind::Counter => recorder.describe_counter(name, unit, help),
            Kind::Gauge => recorder.describe_gauge(name, unit, help),
            Kind::Histogram => recorder.describe_histogram(name, unit, help),
        }
    }
}
