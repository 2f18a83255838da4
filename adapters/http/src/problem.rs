//! The bodies of refusals: problem details of RFC 9457.
//!
//! Two types are registered for rate limits (draft-ietf-httpapi-ratelimit-headers-11 §5), and
//! clients know them. The others are *tag* URIs (RFC 4151): RFC 9457 wants a URI that stays the
//! same for ever, a tag needs neither a page that may move nor a registry (as a `urn:` namespace
//! would), and nobody is tempted to fetch it.

use std::borrow::Cow;
use std::time::Duration;

use serde::Serialize;
use tollgate::{Algorithm, DenialReason, Limit, LimitUsage, Period, TenantId};

use crate::limit_refusal::LimitRefusal;
use crate::rejection::Rejection;
use crate::reply::Reply;
use crate::retry::millis_up;
use crate::text::clipped;

const QUOTA_EXCEEDED: &str = "https://iana.org/assignments/http-problem-types#quota-exceeded";
const REDUCED_CAPACITY: &str =
    "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity";

#[derive(Serialize)]
struct Problem<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'a str,
    status: u16,
    detail: String,
    code: &'static str,
    #[serde(rename = "violated-policies", skip_serializing_if = "Option::is_none")]
    violated: Option<Vec<Cow<'a, str>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<Vec<ViolatedLimit<'a>>>,
}

#[derive(Serialize)]
struct ViolatedLimit<'a> {
    name: &'a str,
    /// Whose it is, if it is an ancestor's.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<&'a str>,
    dimension: &'a str,
    capacity: u64,
    window: Option<String>,
    remaining: u64,
    retry_after_ms: Option<u64>,
}

/// The body that tells `rejection`.
pub(crate) fn body(rejection: &Rejection) -> Vec<u8> {
    let exposed = rejection
        .limit_refusal()
        .filter(|refusal| refusal.is_exposed());
    let violated = exposed.map(violated);
    to_json(&Problem {
        kind: kind(rejection),
        title: rejection.title(),
        status: rejection.status(),
        detail: clipped(rejection.to_string()),
        code: rejection.code(),
        violated: violated
            .as_ref()
            .map(|limits| limits.iter().map(ViolatedLimit::policy).collect()),
        limits: violated,
    })
}

impl Reply {
    /// The reply of a route whose handler wants a tenant although no gate stands before it: 500.
    ///
    /// A mistake of the program, not of the client; all adapters word it the same.
    pub fn gate_missing() -> Self {
        let problem = Problem {
            kind: "tag:tollgate,2026:problem:gate-missing",
            title: "No gate stands before this route",
            status: 500,
            detail: "the handler asks for a tenant, but tollgate's gate is not installed on this \
                     route: add its layer or middleware around the route"
                .to_owned(),
            code: "tenant_gate_missing",
            violated: None,
            limits: None,
        };
        Self::problem(500, to_json(&problem))
    }
}

fn kind(rejection: &Rejection) -> &'static str {
    match rejection {
        Rejection::TenantRequired { .. } => "tag:tollgate,2026:problem:tenant-required",
        Rejection::InvalidCredential(_) => "tag:tollgate,2026:problem:credential-invalid",
        Rejection::TenantUnproven { .. } => "tag:tollgate,2026:problem:tenant-unproven",
        Rejection::TenantMismatch { .. } => "tag:tollgate,2026:problem:tenant-mismatch",
        Rejection::InvalidTenantId(_) => "tag:tollgate,2026:problem:tenant-invalid-id",
        Rejection::InvalidCost(_) => "tag:tollgate,2026:problem:cost-invalid",
        Rejection::TenantNotFound { .. } => "tag:tollgate,2026:problem:tenant-not-found",
        Rejection::TenantSuspended { .. } => "tag:tollgate,2026:problem:tenant-suspended",
        Rejection::PolicyDenied { .. } => "tag:tollgate,2026:problem:policy-denied",
        Rejection::QuotaExceeded(_) => QUOTA_EXCEEDED,
        Rejection::CostExceedsLimit(_) => "tag:tollgate,2026:problem:cost-exceeds-limit",
        Rejection::BackendUnavailable { .. } | Rejection::OriginUnavailable { .. } => {
            REDUCED_CAPACITY
        }
    }
}

impl<'a> ViolatedLimit<'a> {
    /// Its name among `violated-policies`: an ancestor's is told from one's own of the same name.
    fn policy(&self) -> Cow<'a, str> {
        match self.tenant {
            Some(tenant) => Cow::Owned(format!("{tenant}/{}", self.name)),
            None => Cow::Borrowed(self.name),
        }
    }

    fn new(level: &LimitUsage<'a>) -> Self {
        let limit = level.limit;
        Self {
            name: limit.name(),
            tenant: None,
            dimension: limit.dimension().as_str(),
            capacity: limit.capacity(),
            window: window(limit),
            remaining: level.remaining,
            retry_after_ms: None,
        }
    }
}

/// The limits that had less left than the request costs; the one that decided comes first, an ancestor's
/// among them only if it decided.
fn violated(refusal: &LimitRefusal) -> Vec<ViolatedLimit<'_>> {
    let first = refusal.binding().map(|level| ViolatedLimit {
        tenant: refusal.ancestor().map(TenantId::as_str),
        retry_after_ms: wait(refusal),
        ..ViolatedLimit::new(&level)
    });
    let own = refusal.ancestor().is_none();
    let binding = refusal.binding_name().filter(|_| own);
    let others = refusal.usage().iter();
    let others =
        others.filter(|level| Some(level.limit.name()) != binding && lacks(refusal, level));
    first
        .into_iter()
        .chain(others.map(|level| ViolatedLimit::new(&level)))
        .collect()
}

fn lacks(refusal: &LimitRefusal, level: &LimitUsage<'_>) -> bool {
    let cost = refusal.denial().cost().get(level.limit.dimension());
    let could_hold = level.limit.burst_or_capacity();
    let never = refusal.denial().reason() == DenialReason::Never;
    cost > if never { could_hold } else { level.remaining }
}

fn wait(refusal: &LimitRefusal) -> Option<u64> {
    refusal
        .denial()
        .retry_after()
        .map(|wait| millis_up(wait).max(1))
}

/// The window as a config writes it: `60s`, `day`; a concurrency limit has none.
fn window(limit: &Limit) -> Option<String> {
    match limit.algorithm() {
        Algorithm::Sliding { window, .. } | Algorithm::Bucket { window, .. } => {
            Some(duration(*window))
        }
        Algorithm::Calendar { period } => Some(calendar(*period).to_owned()),
        Algorithm::Concurrency => None,
    }
}

fn duration(window: Duration) -> String {
    if window.subsec_nanos() == 0 {
        format!("{}s", window.as_secs())
    } else {
        humantime::format_duration(window).to_string()
    }
}

fn calendar(period: Period) -> &'static str {
    match period {
        Period::Minute => "minute",
        Period::Hour => "hour",
        Period::Day => "day",
        Period::Month => "month",
    }
}

/// Strings and numbers always have a JSON form, so that the empty body is never sent.
fn to_json(problem: &Problem<'_>) -> Vec<u8> {
    serde_json::to_vec(problem).unwrap_or_default()
}
