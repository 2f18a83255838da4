//! What durable limits have used, for people to look at.

use tollgate::{Dimension, Period, Timestamp};

use super::ledger::UsageRow;
use super::sheet::{count, period};

/// What a durable limit has charged of one of its windows, whoever holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DurableUsage {
    /// The limit's name.
    pub limit: String,
    /// What it counts.
    pub dimension: Dimension,
    /// The period that it counts by.
    pub period: Period,
    /// The window's first instant.
    pub start: Timestamp,
    /// The first instant after it.
    pub end: Timestamp,
    /// What was spent, and what processes hold to spend it, in the limit's dimension.
    pub charged: u64,
}

impl DurableUsage {
    /// `None` if the row names no period or dimension: then it is not ours.
    pub(super) fn read(row: UsageRow) -> Option<Self> {
        let (limit, dimension, named, start, end, charged) = row;
        Some(Self {
            limit,
            dimension: dimension.parse().ok()?,
            period: period(&named)?,
            start: Timestamp::from_nanos(count(start)),
            end: Timestamp::from_nanos(count(end)),
            charged: count(charged),
        })
    }
}
