//! What has become of a permit.

use tollgate::{Permit, Slot};

/// What became of a permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// Settled at another cost.
    Settled,
    /// Everything was given back.
    Refunded,
    /// The estimate was kept, because someone said so.
    Kept,
    /// Somebody will settle it later.
    Deferred,
    /// Nobody settled it: its request ended, or who had [deferred](super::PermitHandle::defer) it let go of it.
    Ended,
}

/// The permit was settled before, or its request has ended: this call has changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the permit {}", match outcome {
    Outcome::Settled => "is settled already",
    Outcome::Refunded => "is refunded already",
    Outcome::Kept => "is kept already",
    Outcome::Deferred => "is for somebody else to settle, later",
    Outcome::Ended => "was never settled, and its request has ended",
})]
pub struct AlreadySettled {
    /// What had become of the permit.
    pub outcome: Outcome,
}

/// A permit, from its admission to the end of its request.
pub(super) enum State {
    /// Charged at the estimate, not settled.
    Open(Permit<'static>),
    /// Settled; the slots are still held.
    Settled(Outcome, Slot<'static>),
    /// Nothing is held any more.
    Ended(Outcome),
}

impl State {
    /// What is left of it after this outcome, if there was one, when the request has ended.
    pub(super) fn ended(before: Option<Outcome>) -> Self {
        Self::Ended(before.unwrap_or(Outcome::Ended))
    }

    pub(super) fn outcome(&self) -> Option<Outcome> {
        match self {
            Self::Open(_) => None,
            Self::Settled(outcome, _) | Self::Ended(outcome) => Some(*outcome),
        }
    }
}
