//! What the engine answers: yes with a permit, or no with its reasons.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::cost::Cost;
use crate::ledger::{Cause, Standing};
use crate::meter::Retry;
use crate::permit::Permit;
use crate::state::Refused;
use crate::sync::Arc;
use crate::tenant::{Holder, Tenant};
use crate::tenant_id::TenantId;
use crate::usage::Usage;

/// The answer to "may this tenant spend this cost now?"
///
/// A refusal is a value, not an error: it says which limit decided and when to come back.
///
/// # Examples
/// ```
/// # use tollgate::{Clock, Cost, Decision, ManualClock, Tenant, TenantConfig};
/// # let config = TenantConfig::new("acme".parse()?).requests_per_minute(1);
/// # let tenant = Tenant::new(&config, Clock::manual(&ManualClock::new()))?;
/// match tenant.try_acquire(&Cost::request()) {
///     Decision::Admitted(permit) => drop(permit), // serve; a dropped permit keeps its charge
///     Decision::Denied(denial) => eprintln!("{denial}"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "an admitted cost is charged: hold the permit while the request runs"]
pub enum Decision<'t> {
    /// Yes: everything is charged, to every limit.
    Admitted(Permit<'t>),
    /// No: nothing is charged, to no limit.
    Denied(Denial<'t>),
}

impl<'t> Decision<'t> {
    /// Whether it is a yes. The permit, if there is one, lives on in the decision.
    pub fn is_admitted(&self) -> bool {
        matches!(self, Self::Admitted(_))
    }

    /// Whether it is a no.
    pub fn is_denied(&self) -> bool {
        !self.is_admitted()
    }

    /// The permit or the denial, for `?` and the combinators of `Result`.
    ///
    /// # Errors
    /// The denial.
    pub fn into_result(self) -> Result<Permit<'t>, Denial<'t>> {
        match self {
            Self::Admitted(permit) => Ok(permit),
            Self::Denied(denial) => Err(denial),
        }
    }

    /// The same decision with a handle of its own, to be sent elsewhere.
    pub fn into_owned(self) -> Decision<'static> {
        match self {
            Self::Admitted(permit) => Decision::Admitted(permit.into_owned()),
            Self::Denied(denial) => Decision::Denied(denial.into_owned()),
        }
    }
}

/// Which kind of no it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DenialReason {
    /// A limit is used up; [`Denial::retry_after`] says until when.
    Quota,
    /// A durable limit's origin has not granted enough yet, or does not answer: whether the limit is used up is not
    /// known. Asking for more is under way; [`Tenant::exchanged`] waits for the answer.
    Ungranted,
    /// Every slot of a concurrency limit is in use; one is freed when another request ends.
    InUse,
    /// The cost is above what a limit ever holds: it can never be admitted.
    Never,
    /// The tenant is suspended.
    Suspended,
    /// The config source no longer knows the tenant.
    Removed,
    /// The deadline of a wait passed, or its queue was full, with others still in front.
    Queued,
}

/// A no, with its reasons.
///
/// `Display` says it in one line, for logs:
/// `tenant acme: requests_per_minute is used up, retry in 12.5s`, and for a parent's limit
/// `tenant acme: requests_per_minute of umbrella is used up, retry in 12.5s`.
#[must_use]
pub struct Denial<'t> {
    tenant: Holder<'t>,
    refused: Refused,
    cost: Cost,
}

impl<'t> Denial<'t> {
    pub(crate) fn new(tenant: Holder<'t>, refused: Refused, cost: Cost) -> Self {
        Self {
            tenant,
            refused,
            cost,
        }
    }

    /// Which kind of no it is.
    pub fn reason(&self) -> DenialReason {
        match self.refused.cause {
            Cause::Limit {
                retry: Retry::WhenGranted,
                ..
            } => DenialReason::Ungranted,
            Cause::Limit {
                retry: Retry::At(_),
                ..
            } => DenialReason::Quota,
            Cause::Limit {
                retry: Retry::WhenFreed { .. },
                ..
            } => DenialReason::InUse,
            Cause::Limit {
                retry: Retry::Never,
                ..
            } => DenialReason::Never,
            Cause::Standing(Standing::Removed) => DenialReason::Removed,
            Cause::Standing(Standing::Suspended | Standing::Active) => DenialReason::Suspended,
            Cause::Queued => DenialReason::Queued,
        }
    }

    /// The instant at which the same cost is admitted, if nothing else arrives, and before which it
    /// is not; `None` if no instant is known (see [`reason`](Self::reason)).
    ///
    /// Over several limits it is the latest of their instants.
    pub fn retry_at(&self) -> Option<Timestamp> {
        match self.refused.cause {
            Cause::Limit {
                retry: Retry::At(at),
                ..
            } => Some(at),
            Cause::Limit { .. } | Cause::Standing(_) | Cause::Queued => None,
        }
    }

    /// How long after the decision that instant is.
    ///
    /// Never too short. Where the clock lags ([`Clock::max_lag`](crate::Clock::max_lag): 10 ms on the default
    /// clock) a repeated denial may say that much too much; [`retry_at`](Self::retry_at) is always exact.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_at().map(|at| at.since(self.refused.at))
    }

    /// How long the same cost is denied for certain, if nothing is given back: until
    /// [`retry_after`](Self::retry_after), or where a slot is waited for too, until every other limit has room.
    pub fn not_before(&self) -> Option<Duration> {
        let at = match self.refused.cause {
            Cause::Limit {
                retry: Retry::WhenFreed { not_before },
                ..
            } => not_before,
            Cause::Limit { .. } | Cause::Standing(_) | Cause::Queued => self.retry_at(),
        };
        at.map(|at| at.since(self.refused.at))
    }

    /// The name of the limit that decided: of those that said no, the one that says so for longest.
    ///
    /// `None` if no limit did, or if the plan was replaced since.
    ///
    /// # Complexity
    /// Takes the tenant's lock for a moment.
    pub fn binding_name(&self) -> Option<Arc<str>> {
        match self.refused.cause {
            Cause::Limit { binding, .. } => self.tenant.get().state().limit_name(binding),
            Cause::Standing(_) | Cause::Queued => None,
        }
    }

    /// Whose limit decided: the tenant itself, or one of its ancestors. `None` if no limit did.
    ///
    /// Its [usage](Tenant::usage) has the limit of [`binding_name`](Self::binding_name).
    pub fn limit_tenant(&self) -> Option<&Tenant> {
        let Cause::Limit { binding, .. } = self.refused.cause else {
            return None;
        };
        let mut line = std::iter::successors(Some(self.tenant.get()), |tenant| tenant.parent());
        line.nth(usize::from(binding.above))
    }

    /// The cost that was denied.
    pub fn cost(&self) -> &Cost {
        &self.cost
    }

    /// The tenant's id.
    pub fn tenant_id(&self) -> &TenantId {
        self.tenant.get().id()
    }

    /// The tenant.
    pub fn tenant(&self) -> &Tenant {
        self.tenant.get()
    }

    /// Every limit's level, as of now.
    pub fn usage(&self) -> Usage {
        self.tenant.get().usage()
    }

    /// The same denial with a handle of its own, to be sent elsewhere.
    pub fn into_owned(self) -> Denial<'static> {
        Denial {
            tenant: self.tenant.into_owned(),
            refused: self.refused,
            cost: self.cost,
        }
    }
}

impl fmt::Display for Denial<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tenant {}: ", self.tenant_id())?;
        let name = self.binding_name();
        let name = name.as_deref().unwrap_or("a limit of an earlier config");
        let owner = self.limit_tenant().map(Tenant::id);
        let name = match owner.filter(|owner| *owner != self.tenant_id()) {
            Some(owner) => Cow::Owned(format!("{name} of {owner}")),
            None => Cow::Borrowed(name),
        };
        match self.reason() {
            DenialReason::Quota => {
                let wait = self.retry_after().unwrap_or_default();
                write!(f, "{name} is used up, retry in {wait:?}")
            }
            DenialReason::Ungranted => write!(f, "the origin has not granted enough of {name} yet"),
            DenialReason::InUse => write!(f, "every slot of {name} is in use"),
            DenialReason::Never => write!(f, "{} is more than {name} ever admits", self.cost),
            DenialReason::Suspended => f.write_str("suspended"),
            DenialReason::Removed => f.write_str("removed"),
            DenialReason::Queued => f.write_str("others are waiting in front"),
        }
    }
}

impl fmt::Debug for Denial<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Denial")
            .field("tenant", self.tenant_id())
            .field("refused", &self.refused)
            .field("cost", &self.cost)
            .finish()
    }
}

impl std::error::Error for Denial<'_> {}
