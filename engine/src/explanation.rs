//! What would be decided on a cost, and why: for people who ask, not for requests.

use std::fmt;

use crate::cost::Cost;
use crate::decision::Denial;
use crate::ledger::{Entry, Ledger};
use crate::meter::Level;
use crate::plan::Limit;
use crate::scope::Scope;
use crate::state::Refused;
use crate::tenant::{Holder, Tenant};

/// What [`Tenant::try_acquire_in`] would have answered, and what every limit says, the ancestors' too.
///
/// Nothing is charged for it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Explanation {
    /// Why not; `None`: it would be admitted.
    pub denial: Option<Denial<'static>>,
    /// Every limit: the tenant's in its plan's order, then its parent's, and so on.
    pub limits: Vec<LimitAnswer>,
}

/// What one limit says to a cost.
#[derive(Clone)]
#[non_exhaustive]
pub struct LimitAnswer {
    /// Whose limit it is: the tenant, or an ancestor.
    pub tenant: Tenant,
    /// The limit.
    pub limit: Limit,
    /// Whether it counts such a request: its `match` fits, if it has one, and its dimension costs something.
    pub applies: bool,
    /// What it would be charged, in its dimension.
    pub cost: u64,
    /// What is used of it.
    pub used: u64,
    /// What can still be spent.
    pub remaining: u64,
    /// What is held here of a durable or shared limit, and can be spent without asking for more; `None` for other limits.
    pub leased: Option<u64>,
    /// Whether the cost has room in it, or it does not apply. A shadow limit without room denies nothing.
    pub fits: bool,
}

impl Explanation {
    /// Whether it would be admitted.
    pub fn is_admitted(&self) -> bool {
        self.denial.is_none()
    }
}

impl fmt::Debug for LimitAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LimitAnswer")
            .field("tenant", self.tenant.id())
            .field("limit", &self.limit.to_string())
            .field("applies", &self.applies)
            .field("cost", &self.cost)
            .field("used", &self.used)
            .field("remaining", &self.remaining)
            .field("leased", &self.leased)
            .field("fits", &self.fits)
            .finish()
    }
}

impl Tenant {
    /// What [`try_acquire_in`](Self::try_acquire_in) would answer now, and what each limit says to the cost. Nothing is
    /// charged, and nobody is told of it.
    ///
    /// It is for an operator's question; by the time of a decision the answer may be another. What a durable or shared limit
    /// has not been granted yet is asked for, as for a request: see [`exchanges`](Self::exchanges), and ask again.
    ///
    /// # Complexity
    /// Takes the locks of the tenant and its ancestors and calls back what is out on lease from them; O(limits ·
    /// sub-windows), and allocates.
    ///
    /// # Examples
    /// ```
    /// use tollgate::{Clock, Cost, Scope, Tenant, TenantConfig};
    ///
    /// let config = TenantConfig::new("acme".parse()?).requests_per_minute(100).tokens_per_minute(1_000);
    /// let tenant = Tenant::new(&config, Clock::default())?;
    /// let answer = tenant.explain(&Scope::default(), &Cost::request().and_tokens(1_001));
    /// assert!(answer.denial.is_some_and(|denial| denial.binding_name().as_deref() == Some("tokens_per_minute")));
    /// assert!(answer.limits[0].fits && !answer.limits[1].fits);
    /// assert_eq!(tenant.usage().iter().map(|level| level.used).sum::<u64>(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn explain(&self, scope: &Scope<'_>, cost: &Cost) -> Explanation {
        let mut line = std::iter::successors(Some(self), |tenant| tenant.parent());
        let mut limits = Vec::new();
        let verdict = self.state().weigh(scope, cost, |ledger| {
            // There is a ledger for each of the line.
            if let Some(owner) = line.next() {
                limits.extend(answers(owner, ledger, scope, cost));
            }
        });
        let denial = |refused: Refused| {
            let holder = Holder::Owned(self.clone());
            Denial::new(holder, refused, cost.clone())
        };
        Explanation {
            denial: verdict.err().map(denial),
            limits,
        }
    }
}

/// What the limits of one tenant say, as its ledger has just been found.
fn answers(owner: &Tenant, ledger: &Ledger, scope: &Scope<'_>, cost: &Cost) -> Vec<LimitAnswer> {
    let mut levels = Vec::new();
    ledger.levels(ledger.now(), None, |level| levels.push(level));
    let entries = ledger.entries().zip(levels);
    let answer = |(entry, level): (Entry<'_>, Level)| {
        let need = cost.get(&entry.limit.dimension);
        let applies = need > 0 && entry.limit.is_for(scope);
        let free = entry.meter.free(entry.limit);
        let elsewhere = entry.limit.is_durable() || entry.limit.is_shared();
        LimitAnswer {
            tenant: owner.clone(),
            limit: entry.limit.clone(),
            applies,
            cost: if applies { need } else { 0 },
            used: level.used,
            remaining: level.remaining,
            leased: elsewhere.then_some(free),
            fits: !applies || need <= free,
        }
    };
    entries.map(answer).collect()
}
