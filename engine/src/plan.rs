//! What a decision reads: a tenant's config, checked and compiled.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::clock::{Timestamp, nanos_of};
use crate::cluster::Shape;
use crate::config::Enforcement;
use crate::dimension::Dimension;
use crate::memo::Memo;
use crate::outage::{Beyond, Outage};
use crate::policy::Policy;
use crate::scope::{Matcher, Scope};
use crate::tenant_id::TenantId;

/// The compiled form of a tenant's config.
///
/// It does not say whose it is, so that tenants with equal configs share one plan. Made by
/// [`TenantConfig::compile`](crate::TenantConfig::compile), which refuses what could not work:
/// a plan is right by construction and is never checked again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Plan {
    pub(crate) limits: Box<[Limit]>,
    pub(crate) policy: Policy,
    pub(crate) status: Status,
    pub(crate) parent: Option<TenantId>,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) nature: Nature,
    pub(crate) memo: Memo,
}

/// What the limits of a plan ask of a ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "seven questions, each with its own answer"
)]
pub(crate) struct Nature {
    /// A meter minds the order of charges: a bucket.
    pub(crate) ordered: bool,
    /// A limit counts a dimension that no word carries.
    pub(crate) named: bool,
    /// A limit is only for some requests.
    pub(crate) conditional: bool,
    /// A limit only watches: a shadow.
    pub(crate) watched: bool,
    /// A limit counts what is in use, so that permits have slots to free.
    pub(crate) slots: bool,
    /// A limit draws its budget from the origin.
    pub(crate) durable: bool,
    /// A limit is shared with other nodes.
    pub(crate) shared: bool,
}

impl Nature {
    pub(crate) fn of(limits: &[Limit]) -> Self {
        let any = |is: fn(&Limit) -> bool| limits.iter().any(is);
        Self {
            ordered: any(Limit::is_bucket),
            named: any(|limit| matches!(limit.dimension, Dimension::Named(_))),
            conditional: any(Limit::is_conditional),
            watched: any(Limit::is_shadow),
            slots: any(Limit::is_concurrency),
            durable: any(Limit::is_durable),
            shared: any(Limit::is_shared),
        }
    }
}

impl Plan {
    /// The limits: those of the shorthand fields first, then the others as the config lists them.
    pub fn limits(&self) -> &[Limit] {
        &self.limits
    }

    /// Whether some limit is only for some requests.
    pub fn is_conditional(&self) -> bool {
        self.nature.conditional
    }

    /// Whether some limit draws its budget from the engine's [origin](crate::Origin).
    pub fn has_durable_limits(&self) -> bool {
        self.nature.durable
    }

    /// Whether some limit is shared with other nodes through the engine's [store](crate::cluster::SharedOrigin).
    pub fn has_shared_limits(&self) -> bool {
        self.nature.shared
    }

    /// Decides for the limits that leave it to the engine whether nodes share them.
    ///
    /// While their store does not answer they go by `outage`.
    pub(crate) fn shared_by_default(mut self, outage: Outage) -> Self {
        for limit in &mut self.limits {
            let shared = limit.shared.unwrap_or_else(|| limit.can_be_shared());
            limit.shared = Some(shared);
            if shared {
                limit.beyond = outage.of(limit);
            }
        }
        self.nature = Nature::of(&self.limits);
        self
    }

    /// Which of the limits that are only for some requests are for those of this scope: a bit for the
    /// place of each.
    pub(crate) fn class_of(&self, scope: &Scope<'_>) -> u64 {
        let limits = self
            .limits
            .iter()
            .zip((0..u64::BITS).map(|place| 1 << place));
        let theirs = limits.filter(|(limit, _)| limit.is_conditional() && limit.is_for(scope));
        theirs.fold(0, |class, (_, bit)| class | bit)
    }

    /// The tenant that whatever this one spends is charged to as well, and in turn its parent.
    pub fn parent(&self) -> Option<&TenantId> {
        self.parent.as_ref()
    }

    /// What the tenant may use.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Whether the tenant is admitted at all.
    pub fn status(&self) -> Status {
        self.status
    }

    /// What the config's author noted about the tenant; the engine never reads it.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// What `derive` makes of the plan, once: it is kept for as long as the plan is.
    ///
    /// For what every request needs and only the plan decides, such as the text of a header. There is one
    /// place: `None` if a value of another type is in it already, and then the caller derives its own.
    ///
    /// # Examples
    /// ```
    /// use tollgate::{Plan, TenantConfig};
    ///
    /// let plan = TenantConfig::new("acme".parse()?).requests_per_minute(100).compile()?;
    /// let names = |plan: &Plan| plan.limits()[0].name().to_owned();
    /// assert_eq!(plan.memo(names).map(String::as_str), Some("requests_per_minute"));
    /// assert_eq!(plan.memo(|_: &Plan| 7), None, "the place is taken");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn memo<T: Any + Send + Sync>(&self, derive: impl FnOnce(&Self) -> T) -> Option<&T> {
        self.memo.get_or(|| derive(self))
    }
}

/// How much of one dimension a tenant may spend, and over what time.
///
/// Displayed for people: `burst (600 requests per 60s, burst 20)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Limit {
    pub(crate) name: Arc<str>,
    pub(crate) dimension: Dimension,
    pub(crate) capacity: u64,
    pub(crate) algorithm: Algorithm,
    /// Which requests it is for; `None` is all.
    pub(crate) matcher: Option<Matcher>,
    pub(crate) enforcement: Enforcement,
    /// Whether its usage is kept in the engine's origin.
    pub(crate) durable: bool,
    /// Whether nodes share it; `None` leaves it to the engine.
    pub(crate) shared: Option<bool>,
    /// What becomes of it while the store of shared limits does not answer.
    pub(crate) beyond: Beyond,
    /// How a sliding window is split: worked out once, since meters ask each time.
    pub(crate) parts: SubWindows,
}

/// The sub-windows of a sliding window; one of no length for any other algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SubWindows {
    /// In nanoseconds, rounded up, so that all of them together are no shorter than the window.
    pub(crate) length: u64,
    pub(crate) count: u64,
}

impl SubWindows {
    pub(crate) fn of(algorithm: &Algorithm) -> Self {
        let (window, count) = match *algorithm {
            Algorithm::Sliding {
                window,
                sub_windows,
            } => (nanos_of(window), u64::from(sub_windows.max(1))),
            Algorithm::Bucket { .. } | Algorithm::Calendar { .. } | Algorithm::Concurrency => {
                (0, 1)
            }
        };
        let length = window.div_ceil(count).max(1);
        Self { length, count }
    }
}

impl Limit {
    /// The name, unique within the tenant.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it counts.
    pub fn dimension(&self) -> &Dimension {
        &self.dimension
    }

    /// How much fits in one window, or how much may be in use at once; never 0.
    pub fn capacity(&self) -> u64 {
        self.capacity
    }

    /// How it counts.
    pub fn algorithm(&self) -> &Algorithm {
        &self.algorithm
    }

    /// The most that one request can ever cost: the burst of a bucket, else the capacity.
    pub fn burst_or_capacity(&self) -> u64 {
        if let Algorithm::Bucket { burst, .. } = self.algorithm {
            burst
        } else {
            self.capacity
        }
    }

    /// Whether a request above it is denied, or only told of.
    pub fn enforcement(&self) -> Enforcement {
        self.enforcement
    }

    /// Whether its usage outlives the process, in the engine's [origin](crate::Origin).
    pub fn is_durable(&self) -> bool {
        self.durable
    }

    /// Whether all nodes of the engine's [store](crate::cluster::SharedOrigin) have it together.
    pub fn is_shared(&self) -> bool {
        self.shared == Some(true)
    }

    /// Whether it is of a kind that nodes can share.
    pub(crate) fn can_be_shared(&self) -> bool {
        let has_shape = Shape::of(self, Timestamp::ZERO).is_some();
        has_shape && !self.durable && !self.is_shadow()
    }

    /// Whether it differs in nothing but in who decided that it is shared.
    pub(crate) fn says_the_same_as(&self, other: &Self) -> bool {
        let (shared, beyond) = (self.shared, self.beyond);
        *self
            == Self {
                shared,
                beyond,
                ..other.clone()
            }
    }

    pub(crate) fn is_shadow(&self) -> bool {
        self.enforcement == Enforcement::Shadow
    }

    /// Whether it is only for some requests.
    pub(crate) fn is_conditional(&self) -> bool {
        self.matcher.is_some()
    }

    /// Whether it counts a request of this scope.
    pub fn is_for(&self, scope: &Scope<'_>) -> bool {
        self.matcher
            .as_ref()
            .is_none_or(|matcher| matcher.matches(scope))
    }

    /// The period of a calendar limit.
    pub(crate) fn period(&self) -> Option<Period> {
        match self.algorithm {
            Algorithm::Calendar { period } => Some(period),
            Algorithm::Sliding { .. } | Algorithm::Bucket { .. } | Algorithm::Concurrency => None,
        }
    }

    /// Whether it counts what is held now, and not what was spent.
    pub(crate) fn is_concurrency(&self) -> bool {
        self.algorithm == Algorithm::Concurrency
    }

    /// Whether it is a bucket.
    pub(crate) fn is_bucket(&self) -> bool {
        matches!(self.algorithm, Algorithm::Bucket { .. })
    }

    /// The length of its window.
    ///
    /// `None` where there is none (concurrency) or where it isn't constant (calendar months).
    pub fn window(&self) -> Option<Duration> {
        match self.algorithm {
            Algorithm::Sliding { window, .. } | Algorithm::Bucket { window, .. } => Some(window),
            Algorithm::Calendar { period } => period.length(),
            Algorithm::Concurrency => None,
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            dimension,
            capacity,
            algorithm,
            ..
        } = self;
        write!(f, "{name} ({capacity} {dimension} {algorithm})")
    }
}

/// How a limit counts.
///
/// Displayed so that it reads on after an amount: `per 60s`, `per calendar day`, `at once`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// Every interval as long as the window holds at most the capacity.
    Sliding {
        /// The length of the window.
        window: Duration,
        /// Into how many parts it is split; more parts waste less of the capacity.
        sub_windows: u16,
    },
    /// A level that refills steadily, by the capacity a window, up to `burst`.
    Bucket {
        /// The time in which it refills by the capacity.
        window: Duration,
        /// The most that it holds.
        burst: u64,
    },
    /// Every period of the UTC calendar starts anew.
    Calendar {
        /// The period.
        period: Period,
    },
    /// So much is in use at once; time plays no part.
    Concurrency,
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sliding { window, .. } => write!(f, "per {}", Compact(*window)),
            Self::Bucket { window, burst } => write!(f, "per {}, burst {burst}", Compact(*window)),
            Self::Calendar { period } => write!(f, "per calendar {period}"),
            Self::Concurrency => f.write_str("at once"),
        }
    }
}

/// A period of the UTC calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Period {
    /// From second 0 to the next minute's.
    Minute,
    /// From minute 0 to the next hour's.
    Hour,
    /// From midnight to midnight.
    Day,
    /// From the first of a month to the first of the next.
    Month,
}

impl Period {
    pub(crate) const ALL: [Self; 4] = [Self::Minute, Self::Hour, Self::Day, Self::Month];

    /// How long it lasts; `None` for months, which differ.
    pub fn length(self) -> Option<Duration> {
        match self {
            Self::Minute => Some(Duration::from_mins(1)),
            Self::Hour => Some(Duration::from_hours(1)),
            Self::Day => Some(Duration::from_hours(24)),
            Self::Month => None,
        }
    }

    /// The word for it, as configs write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Whether a tenant is admitted at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It is, within its limits.
    #[default]
    Active,
    /// It is not, whatever its limits say.
    Suspended,
}

impl Status {
    pub(crate) const ALL: [Self; 2] = [Self::Active, Self::Suspended];

    /// The word for it, as configs write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A duration as configs write it: one number and the longest of d, h, s, ms, us, ns that is exact.
///
/// Minutes are left out, since `60s` is how people write the commonest window of all.
pub(crate) struct Compact(pub(crate) Duration);

/// Nanoseconds a unit, longest first; the last divides everything.
const UNITS: [(u128, &str); 6] = [
    (86_400_000_000_000, "d"),
    (3_600_000_000_000, "h"),
    (1_000_000_000, "s"),
    (1_000_000, "ms"),
    (1_000, "us"),
    (1, "ns"),
];

impl fmt::Display for Compact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.as_nanos();
        let exact = UNITS
            .iter()
            .find(|(unit, _)| nanos != 0 && nanos.is_multiple_of(*unit));
        let (count, unit) = exact
            .and_then(|(unit, word)| Some((nanos.checked_div(*unit)?, *word)))
            .unwrap_or((0, "s"));
        write!(f, "{count}{unit}")
    }
}

#[cfg(test)]
mod tests;
