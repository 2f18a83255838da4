//! What became of a line: the answer to a request, or a change that was made.

use std::sync::Arc;

use tollgate::{Denial, DenialReason, Tenant, TenantId, TenantsConfig, Usage};

use crate::time::Millis;

/// What became of a line.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one at a time, and nearly all are decisions"
)]
pub(crate) enum Outcome<'l> {
    Decided(&'l TenantId, Verdict),
    Configured(&'l TenantsConfig),
    /// `known` says whether there is such a tenant.
    Suspended {
        tenant: &'l TenantId,
        known: bool,
    },
    Resumed {
        tenant: &'l TenantId,
        known: bool,
    },
}

/// The answer to a request.
#[derive(Debug)]
pub(crate) struct Verdict {
    /// Why not; `None` if it was admitted.
    pub(crate) reason: Option<Reason>,
    pub(crate) binding: Option<Arc<str>>,
    pub(crate) retry_after: Option<Millis>,
    /// Every limit right after the decision; `None` for an unknown tenant.
    pub(crate) usage: Option<Usage>,
}

/// Why a request was denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    Quota,
    InUse,
    Never,
    Suspended,
    Policy,
    UnknownTenant,
}

impl Verdict {
    /// Whether it is a yes.
    pub(crate) fn is_admitted(&self) -> bool {
        self.reason.is_none()
    }

    pub(crate) fn admitted(usage: Usage) -> Self {
        Self {
            reason: None,
            binding: None,
            retry_after: None,
            usage: Some(usage),
        }
    }

    pub(crate) fn unknown() -> Self {
        Self {
            reason: Some(Reason::UnknownTenant),
            binding: None,
            retry_after: None,
            usage: None,
        }
    }

    pub(crate) fn of_policy(usage: Usage) -> Self {
        Self {
            reason: Some(Reason::Policy),
            ..Self::admitted(usage)
        }
    }

    pub(crate) fn denied(denial: &Denial<'_>) -> Self {
        Self {
            reason: Some(Reason::of(denial.reason())),
            binding: binding(denial),
            retry_after: denial.retry_after().map(Millis::from),
            usage: Some(denial.usage()),
        }
    }
}

/// The limit that said no, after whose it is if it is an ancestor's.
fn binding(denial: &Denial<'_>) -> Option<Arc<str>> {
    let name = denial.binding_name()?;
    let owner = denial.limit_tenant().map(Tenant::id);
    let above = owner.filter(|owner| *owner != denial.tenant_id());
    Some(above.map_or(name.clone(), |owner| format!("{owner}/{name}").into()))
}

impl Reason {
    fn of(reason: DenialReason) -> Self {
        match reason {
            DenialReason::InUse => Self::InUse,
            DenialReason::Never => Self::Never,
            DenialReason::Suspended => Self::Suspended,
            DenialReason::Removed => Self::UnknownTenant,
            // Nobody waits in a replay, so nothing is queued.
            DenialReason::Quota | DenialReason::Queued | _ => Self::Quota,
        }
    }
}
