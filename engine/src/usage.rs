//! How full a tenant's limits are, all at one instant.

use std::time::Duration;

use smallvec::SmallVec;

use crate::clock::Timestamp;
use crate::dimension::Dimension;
use crate::meter::Level;
use crate::plan::{Algorithm, Limit, Plan};
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
    levels: SmallVec<[Level; 8]>,
}

impl Usage {
    pub(crate) fn new(plan: Arc<Plan>, at: Timestamp) -> Self {
        Self {
            plan,
            at,
            levels: SmallVec::new(),
        }
    }

    pub(crate) fn push(&mut self, level: Level) {
        self.levels.push(level);
    }

    /// The instant at which it was taken.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// The plan whose limits these are.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Every limit with its level, in the plan's order.
    pub fn iter(&self) -> impl Iterator<Item = LimitUsage<'_>> {
        let limits = self.plan.limits().iter().zip(&self.levels);
        limits.map(|(limit, level)| LimitUsage::new(limit, *level, self.at))
    }

    /// The limit of this name.
    pub fn get(&self, name: &str) -> Option<LimitUsage<'_>> {
        self.iter().find(|usage| usage.limit.name() == name)
    }

    /// What can still be spent in `dimension`: the least that any of its limits has left.
    ///
    /// Limits of concurrency are left out, since a free slot is nothing to spend. `None` means that no
    /// limit counts the dimension: unlimited, which is not 0.
    pub fn remaining(&self, dimension: &Dimension) -> Option<u64> {
        let counts = |usage: &LimitUsage<'_>| {
            usage.limit.dimension() == dimension
                && *usage.limit.algorithm() != Algorithm::Concurrency
        };
        self.iter()
            .filter(counts)
            .map(|usage| usage.remaining)
            .min()
    }
}

/// How full one limit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct LimitUsage<'u> {
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
    fn new(limit: &'u Limit, level: Level, at: Timestamp) -> Self {
        let after = |then: Timestamp| then.since(at);
        Self {
            limit,
            used: level.used,
            remaining: level.remaining,
            next_in: level.next_at.map(after),
            full_in: level.full_at.map(after),
        }
    }
}
