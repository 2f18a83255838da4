//! Every way in which the gate says no, with its status, its code and its words.

use std::sync::Arc;

use tollgate::{Denial, DenialReason, LookupError, PolicyDenial, Scope, TenantId};

use crate::challenge;
use crate::cost::InvalidCost;
use crate::headers::seconds_up;
use crate::limit_refusal::LimitRefusal;
use crate::problem;
use crate::reply::Reply;
use crate::resolve::{InvalidCredential, InvalidId, ResolveError, Source};
use crate::retry::RetryAfter;

/// Why a request is refused. `Display` says it to the client, in one line.
///
/// | variant | status | code |
/// |---|---|---|
/// | [`TenantRequired`](Self::TenantRequired) | 401 | `tenant_required` |
/// | [`InvalidCredential`](Self::InvalidCredential) | 401 | `credential_invalid` |
/// | [`TenantUnproven`](Self::TenantUnproven) | 401 | `tenant_unproven` |
/// | [`TenantMismatch`](Self::TenantMismatch) | 403 | `tenant_mismatch` |
/// | [`InvalidTenantId`](Self::InvalidTenantId) | 400 | `tenant_invalid_id` |
/// | [`InvalidCost`](Self::InvalidCost) | 400 | `cost_invalid` |
/// | [`TenantNotFound`](Self::TenantNotFound) | 404 | `tenant_not_found` |
/// | [`TenantSuspended`](Self::TenantSuspended) | 403 | `tenant_suspended` |
/// | [`PolicyDenied`](Self::PolicyDenied) | 403 | `tenant_policy_denied` |
/// | [`QuotaExceeded`](Self::QuotaExceeded) | 429 | `tenant_quota_exceeded` |
/// | [`CostExceedsLimit`](Self::CostExceedsLimit) | 429 | `tenant_cost_exceeds_limit` |
/// | [`BackendUnavailable`](Self::BackendUnavailable) | 503 | `tenant_backend_unavailable` |
/// | [`OriginUnavailable`](Self::OriginUnavailable) | 503 | `tenant_backend_unavailable` |
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The request names no tenant, and one is required.
    #[error("the request names no tenant{}", ways_in(header.as_deref(), *credential))]
    TenantRequired {
        /// The header that would name one, if the gate reads one.
        header: Option<Box<str>>,
        /// Whether a credential would: a bearer token, or an API key.
        credential: bool,
    },
    /// The request carries a credential that proves nothing.
    #[error(transparent)]
    InvalidCredential(InvalidCredential),
    /// The request names a tenant, and carries no credential that proves it, which the gate
    /// [demands](crate::GateBuilder::accept_unproven).
    #[error("the {origin} names a tenant, and no credential proves it")]
    TenantUnproven {
        /// The source that names it.
        origin: Source,
    },
    /// Two sources name different tenants.
    #[error("the {other} names another tenant than the {first}")]
    TenantMismatch {
        /// The source that was read first.
        first: Source,
        /// The source that disagrees with it.
        other: Source,
    },
    /// What names the tenant is no tenant id.
    #[error(transparent)]
    InvalidTenantId(InvalidId),
    /// What names the cost is no amount.
    #[error(transparent)]
    InvalidCost(InvalidCost),
    /// No config source knows the tenant.
    #[error("there is no tenant \"{tenant}\"")]
    TenantNotFound {
        /// The tenant.
        tenant: TenantId,
    },
    /// The tenant is suspended.
    #[error("tenant \"{tenant}\" is suspended")]
    TenantSuspended {
        /// The tenant.
        tenant: TenantId,
    },
    /// The tenant's policy does not allow it.
    #[error("tenant \"{tenant}\": {denial}")]
    PolicyDenied {
        /// The tenant.
        tenant: TenantId,
        /// What is not allowed.
        denial: PolicyDenial,
    },
    /// A limit is used up for now.
    #[error(transparent)]
    QuotaExceeded(Box<LimitRefusal>),
    /// The cost is above what a limit can ever hold: retrying can't help.
    #[error(transparent)]
    CostExceedsLimit(Box<LimitRefusal>),
    /// The tenant's config can't be had at the moment. The client is not told why.
    #[error("the limits of tenant \"{tenant}\" can't be read at the moment")]
    BackendUnavailable {
        /// The tenant.
        tenant: TenantId,
        /// What the config source said.
        error: LookupError,
    },
    /// What is left of a durable limit can't be had at the moment: its origin does not answer. The client is not told
    /// why.
    #[error("the limits of tenant \"{tenant}\" can't be checked at the moment")]
    OriginUnavailable {
        /// The tenant.
        tenant: TenantId,
        /// The limit, which may be an ancestor's; `None` if its plan has been replaced since.
        limit: Option<Arc<str>>,
    },
}

/// Seconds after which to ask again for a config that could not be read, or a limit that could not be checked; where the
/// source is sure to fail for longer, it says so.
const BACKEND_RETRY: u64 = 1;

impl Rejection {
    /// What a denial of the engine is to a client; `exposed` lets the client see limits by name.
    pub(crate) fn of(denial: Denial<'_>, scope: &Scope<'_>, exposed: bool) -> Self {
        let tenant = denial.tenant_id().clone();
        match denial.reason() {
            DenialReason::Suspended => Self::TenantSuspended { tenant },
            DenialReason::Ungranted => {
                let limit = denial.binding_name();
                Self::OriginUnavailable { tenant, limit }
            }
            DenialReason::Removed => Self::TenantNotFound { tenant },
            DenialReason::Never => {
                Self::CostExceedsLimit(LimitRefusal::new(denial, scope, exposed))
            }
            DenialReason::Quota | DenialReason::InUse | DenialReason::Queued | _ => {
                Self::QuotaExceeded(LimitRefusal::new(denial, scope, exposed))
            }
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::InvalidTenantId(_) | Self::InvalidCost(_) => 400,
            Self::TenantRequired { .. }
            | Self::InvalidCredential(_)
            | Self::TenantUnproven { .. } => 401,
            Self::TenantMismatch { .. }
            | Self::TenantSuspended { .. }
            | Self::PolicyDenied { .. } => 403,
            Self::TenantNotFound { .. } => 404,
            Self::QuotaExceeded(_) | Self::CostExceedsLimit(_) => 429,
            Self::BackendUnavailable { .. } | Self::OriginUnavailable { .. } => 503,
        }
    }

    /// The name that programs tell it by; it never changes.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TenantRequired { .. } => "tenant_required",
            Self::InvalidCredential(_) => "credential_invalid",
            Self::TenantUnproven { .. } => "tenant_unproven",
            Self::TenantMismatch { .. } => "tenant_mismatch",
            Self::InvalidTenantId(_) => "tenant_invalid_id",
            Self::InvalidCost(_) => "cost_invalid",
            Self::TenantNotFound { .. } => "tenant_not_found",
            Self::TenantSuspended { .. } => "tenant_suspended",
            Self::PolicyDenied { .. } => "tenant_policy_denied",
            Self::QuotaExceeded(_) => "tenant_quota_exceeded",
            Self::CostExceedsLimit(_) => "tenant_cost_exceeds_limit",
            Self::BackendUnavailable { .. } | Self::OriginUnavailable { .. } => {
                "tenant_backend_unavailable"
            }
        }
    }

    /// The kind of problem in words, the same for every request.
    ///
    /// The two types that are registered for rate limits keep the titles of their registration.
    pub fn title(&self) -> &'static str {
        match self {
            Self::TenantRequired { .. } => "A tenant is required",
            Self::InvalidCredential(_) => "The credential is not valid",
            Self::TenantUnproven { .. } => "The tenant must be proved",
            Self::TenantMismatch { .. } => "The request names more than one tenant",
            Self::InvalidTenantId(_) => "The tenant id is malformed",
            Self::InvalidCost(_) => "The cost is malformed",
            Self::TenantNotFound { .. } => "The tenant is unknown",
            Self::TenantSuspended { .. } => "The tenant is suspended",
            Self::PolicyDenied { .. } => "The tenant's policy does not allow this",
            Self::QuotaExceeded(_) => {
                "Request cannot be satisfied as assigned quota has been exceeded"
            }
            Self::CostExceedsLimit(_) => "The request costs more than a limit can ever admit",
            Self::BackendUnavailable { .. } | Self::OriginUnavailable { .. } => {
                "Request cannot be satisfied due to temporary server capacity constraints"
            }
        }
    }

    /// The tenant that was refused, where it got as far as naming one.
    pub fn tenant(&self) -> Option<&TenantId> {
        match self {
            Self::TenantRequired { .. }
            | Self::InvalidCredential(_)
            | Self::TenantUnproven { .. }
            | Self::TenantMismatch { .. }
            | Self::InvalidTenantId(_)
            | Self::InvalidCost(_) => None,
            Self::TenantNotFound { tenant }
            | Self::TenantSuspended { tenant }
            | Self::PolicyDenied { tenant, .. }
            | Self::BackendUnavailable { tenant, .. }
            | Self::OriginUnavailable { tenant, .. } => Some(tenant),
            Self::QuotaExceeded(refusal) | Self::CostExceedsLimit(refusal) => {
                Some(refusal.denial().tenant_id())
            }
        }
    }

    /// When the client may come again; `None` if coming again can't help.
    pub fn retry_after(&self) -> Option<RetryAfter> {
        match self {
            Self::QuotaExceeded(refusal) => refusal.retry_after(),
            Self::BackendUnavailable { error, .. } => {
                let certain = error.retry_after().map_or(0, seconds_up);
                Some(RetryAfter::guess(std::cmp::max(certain, BACKEND_RETRY)))
            }
            Self::OriginUnavailable { .. } => Some(RetryAfter::guess(BACKEND_RETRY)),
            Self::TenantRequired { .. }
            | Self::InvalidCredential(_)
            | Self::TenantUnproven { .. }
            | Self::TenantMismatch { .. }
            | Self::InvalidTenantId(_)
            | Self::InvalidCost(_)
            | Self::TenantNotFound { .. }
            | Self::TenantSuspended { .. }
            | Self::PolicyDenied { .. }
            | Self::CostExceedsLimit(_) => None,
        }
    }

    /// The limit's refusal, where a limit said no.
    pub fn limit_refusal(&self) -> Option<&LimitRefusal> {
        if let Self::QuotaExceeded(refusal) | Self::CostExceedsLimit(refusal) = self {
            Some(refusal)
        } else {
            None
        }
    }

    /// The reply that the gate gives unless [`on_rejected`](crate::GateBuilder::on_rejected)
    /// gives another: a problem (RFC 9457) that no cache may keep.
    pub fn reply(&self) -> Reply {
        self.tell_in_headers(Reply::problem(self.status(), problem::body(self)))
    }
}

impl Rejection {
    /// The reply with the headers that say how to do better: when to come again, and how to say who one is.
    pub(crate) fn tell_in_headers(&self, mut reply: Reply) -> Reply {
        if let Some(challenge) = self.challenge() {
            reply = reply.with_header("www-authenticate", challenge);
        }
        if let Some(retry) = self.retry_after() {
            reply = reply.with_header("retry-after", retry.seconds.to_string());
            if let Some(millis) = retry.millis {
                reply = reply.with_header("retry-after-ms", millis.to_string());
            }
        }
        reply
    }

    /// The challenge that RFC 9110 §11.6.1 demands of a 401.
    pub(crate) fn challenge(&self) -> Option<String> {
        if let Self::InvalidCredential(error) = self {
            return Some(challenge::refused(error.reason()));
        }
        if let Self::TenantUnproven { .. } = self {
            return Some(challenge::missing(None, true));
        }
        let Self::TenantRequired { header, credential } = self else {
            return None;
        };
        Some(challenge::missing(header.as_deref(), *credential))
    }
}

impl From<ResolveError> for Rejection {
    fn from(error: ResolveError) -> Self {
        match error {
            ResolveError::Invalid(invalid) => Self::InvalidTenantId(invalid),
            ResolveError::Credential(invalid) => Self::InvalidCredential(invalid),
            ResolveError::Unproven { origin } => Self::TenantUnproven { origin },
            ResolveError::Mismatch { first, other } => Self::TenantMismatch { first, other },
        }
    }
}

impl From<InvalidCost> for Rejection {
    fn from(error: InvalidCost) -> Self {
        Self::InvalidCost(error)
    }
}

/// Where a request could name its tenant.
fn ways_in(header: Option<&str>, credential: bool) -> String {
    match (credential, header) {
        (false, None) => String::new(),
        (false, Some(name)) => format!(": send it in the header {name}"),
        (true, None) => ": send a credential".to_owned(),
        (true, Some(name)) => format!(": send a credential, or the header {name}"),
    }
}
