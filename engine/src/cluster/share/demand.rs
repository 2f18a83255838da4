//! How much is likely to be spent: what was spent and denied lately.

use crate::clock::{Timestamp, nanos_of};

use super::server_clock::scaled;

/// The costs of so many denied requests at most are asked for at once. They may be as many that wait, or one that comes again
/// and again: nobody can tell.
const CROWD: u64 = 64;

/// What was denied since the store was asked last, and what was wanted in this slot of time and in the one before.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Demand {
    /// The largest cost that waits.
    pub(super) needed: u64,
    /// All that wait together, as far as that is likely.
    pub(super) wanted: u64,
    /// Nanoseconds; 0 before the first.
    slot: u64,
    began: Timestamp,
    /// What was spent or denied in this slot.
    here: u64,
    /// What was in the one before, if there was one.
    before: Option<u64>,
}

impl Demand {
    /// Slots are so long from now on.
    pub(super) fn roll(&mut self, slot: u64, now: Timestamp) {
        if slot != self.slot {
            (self.slot, self.began) = (slot, now);
            (self.here, self.before) = (0, None);
        }
        let passed = nanos_of(now.since(self.began))
            .checked_div(slot)
            .unwrap_or(0);
        if passed > 0 {
            self.before = Some(if passed == 1 { self.here } else { 0 });
            self.here = 0;
            let by = passed.saturating_mul(slot);
            self.began = Timestamp::from_nanos(self.began.as_nanos().saturating_add(by));
        }
    }

    pub(super) fn spent(&mut self, amount: u64) {
        self.here = self.here.saturating_add(amount);
    }

    pub(super) fn unspent(&mut self, amount: u64) {
        self.here = self.here.saturating_sub(amount);
    }

    /// Notes that a cost was denied. One that is `hopeless` is noted only if nobody needs what there may be, since
    /// what is needed is granted as a whole.
    pub(super) fn denied(&mut self, cost: u64, hopeless: bool, was_hopeless: bool) {
        self.spent(cost);
        if hopeless && self.needed > 0 {
            return;
        }
        self.needed = if was_hopeless {
            cost
        } else {
            std::cmp::max(self.needed, cost)
        };
        let crowd = self.needed.saturating_mul(CROWD);
        self.wanted = std::cmp::min(self.wanted.saturating_add(cost), crowd);
    }

    /// Somebody has asked for it.
    pub(super) fn asked(&mut self) {
        self.wanted = 0;
    }

    /// The store has answered for so much.
    pub(super) fn answered(&mut self, need: u64) {
        if self.needed <= need {
            self.needed = 0;
        }
    }

    /// Whether it is too early to tell how much is likely.
    pub(super) fn is_new(&self) -> bool {
        self.before.unwrap_or(0) == 0
    }

    /// What is likely to be wanted within `time` nanoseconds from now on.
    pub(super) fn likely(&self, now: Timestamp, time: u64) -> u64 {
        let here = nanos_of(now.since(self.began));
        let (amount, during) = match self.before {
            Some(before) => (
                before.saturating_add(self.here),
                self.slot.saturating_add(here),
            ),
            // The first moments tell little.
            None => (self.here, std::cmp::max(here, self.slot >> 3)),
        };
        scaled(amount, time, during)
    }
}

/// So much is seldom exceeded where so much is likely: by three deviations of a random stream of single requests.
pub(super) fn ample(likely: u64) -> u64 {
    if likely == 0 {
        return 0;
    }
    let deviation = likely.isqrt();
    likely
        .saturating_add(deviation.saturating_mul(3))
        .saturating_add(1)
}
