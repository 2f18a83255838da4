//! What becomes of shared limits while their store does not answer.

use crate::plan::{Algorithm, Limit};

/// What a node does with requests for which it was granted too little while the store of shared limits does not answer.
///
/// Whatever it is, what was granted before is spent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Outage {
    /// It denies them as [`Ungranted`](crate::DenialReason::Ungranted): no limit is ever exceeded.
    #[default]
    FailClosed,
    /// It admits them. The limit may be exceeded by any amount; when the store answers again it is told, and what was
    /// too much counts.
    FailOpen,
    /// It admits what its part of a reserve allows: no limit is ever exceeded while there are no more nodes than this.
    ///
    /// The reserve is for outages only, so that much less of the limit can be used when there is none. A bucket has no
    /// reserve: it is denied.
    LocalShare {
        /// How much of each limit is the reserve: 1 to 99 hundredths, rounded down.
        percent: u8,
        /// How many nodes there are at most: each has this part of the reserve, rounded down.
        nodes: u32,
    },
}

/// What an outage means for one limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Beyond {
    /// What the store never grants.
    pub(crate) reserve: u64,
    /// What a node may spend in a window beyond what it was granted, while the store does not answer.
    pub(crate) allowance: u64,
}

impl Outage {
    /// What it means for a limit.
    pub(crate) fn of(self, limit: &Limit) -> Beyond {
        match self {
            Self::FailClosed => Beyond::default(),
            Self::FailOpen => Beyond {
                reserve: 0,
                allowance: u64::MAX,
            },
            Self::LocalShare { .. } if matches!(limit.algorithm, Algorithm::Bucket { .. }) => {
                Beyond::default()
            }
            Self::LocalShare { percent, nodes } => {
                let part = u128::from(limit.capacity).saturating_mul(u128::from(percent));
                let part = part.checked_div(100).unwrap_or(0);
                let reserve = u64::try_from(part).unwrap_or(u64::MAX);
                let allowance = reserve.checked_div(u64::from(nodes)).unwrap_or(0);
                Beyond { reserve, allowance }
            }
        }
    }

    /// Whether its numbers are within their bounds.
    #[cfg(feature = "actors")]
    pub(crate) fn is_sound(self) -> bool {
        match self {
            Self::FailClosed | Self::FailOpen => true,
            Self::LocalShare { percent, nodes } => (1..=99).contains(&percent) && nodes > 0,
        }
    }
}
