//! What durable limits have used, for people to look at.

use tollgate::{Period, Timestamp};

use super::ledger::UsageRow;
use super::sheet::count;

/// What a durable limit has charged of one of its windows, whoever holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DurableUsage {
    /// The limit's name.
    pub limit: String,
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
    /// `None` if the row names no period: then it is not ours.
    pub(super) fn read((limit, period, start, end, charged): UsageRow) -> Option<Self> {
        let periods = [Period::Minute, Period::Hour, Period::Day, Period::Month];
        let named = periods.into_iter().find(|known| known.as_str() == period);
        Some(Self {
            limit,
            period: named?,
            start: Timestamp::from_nanos(count(start)),
            end: Timestamp::from_nanos(count(end)),
            charged: count(charged),
        })
    }
}
