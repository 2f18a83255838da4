//! At most the capacity in *every* interval of the window's length.
//!
//! The window W is split into S sub-windows of length d ≥ W/S; a row counts what was charged in each.
//! The sum runs over **S + 1** rows. An interval of length W ≤ S·d that starts inside row i ends
//! inside row i + S at the latest, so it touches at most S + 1 rows, and those never sum to more
//! than the capacity: the bound holds wherever the interval lies. With S rows, a burst at the end
//! of one row could be repeated S rows later, inside one window. The price is long-run throughput
//! of S/(S + 1) of the capacity.

use std::time::Duration;

use crate::clock::{Timestamp, nanos_of};

use super::rows::Rows;
use super::{Level, Retry};

/// A strict sliding window over sub-windows.
///
/// # Complexity
/// Charging is O(1); rolling on is O(rows passed), at most S + 1; a refusal walks the rows once.
#[derive(Debug)]
pub(super) struct SlidingWindow {
    capacity: u64,
    /// The length of a sub-window in nanoseconds, at least 1.
    step: u64,
    /// The row of the latest time seen; rows are numbered from the Unix epoch.
    newest: u64,
    /// The sum of all rows.
    used: u64,
    rows: Rows,
}

impl SlidingWindow {
    pub(super) fn new(capacity: u64, window: Duration, sub_windows: u16, now: Timestamp) -> Self {
        let step = nanos_of(window)
            .div_ceil(u64::from(sub_windows.max(1)))
            .max(1);
        let rows = Rows::new(usize::from(sub_windows).saturating_add(1), capacity);
        let mut meter = Self {
            capacity,
            step,
            newest: 0,
            used: 0,
            rows,
        };
        meter.newest = meter.row_of(now);
        meter
    }

    pub(super) fn roll(&mut self, now: Timestamp) {
        let current = self.row_of(now);
        let passed = current.saturating_sub(self.newest);
        if passed == 0 {
            return;
        }
        for row in 1..=std::cmp::min(passed, self.rows.len()) {
            self.clear(self.newest.saturating_add(row));
        }
        self.newest = current;
    }

    /// Empties the ring's slot for `row`, which held the row that leaves the window.
    fn clear(&mut self, row: u64) {
        self.used = self.used.saturating_sub(self.rows.get(row));
        self.rows.set(row, 0);
    }

    pub(super) fn used(&self) -> u64 {
        self.used
    }

    pub(super) fn free(&self) -> u64 {
        self.capacity.saturating_sub(self.used)
    }

    pub(super) fn charge(&mut self, amount: u64) {
        self.add(self.newest, amount);
    }

    /// Adds to the row that was current at `at`, if it still counts.
    pub(super) fn burden(&mut self, at: Timestamp, amount: u64) {
        if let Some(row) = self.row_in_window(at) {
            self.add(row, amount);
        }
    }

    /// Takes from the row that was current at `at`, if it still counts.
    pub(super) fn lighten(&mut self, at: Timestamp, amount: u64) {
        if let Some(row) = self.row_in_window(at) {
            let held = self.rows.get(row);
            let taken = std::cmp::min(held, amount);
            self.rows.set(row, held.saturating_sub(taken));
            self.used = self.used.saturating_sub(taken);
        }
    }

    fn add(&mut self, row: u64, amount: u64) {
        // A sum that would pass 2⁶⁴ stays below it, so that what is added can be taken out again.
        let added = std::cmp::min(amount, u64::MAX.saturating_sub(self.used));
        self.rows.set(row, self.rows.get(row).saturating_add(added));
        self.used = self.used.saturating_add(added);
    }

    pub(super) fn retry(&self, amount: u64) -> Retry {
        if amount > self.capacity {
            return Retry::Never;
        }
        let short = amount
            .saturating_sub(self.free())
            .saturating_add(self.over());
        let mut freed = 0_u64;
        for row in self.oldest()..=self.newest {
            freed = freed.saturating_add(self.rows.get(row));
            if freed >= short {
                return Retry::At(self.leaves_at(row));
            }
        }
        Retry::At(self.leaves_at(self.newest))
    }

    /// By how much debt has taken it above its capacity.
    fn over(&self) -> u64 {
        self.used.saturating_sub(self.capacity)
    }

    pub(super) fn level(&self, unspent: u64) -> Level {
        let used = self.used.saturating_sub(unspent);
        if used == 0 {
            let (next_at, full_at) = (None, Some(Timestamp::ZERO));
            return Level {
                used,
                remaining: self.capacity,
                next_at,
                full_at,
            };
        }
        let oldest = self.oldest();
        let first = oldest.saturating_add(self.rows.first_held(oldest).unwrap_or(0));
        Level {
            used,
            remaining: self.capacity.saturating_sub(used),
            next_at: Some(self.next_after(first, used)),
            full_at: Some(self.leaves_at(self.last_used(unspent))),
        }
    }

    /// The newest row in which something is used, if anything is.
    fn last_used(&self, unspent: u64) -> u64 {
        // What is leased but not spent is in the newest row, and may be all that is in it.
        if self.rows.get(self.newest) > unspent {
            return self.newest;
        }
        // Going round the ring from the newest row, its predecessor comes last, at a distance of one
        // less than the ring's length.
        let distance = self.rows.last_held(self.newest).unwrap_or(0);
        self.newest
            .saturating_add(distance)
            .saturating_sub(self.rows.len())
    }

    /// When more becomes available: when `first` leaves, or later if that only pays debt.
    fn next_after(&self, first: u64, used: u64) -> Timestamp {
        if used <= self.capacity {
            return self.leaves_at(first);
        }
        match self.retry(1) {
            Retry::At(at) => at,
            Retry::WhenFreed { .. } | Retry::Never => self.leaves_at(first),
        }
    }

    /// Every row that counts, oldest first: the last instant that it can have been charged, and what.
    pub(super) fn past(&self, now: Timestamp) -> impl Iterator<Item = (Timestamp, u64)> {
        (self.oldest()..=self.newest).filter_map(move |row| {
            let end = row.saturating_add(1).saturating_mul(self.step);
            let last = Timestamp::from_nanos(end.saturating_sub(1));
            let amount = self.rows.get(row);
            (amount > 0).then_some((std::cmp::min(last, now), amount))
        })
    }

    /// The start of the oldest row that counts.
    pub(super) fn counted_since(&self) -> Timestamp {
        Timestamp::from_nanos(self.oldest().saturating_mul(self.step))
    }

    /// Whether a limit of this window and these sub-windows has the same rows.
    pub(super) fn has_shape_of(&self, other: &Self) -> bool {
        self.step == other.step && self.rows.len() == other.rows.len()
    }

    pub(super) fn set_capacity(&mut self, capacity: u64) {
        self.capacity = capacity;
    }

    pub(super) fn capacity(&self) -> u64 {
        self.capacity
    }

    /// The end of the current sub-window.
    pub(super) fn row_end(&self) -> Timestamp {
        Timestamp::from_nanos(self.newest.saturating_add(1).saturating_mul(self.step))
    }

    fn row_of(&self, at: Timestamp) -> u64 {
        at.as_nanos().checked_div(self.step).unwrap_or(0)
    }

    fn row_in_window(&self, at: Timestamp) -> Option<u64> {
        let row = std::cmp::min(self.row_of(at), self.newest);
        (row >= self.oldest()).then_some(row)
    }

    fn oldest(&self) -> u64 {
        self.newest
            .saturating_add(1)
            .saturating_sub(self.rows.len())
    }

    /// The instant at which `row` leaves the window.
    fn leaves_at(&self, row: u64) -> Timestamp {
        Timestamp::from_nanos(
            row.saturating_add(self.rows.len())
                .saturating_mul(self.step),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_nanos(seconds * SECOND)
    }

    fn window() -> SlidingWindow {
        SlidingWindow::new(100, Duration::from_secs(60), 6, at(0))
    }

    #[test]
    fn a_burst_at_the_end_of_a_row_counts_for_the_whole_window() {
        let mut meter = window();
        meter.roll(Timestamp::from_nanos(10 * SECOND - 1));
        meter.charge(100);
        assert_eq!(meter.retry(1), Retry::At(at(70)));
        meter.roll(Timestamp::from_nanos(70 * SECOND - 1));
        assert_eq!(meter.free(), 0);
        meter.roll(at(70));
        assert_eq!(meter.free(), 100);
    }

    #[test]
    fn a_refund_lightens_the_row_that_was_charged() {
        let mut meter = window();
        meter.charge(60);
        meter.roll(at(10));
        meter.charge(40);
        meter.lighten(at(3), 50);
        meter.roll(at(70));
        assert_eq!(meter.used(), 40, "the newer row is as it was");
    }

    #[test]
    fn debt_is_paid_before_anything_is_admitted() {
        let mut meter = window();
        meter.charge(90);
        meter.roll(at(10));
        meter.burden(at(10), 60);
        assert_eq!(meter.free(), 0);
        assert_eq!(meter.retry(40), Retry::At(at(70)));
        assert_eq!(meter.retry(41), Retry::At(at(80)));
    }

    #[test]
    fn a_window_that_does_not_divide_evenly_is_rounded_up() {
        let meter = SlidingWindow::new(1, Duration::from_secs(1), 7, at(0));
        assert!(meter.step * 7 >= SECOND);
    }

    #[test]
    fn time_that_goes_back_changes_nothing() {
        let mut meter = window();
        meter.roll(at(100));
        meter.charge(5);
        meter.roll(at(0));
        assert_eq!(meter.used(), 5);
        assert_eq!(meter.retry(100), Retry::At(at(170)));
    }
}
