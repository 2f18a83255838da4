//! How full a tenant's limits are, all at one instant.

use std::time::Duration;

use smallvec::SmallVec;

use crate::clock::Timestamp;
use crate::dimension::Dimension;
use crate::meter::Level;
use crate::plan::{Algorithm, Limit, Plan};
use crate::scope::Scope;
use crate::sync::Arc;

/// How full every limit of a tenant was at one instant.
///
/// What lies ready in a lease word counts as not used, so that after 40 of 100 requests, 60 remain.
///
/// # Complexity
/// Up to 8 limits are held inline: taking a snapshot allocates nothing.
///
/// # Examples
/// ```
/// use tollgate::{Clock, Cost, Dimension, ManualClock, Tenant, TenantConfig};
///
/// let config = TenantConfig::new("acme".parse()?).requests_per_minute(100);
/// let tenant = Tenant::new(&config, Clock::manual(&ManualClock::new()))?;
/// for _ in 0..40 {
///     assert!(tenant.try_acquire(&Cost::request()).is_admitted());
/// }
/// assert_eq!(tenant.usage().remaining(&Dimension::Requests), Some(60));
/// assert_eq!(tenant.usage().remaining(&Dimension::Tokens), None, "unlimited");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Usage {
    plan: Arc<Plan>,
    at: Timestamp,
    levels: SmallVec<[Kept; 8]>,
    /// A bit for each limit that is not shown.
    hidden: u64,
}

impl Usage {
    pub(crate) fn new(plan: Arc<Plan>, at: Timestamp) -> Self {
        Self {
            plan,
            at,
            levels: SmallVec::new(),
            hidden: 0,
        }
    }

    /// Begins anew with a plan that may be another by now.
    pub(crate) fn begin(&mut self, plan: Arc<Plan>) {
        self.plan = plan;
    }

    pub(crate) fn push(&mut self, level: Level) {
        self.levels.push(Kept::of(level));
    }

    /// The instant at which it was taken.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// The plan whose limits these are.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The same without the limits that a request of this scope does not meet: those that are for others, and
    /// shadow limits. It is what a client is told.
    #[must_use]
    pub fn for_scope(mut self, scope: &Scope<'_>) -> Self {
        for (place, limit) in self.plan.limits().iter().enumerate() {
            if limit.is_shadow() || !limit.is_for(scope) {
                self.hidden |= bit(place);
            }
        }
        self
    }

    /// Every limit with its level, in the plan's order.
    pub fn iter(&self) -> impl Iterator<Item = LimitUsage<'_>> {
        let limits = self.plan.limits().iter().zip(&self.levels).enumerate();
        let shown = limits.filter(|(place, _)| self.hidden & bit(*place) == 0);
        shown.map(|(place, (limit, level))| LimitUsage::new(place, limit, *level, self.at))
    }

    /// Whether every limit of the plan is shown.
    pub fn is_whole(&self) -> bool {
        self.hidden == 0
    }

    /// The limit of this name.
    pub fn get(&self, name: &str) -> Option<LimitUsage<'_>> {
        self.iter().find(|usage| usage.limit.name() == name)
    }

    /// What can still be spent in `dimension`: the least that any of its limits has left.
    ///
    /// Left out are limits of concurrency, since a free slot is nothing to spend, shadow limits, which deny
    /// nothing, and limits that are only for some requests. `None` means that no other limit counts the
    /// dimension: unlimited, which is not 0.
    pub fn remaining(&self, dimension: &Dimension) -> Option<u64> {
        let counts = |usage: &LimitUsage<'_>| {
            usage.limit.dimension() == dimension
                && *usage.limit.algorithm() != Algorithm::Concurrency
                && !usage.limit.is_shadow()
                && !usage.limit.is_conditional()
        };
        self.iter()
            .filter(counts)
            .map(|usage| usage.remaining)
            .min()
    }
}

/// A level as four words, written and read one by one: to copy a wider one at once, right after its parts were
/// written, stalls for longer than all the rest of a snapshot takes.
#[derive(Debug, Clone, Copy)]
struct Kept {
    used: u64,
    remaining: u64,
    /// [`NOBODY_KNOWS`], or an instant; so is `full_at`.
    next_at: Timestamp,
    full_at: Timestamp,
}

/// Stands for an instant that nobody can know. A debt that takes until the end of time to pay counts as such.
const NOBODY_KNOWS: Timestamp = Timestamp::MAX;

impl Kept {
    fn of(level: Level) -> Self {
        Self {
            used: level.used,
            remaining: level.remaining,
            next_at: level.next_at.unwrap_or(NOBODY_KNOWS),
            full_at: level.full_at.unwrap_or(NOBODY_KNOWS),
        }
    }
}

/// The bit of a place in the plan, of which there are at most 64.
fn bit(place: usize) -> u64 {
    let place = u32::try_from(place).unwrap_or(u32::MAX);
    1_u64.checked_shl(place).unwrap_or(0)
}

/// How full one limit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct LimitUsage<'u> {
    /// The limit's place in the [plan](Plan::limits).
    pub place: usize,
    /// The limit.
    pub limit: &'u Limit,
    /// What is used, in the limit's dimension; settled debt can make it exceed the capacity.
    pub used: u64,
    /// What can still be spent.
    pub remaining: u64,
    /// How long until more than `remaining` can be spent, if nothing else arrives; `None` if
    /// everything can be now, or if nobody can know (concurrency).
    pub next_in: Option<Duration>,
    /// How long until all of it can be spent again; `None` if nobody can know (concurrency).
    pub full_in: Option<Duration>,
}

impl<'u> LimitUsage<'u> {
    /// The limit's name, to be kept: it is shared with the plan, so that nothing is allocated.
    pub fn shared_name(&self) -> Arc<str> {
        Arc::clone(&self.limit.name)
    }

    fn new(place: usize, limit: &'u Limit, level: Kept, at: Timestamp) -> Self {
        let after = |then: Timestamp| (then != NOBODY_KNOWS).then(|| then.since(at));
        Self {
            place,
            limit,
            used: level.used,
            remaining: level.remaining,
            next_in: after(level.next_at),
            full_in: after(level.full_at),
        }
    }
}
