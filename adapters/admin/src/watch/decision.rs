//! A decision as it is told: of which tenant, and why.

use std::collections::BTreeMap;

use serde::Serialize;
use tollgate::{Cost, DenialReason, PolicyEvent, QuotaEvent, TenantId, Timestamp};
use utoipa::ToSchema;

use crate::time::{rfc3339, seconds_up};

/// A decision that was made.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Decision {
    /// When it was heard of, shortly after it was made; as RFC 3339 in UTC.
    #[serde(serialize_with = "as_rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: Timestamp,
    /// On whom.
    #[serde(rename = "tenant_id")]
    #[schema(value_type = String)]
    pub(crate) tenant: TenantId,
    /// `admitted` or `denied`.
    #[schema(value_type = crate::api::forms::Outcome)]
    #[serde(rename = "decision")]
    pub(crate) outcome: &'static str,
    /// Why it was denied; `null` if it was not: `quota`, `never`, `suspended`, `removed`, `in_use`, `ungranted`, `queued`,
    /// `policy:` and what the policy minds, or `unavailable`.
    pub(crate) reason: Option<String>,
    /// The limit that said no, if one did.
    #[schema(value_type = Option<String>)]
    pub(crate) limit: Option<Box<str>>,
    /// Whose limit that is: the tenant, or an ancestor.
    #[schema(value_type = Option<String>)]
    pub(crate) limit_owner: Option<TenantId>,
    /// When the same cost would have been admitted, if that was known.
    pub(crate) retry_after_seconds: Option<u64>,
    /// What it cost, or would have.
    pub(crate) cost: BTreeMap<String, u64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn as_rfc3339<S: serde::Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&rfc3339(*at))
}

impl Decision {
    pub(super) fn of_quota(event: &QuotaEvent, at: Timestamp) -> Self {
        let unavailable = event.error.as_ref().map(|_| "unavailable");
        let reason = event.reason.map(reason_of).or(unavailable);
        Self {
            at,
            tenant: event.tenant.clone(),
            outcome: word(event.allowed),
            reason: reason.map(str::to_owned),
            limit: event.binding.as_deref().map(Into::into),
            limit_owner: event.binding_tenant.clone(),
            retry_after_seconds: event.retry_after.map(seconds_up),
            cost: costs(&event.cost),
        }
    }

    pub(super) fn of_policy(event: &PolicyEvent, at: Timestamp) -> Self {
        let code = event.code.map(|code| format!("policy:{code}"));
        Self {
            at,
            tenant: event.tenant.clone(),
            outcome: word(event.allowed),
            reason: Some(code.unwrap_or_else(|| "policy".to_owned())),
            limit: None,
            limit_owner: None,
            retry_after_seconds: None,
            cost: BTreeMap::new(),
        }
    }

    pub(crate) fn is_admitted(&self) -> bool {
        self.outcome == word(true)
    }
}

/// The word for a decision.
pub(crate) fn word(allowed: bool) -> &'static str {
    if allowed { "admitted" } else { "denied" }
}

fn costs(cost: &Cost) -> BTreeMap<String, u64> {
    let named = cost.iter();
    named
        .map(|(dimension, amount)| (dimension.to_string(), amount))
        .collect()
}

/// The word for a denial's reason.
pub(crate) fn reason_of(reason: DenialReason) -> &'static str {
    match reason {
        DenialReason::Quota => "quota",
        DenialReason::Ungranted => "ungranted",
        DenialReason::InUse => "in_use",
        DenialReason::Never => "never",
        DenialReason::Suspended => "suspended",
        DenialReason::Removed => "removed",
        DenialReason::Queued => "queued",
        _ => "other",
    }
}
