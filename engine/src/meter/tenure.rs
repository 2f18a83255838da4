//! Which charges a meter has counted: meters come and go as plans are swapped, and permits outlive them.

use crate::clock::Timestamp;
use crate::lease_word::Charge;

/// What a permit's charge is compared with, to tell whether it was made to this meter and where it lies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tenure {
    /// One bit, its own among the tenant's meters: permits say with it which limits were charged. A seat
    /// that gets free may be given again: `since` tells the meters apart.
    seat: u64,
    /// The epoch in which this meter began to count: permits of earlier epochs were not charged to it.
    since: u64,
    /// The epoch in which it took its present shape: where earlier charges lie is only known roughly.
    shaped: u64,
    /// Charges of earlier epochs count in it if they are of this time or later.
    carried_since: Timestamp,
}

impl Tenure {
    /// That of a meter which begins in the epoch `since`.
    pub(crate) fn new(seat: u64, since: u64) -> Self {
        Self {
            seat,
            since,
            shaped: since,
            carried_since: Timestamp::ZERO,
        }
    }

    /// Its bit among the tenant's meters.
    pub(crate) fn seat(self) -> u64 {
        self.seat
    }

    /// Whether a charge to these seats was made to this meter.
    pub(crate) fn counted(self, charge: Charge) -> bool {
        self.since <= charge.epoch && self.seat & charge.seats != 0
    }

    /// Whether this meter was there for this charge and was left out of it.
    pub(crate) fn denied(self, charge: Charge) -> bool {
        self.since <= charge.epoch && self.seat & charge.seats == 0
    }

    /// Whether this charge was made in the shape that the meter has now.
    pub(crate) fn knows_row_of(self, charge: Charge) -> bool {
        charge.epoch >= self.shaped
    }

    /// Whether this charge still counts for certain, so that it may be given back.
    pub(crate) fn still_counts(self, charge: Charge) -> bool {
        self.knows_row_of(charge) || charge.at >= self.carried_since
    }

    /// It takes another shape in `epoch`: charges before `counted_since` no longer count.
    pub(super) fn reshape(&mut self, epoch: u64, counted_since: Timestamp) {
        self.shaped = epoch;
        self.carried_since = std::cmp::max(self.carried_since, counted_since);
    }
}
