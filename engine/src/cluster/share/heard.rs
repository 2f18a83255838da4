//! What replies came to, for people's figures: no decision hangs on it.

use std::time::Duration;

use crate::clock::Timestamp;

/// What a reply, or several, came to; see [`Share::answered`](super::Share::answered).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Heard {
    /// How much more was granted.
    pub granted: u64,
    /// How much the store has now learned that was spent without having been granted: settlements above what was reserved,
    /// and what an outage allowed.
    pub beyond: u64,
    /// How much more of what was granted the store has back, unspent.
    pub returned: u64,
    /// What is held now, and neither spent nor given back.
    pub left: u64,
    /// The store granted nothing though there would be enough: it may have forgotten something, and listens until this local
    /// time.
    pub listens_until: Option<Timestamp>,
    /// How far apart the bounds of what the store's clock shows are; `None` if the reply was not heard.
    pub uncertainty: Option<Duration>,
    /// The life of the store that has ended since the reply before, if one has.
    pub ended: Option<u64>,
}

impl Heard {
    /// Nothing was said; so much is left.
    pub(crate) fn only_left(left: u64) -> Self {
        Self {
            left,
            ..Self::default()
        }
    }

    /// Both.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            granted: self.granted.saturating_add(other.granted),
            beyond: self.beyond.saturating_add(other.beyond),
            returned: self.returned.saturating_add(other.returned),
            left: self.left.saturating_add(other.left),
            listens_until: std::cmp::max(self.listens_until, other.listens_until),
            uncertainty: std::cmp::max(self.uncertainty, other.uncertainty),
            ended: self.ended.or(other.ended),
        }
    }
}
