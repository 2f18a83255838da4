//! At most the capacity in *every* interval of the window's length.
//!
//! The window W is split into S sub-windows of length d ≥ W/S; a row counts what was charged in each.
//! The sum runs over **S + 1** rows. An interval of length W ≤ S·d that starts inside row i ends
//! inside row i + S at the latest, so it touches at most S + 1 rows, and those never sum to more
//! than the capacity: the bound holds wherever the interval lies. With S rows, a burst at the end
//! of one row could be repeated S rows later, inside one window. The price is long-run throughput
//! of S/(S + 1) of the capacity.

use crate::clock::Timestamp;
use crate::plan::{Limit, SubWindows};

use super::rows::Rows;
use super::{Level, Retry};

/// A strict sliding window over sub-windows. What never changes about it is the limit's to say.
///
/// # Complexity
/// Charging is O(1); rolling on is O(rows passed), at most S + 1; a refusal walks the rows once.
#[derive(Debug)]
pub(crate) struct SlidingWindow {
    /// The row of the latest time seen; rows are numbered from the Unix epoch.
    newest: u64,
    rows: Rows,
}

/// What a limit says of its window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    capacity: u64,
    /// The length of a row in nanoseconds, at least 1.
    step: u64,
    /// S + 1.
    rows: u64,
}

impl Shape {
    pub(super) fn of(limit: &Limit, parts: SubWindows) -> Self {
        Self {
            capacity: limit.capacity,
            step: parts.length,
            rows: parts.count.saturating_add(1),
        }
    }

    fn row_of(self, at: Timestamp) -> u64 {
        at.as_nanos().checked_div(self.step).unwrap_or(0)
    }

    /// The first instant after `row`.
    fn end_of(self, row: u64) -> Timestamp {
        Timestamp::from_nanos(row.saturating_add(1).saturating_mul(self.step))
    }

    /// The instant at which `row` leaves the window.
    fn leaves_at(self, row: u64) -> Timestamp {
        Timestamp::from_nanos(row.saturating_add(self.rows).saturating_mul(self.step))
    }

    fn oldest(self, newest: u64) -> u64 {
        newest.saturating_add(1).saturating_sub(self.rows)
    }

    /// Whether a limit of this window and these sub-windows has the same rows.
    pub(super) fn has_rows_of(self, other: Self) -> bool {
        self.step == other.step && self.rows == other.rows
    }
}

impl SlidingWindow {
    pub(super) fn new(shape: Shape, now: Timestamp) -> Self {
        Self {
            newest: shape.row_of(now),
            rows: Rows::new(),
        }
    }

    #[inline]
    pub(super) fn roll(&mut self, shape: Shape, now: Timestamp) {
        if now < shape.end_of(self.newest) {
            return;
        }
        let current = std::cmp::max(shape.row_of(now), self.newest);
        let (first, last) = (shape.oldest(self.newest), shape.oldest(current));
        self.rows.leave(first, last.saturating_sub(first));
        self.newest = current;
    }

    pub(super) fn used(&self) -> u64 {
        self.rows.sum()
    }

    pub(super) fn free(&self, shape: Shape) -> u64 {
        shape.capacity.saturating_sub(self.used())
    }

    pub(super) fn charge(&mut self, shape: Shape, amount: u64) {
        self.rows.add(self.newest, amount, shape.rows);
    }

    /// Adds to the row that was current at `at`, if it still counts.
    pub(super) fn burden(&mut self, shape: Shape, at: Timestamp, amount: u64) {
        if let Some(row) = self.row_in_window(shape, at) {
            self.rows.add(row, amount, shape.rows);
        }
    }

    /// Takes from the row that was current at `at`, if it still counts.
    pub(super) fn lighten(&mut self, shape: Shape, at: Timestamp, amount: u64) {
        if let Some(row) = self.row_in_window(shape, at) {
            self.rows.take(row, amount);
        }
    }

    pub(super) fn retry(&self, shape: Shape, amount: u64) -> Retry {
        if amount > shape.capacity {
            return Retry::Never;
        }
        let over = self.used().saturating_sub(shape.capacity);
        let short = amount.saturating_sub(self.free(shape)).saturating_add(over);
        let mut freed = 0_u64;
        for row in shape.oldest(self.newest)..=self.newest {
            freed = freed.saturating_add(self.rows.get(row));
            if freed >= short {
                return Retry::At(shape.leaves_at(row));
            }
        }
        Retry::At(shape.leaves_at(self.newest))
    }

    pub(super) fn level(&self, shape: Shape, unspent: u64) -> Level {
        let used = self.used().saturating_sub(unspent);
        if used == 0 {
            let (next_at, full_at) = (None, Some(Timestamp::ZERO));
            return Level {
                used,
                remaining: shape.capacity,
                next_at,
                full_at,
            };
        }
        let rows = shape.oldest(self.newest)..=self.newest;
        let first = self.rows.first_held(rows).unwrap_or(self.newest);
        Level {
            used,
            remaining: shape.capacity.saturating_sub(used),
            next_at: Some(self.next_after(shape, first, used)),
            full_at: Some(shape.leaves_at(self.last_used(shape, unspent))),
        }
    }

    /// The newest row in which something is used, if anything is.
    fn last_used(&self, shape: Shape, unspent: u64) -> u64 {
        // What is leased but not spent is in the newest row, and may be all that is in it.
        if self.rows.get(self.newest) > unspent {
            return self.newest;
        }
        let before = (shape.oldest(self.newest)..self.newest).rev();
        self.rows.first_held(before).unwrap_or(self.newest)
    }

    /// When more becomes available: when `first` leaves, or later if that only pays debt.
    fn next_after(&self, shape: Shape, first: u64, used: u64) -> Timestamp {
        if used <= shape.capacity {
            return shape.leaves_at(first);
        }
        match self.retry(shape, 1) {
            Retry::At(at) => at,
            Retry::WhenGranted | Retry::WhenFreed { .. } | Retry::Never => shape.leaves_at(first),
        }
    }

    /// Every row that counts, oldest first: the last instant that it can have been charged, and what.
    pub(super) fn past(
        &self,
        shape: Shape,
        now: Timestamp,
    ) -> impl Iterator<Item = (Timestamp, u64)> {
        (shape.oldest(self.newest)..=self.newest).filter_map(move |row| {
            let last = Timestamp::from_nanos(shape.end_of(row).as_nanos().saturating_sub(1));
            let amount = self.rows.get(row);
            (amount > 0).then_some((std::cmp::min(last, now), amount))
        })
    }

    /// The start of the oldest row that counts.
    pub(super) fn counted_since(&self, shape: Shape) -> Timestamp {
        Timestamp::from_nanos(shape.oldest(self.newest).saturating_mul(shape.step))
    }

    /// The end of the current sub-window.
    pub(super) fn row_end(&self, shape: Shape) -> Timestamp {
        shape.end_of(self.newest)
    }

    #[inline]
    fn row_in_window(&self, shape: Shape, at: Timestamp) -> Option<u64> {
        // Most that comes back was charged in the newest row, and dividing takes longer than this.
        let newest_began = self.newest.saturating_mul(shape.step);
        let row = if at.as_nanos() >= newest_began {
            self.newest
        } else {
            std::cmp::min(shape.row_of(at), self.newest)
        };
        (row >= shape.oldest(self.newest)).then_some(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_nanos(seconds * SECOND)
    }

    /// 100 in 60 s of 6 parts.
    const MINUTE: Shape = Shape {
        capacity: 100,
        step: 10 * SECOND,
        rows: 7,
    };

    fn window() -> SlidingWindow {
        SlidingWindow::new(MINUTE, at(0))
    }

    #[test]
    fn a_burst_at_the_end_of_a_row_counts_for_the_whole_window() {
        let mut meter = window();
        meter.roll(MINUTE, Timestamp::from_nanos(10 * SECOND - 1));
        meter.charge(MINUTE, 100);
        assert_eq!(meter.retry(MINUTE, 1), Retry::At(at(70)));
        meter.roll(MINUTE, Timestamp::from_nanos(70 * SECOND - 1));
        assert_eq!(meter.free(MINUTE), 0);
        meter.roll(MINUTE, at(70));
        assert_eq!(meter.free(MINUTE), 100);
    }

    #[test]
    fn a_refund_lightens_the_row_that_was_charged() {
        let mut meter = window();
        meter.charge(MINUTE, 60);
        meter.roll(MINUTE, at(10));
        meter.charge(MINUTE, 40);
        meter.lighten(MINUTE, at(3), 50);
        meter.roll(MINUTE, at(70));
        assert_eq!(meter.used(), 40, "the newer row is as it was");
    }

    #[test]
    fn debt_is_paid_before_anything_is_admitted() {
        let mut meter = window();
        meter.charge(MINUTE, 90);
        meter.roll(MINUTE, at(10));
        meter.burden(MINUTE, at(10), 60);
        assert_eq!(meter.free(MINUTE), 0);
        assert_eq!(meter.retry(MINUTE, 40), Retry::At(at(70)));
        assert_eq!(meter.retry(MINUTE, 41), Retry::At(at(80)));
    }

    #[test]
    fn time_that_goes_back_changes_nothing() {
        let mut meter = window();
        meter.roll(MINUTE, at(100));
        meter.charge(MINUTE, 5);
        meter.roll(MINUTE, at(0));
        assert_eq!(meter.used(), 5);
        assert_eq!(meter.retry(MINUTE, 100), Retry::At(at(170)));
    }
}
