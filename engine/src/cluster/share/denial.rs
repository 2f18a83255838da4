//! That the store said no, and until when that is remembered.

use std::time::Duration;

use crate::clock::Timestamp;

/// The store is asked again so long after it said no, at the latest: others may have given something back.
pub(super) const ASK_AGAIN: Duration = Duration::from_secs(1);

/// When a cost that can't be spent now may be, as far as a node knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Never: it is more than the limit ever holds.
    Never,
    /// Not before this local time: the store has said so.
    At(Timestamp),
    /// When the store has granted it, if it does: nobody knows before it has answered.
    WhenGranted,
}

/// See the module's page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Denial {
    /// So much more was denied than there was here, and all that is more.
    pub(super) amount: u64,
    /// Before this local time it is denied again.
    pub(super) until: Timestamp,
    /// From this time on the store may be asked again.
    pub(super) again: Timestamp,
    /// It would have fitted: the store grants nothing at all before that time, since it may have forgotten something.
    pub(super) listens: bool,
}

impl Denial {
    /// The store said no to `amount` in a reply that came at `received`.
    pub(super) fn new(amount: u64, until: Timestamp, received: Timestamp) -> Self {
        Self {
            amount,
            until,
            again: std::cmp::min(until, received.saturating_add(ASK_AGAIN)),
            listens: false,
        }
    }

    /// Nothing is granted to anybody before `until`, whatever is free.
    pub(super) fn listening(until: Timestamp, received: Timestamp) -> Self {
        Self {
            listens: true,
            ..Self::new(1, until, received)
        }
    }

    /// Until when `amount` more is denied, if that is still remembered, and for certain.
    pub(super) fn of(&self, amount: u64, now: Timestamp) -> Option<Timestamp> {
        (self.forbids(amount, now) && !self.listens).then_some(self.until)
    }

    /// Whether there is no use in asking for `amount` more yet.
    pub(super) fn forbids(&self, amount: u64, now: Timestamp) -> bool {
        amount >= self.amount && now < self.again
    }
}
