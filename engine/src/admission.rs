//! All meters or none: one check over every limit of a tenant and its ancestors, then one charge.

use crate::clock::Timestamp;
use crate::cost::Cost;
use crate::ledger::Ledger;
use crate::meter::Retry;
use crate::scope::Scope;

/// Why a cost can't be charged now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shortage {
    /// Whose limit decides: 0 is the tenant's own, 1 its parent's.
    pub(crate) above: usize,
    /// The limit that decides: of the limits that say no, the one that will say so for longest.
    pub(crate) limit: usize,
    pub(crate) retry: Retry,
}

/// A look at every limit, ledger by ledger.
///
/// Over several limits the answer is the latest of the single ones; "never" is later than "when a
/// slot is freed", which is later than any time. "When the origin has granted more" is earlier than any: what is
/// certain goes before what is not.
#[derive(Debug, Default)]
pub(crate) struct Check {
    worst: Option<Shortage>,
    latest: Option<Timestamp>,
}

impl Check {
    /// Looks whether every limit of `ledger` that is for `scope` and denies has room for `cost`.
    ///
    /// # Complexity
    /// O(limits) when it fits; a limit that says no walks its rows once.
    pub(crate) fn look(&mut self, above: usize, ledger: &Ledger, scope: &Scope<'_>, cost: &Cost) {
        for (index, entry) in ledger.entries().enumerate() {
            let need = cost.get(&entry.limit.dimension);
            let fits = need == 0 || need <= entry.meter.free(entry.limit);
            if fits || entry.limit.is_shadow() || !entry.limit.is_for(scope) {
                continue;
            }
            let retry = entry.meter.retry(entry.limit, need);
            self.note(Shortage {
                above,
                limit: index,
                retry,
            });
        }
    }

    fn note(&mut self, refusal: Shortage) {
        if let Retry::At(at) = refusal.retry {
            self.latest = std::cmp::max(self.latest, Some(at));
        }
        let longer = |worst: Shortage| lasts(refusal.retry) > lasts(worst.retry);
        if self.worst.is_none_or(longer) {
            self.worst = Some(refusal);
        }
    }

    /// Whether it fits everywhere.
    pub(crate) fn verdict(self) -> Result<(), Shortage> {
        let Some(mut worst) = self.worst else {
            return Ok(());
        };
        if let Retry::WhenFreed { not_before } = &mut worst.retry {
            *not_before = self.latest;
        }
        Err(worst)
    }
}

/// Orders retries by how long they last.
fn lasts(retry: Retry) -> (u8, Timestamp) {
    match retry {
        Retry::WhenGranted => (0, Timestamp::ZERO),
        Retry::At(at) => (1, at),
        Retry::WhenFreed { .. } => (2, Timestamp::ZERO),
        Retry::Never => (3, Timestamp::ZERO),
    }
}
