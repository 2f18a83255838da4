//! What a limit's refusal says, as clients of OpenAI's API are used to read it.

use std::time::Duration;

use tollgate::DenialReason;

use crate::headers::go_duration;
use crate::limit_refusal::LimitRefusal;
use crate::rejection::Rejection;
use crate::retry::RetryAfter;
use crate::text::clipped;

/// The message of a refusal: at most 300 characters, and then what to do about it.
pub(super) fn message(rejection: &Rejection) -> String {
    let advice = match (rejection.limit_refusal(), rejection.retry_after()) {
        (Some(_), Some(retry)) => again(retry),
        (Some(_), None) => " It must be made smaller to run successfully.".to_owned(),
        (None, _) => String::new(),
    };
    clipped(reason(rejection)) + &advice
}

fn reason(rejection: &Rejection) -> String {
    match rejection {
        Rejection::QuotaExceeded(refusal) => used_up(refusal),
        Rejection::CostExceedsLimit(refusal) => too_large(refusal),
        Rejection::TenantRequired { .. }
        | Rejection::InvalidCredential(_)
        | Rejection::TenantUnproven { .. }
        | Rejection::TenantMismatch { .. }
        | Rejection::InvalidTenantId(_)
        | Rejection::InvalidCost(_)
        | Rejection::TenantNotFound { .. }
        | Rejection::TenantSuspended { .. }
        | Rejection::PolicyDenied { .. }
        | Rejection::BackendUnavailable { .. }
        | Rejection::OriginUnavailable { .. } => rejection.to_string(),
    }
}

/// `Rate limit reached on tokens ("tokens_per_minute"): Limit 10000, Used 9000, Requested 2000.`
fn used_up(refusal: &LimitRefusal) -> String {
    let Some((which, requested)) = which(refusal) else {
        return "Rate limit reached.".to_owned();
    };
    let Some(level) = refusal.binding() else {
        return format!("Rate limit reached{which}.");
    };
    let limit = level.limit.burst_or_capacity();
    if refusal.denial().reason() == DenialReason::InUse {
        return format!("Too many requests at once{which}: Limit {limit}.");
    }
    let used = level.used;
    format!("Rate limit reached{which}: Limit {limit}, Used {used}, Requested {requested}.")
}

/// `Request too large on tokens ("tokens_per_minute"): Limit 30000, Requested 30601.`
fn too_large(refusal: &LimitRefusal) -> String {
    let what = match (which(refusal), refusal.binding()) {
        (Some((which, requested)), Some(level)) => {
            let limit = level.limit.burst_or_capacity();
            format!("{which}: Limit {limit}, Requested {requested}")
        }
        (Some((which, _)), None) => which,
        (None, _) => String::new(),
    };
    format!("Request too large{what}.")
}

/// Which limit it was, and how much of it was wanted; nothing where clients may not see limits.
fn which(refusal: &LimitRefusal) -> Option<(String, u64)> {
    if !refusal.is_exposed() {
        return None;
    }
    let name = refusal.binding_name()?;
    let whose = refusal
        .ancestor()
        .map_or_else(String::new, |ancestor| format!(" of \"{ancestor}\""));
    let Some(level) = refusal.binding() else {
        return Some((format!(" (\"{name}\"{whose})"), 0));
    };
    let dimension = level.limit.dimension();
    let requested = refusal.denial().cost().get(dimension);
    Some((format!(" on {dimension} (\"{name}\"{whose})"), requested))
}

/// ` Please try again in 45.19s.`; clients are known to read the time out of it.
fn again(
    RetryAfter {
        seconds, millis, ..
    }: RetryAfter,
) -> String {
    let wait = millis.map_or(Duration::from_secs(seconds), Duration::from_millis);
    format!(" Please try again in {}.", go_duration(wait))
}
