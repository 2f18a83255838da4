//! All meters or none: one check over every limit, then one charge.

use crate::clock::Timestamp;
use crate::cost::Cost;
use crate::meter::{Meter, Retry};
use crate::plan::Limit;
use crate::scope::Scope;

/// Why a cost can't be charged now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shortage {
    /// The limit that decides: of the limits that say no, the one that will say so for longest.
    pub(crate) limit: usize,
    pub(crate) retry: Retry,
}

/// Whether every limit that is for `scope` and denies has room for `cost`. Changes nothing.
///
/// Over several limits the answer is the latest of the single ones; "never" is later than "when a
/// slot is freed", which is later than any time.
///
/// # Complexity
/// O(limits) when it fits; a limit that says no walks its rows once.
pub(crate) fn check(
    limits: &[Limit],
    meters: &[Meter],
    scope: &Scope<'_>,
    cost: &Cost,
) -> Result<(), Shortage> {
    let mut worst: Option<Shortage> = None;
    let mut latest: Option<Timestamp> = None;
    for (index, (limit, meter)) in limits.iter().zip(meters).enumerate() {
        let need = cost.get(&limit.dimension);
        let fits = need == 0 || need <= meter.free();
        if fits || limit.is_shadow() || !limit.is_for(scope) {
            continue;
        }
        let refusal = Shortage {
            limit: index,
            retry: meter.retry(need),
        };
        if let Retry::At(at) = refusal.retry {
            latest = std::cmp::max(latest, Some(at));
        }
        if worst.is_none_or(|worst| lasts(refusal.retry) > lasts(worst.retry)) {
            worst = Some(refusal);
        }
    }
    let Some(mut worst) = worst else {
        return Ok(());
    };
    if let Retry::WhenFreed { not_before } = &mut worst.retry {
        *not_before = latest;
    }
    Err(worst)
}

/// Orders retries by how long they last.
fn lasts(retry: Retry) -> (u8, Timestamp) {
    match retry {
        Retry::At(at) => (0, at),
        Retry::WhenFreed { .. } => (1, Timestamp::ZERO),
        Retry::Never => (2, Timestamp::ZERO),
    }
}

/// Charges `cost` to every limit that is for `scope`, and says to which: a shadow limit that has no room
/// is not charged, as if it had denied.
pub(crate) fn charge(
    limits: &[Limit],
    meters: &mut [Meter],
    scope: &Scope<'_>,
    cost: &Cost,
) -> u64 {
    let mut seats = 0;
    for (limit, meter) in limits.iter().zip(meters) {
        let amount = cost.get(&limit.dimension);
        let denied = limit.is_shadow() && amount > meter.free();
        if denied || !limit.is_for(scope) {
            continue;
        }
        seats |= meter.seat();
        if amount > 0 {
            meter.charge(amount);
        }
    }
    seats
}
