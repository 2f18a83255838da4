//! A sliding window: every interval of its length, by the log; and the rule of S + 1 rows.

use super::log::{Log, Trailing};
use super::meter::{Left, Mark};

#[derive(Debug, Clone)]
pub(super) struct Sliding {
    capacity: u64,
    window: u64,
    parts: u64,
    pub(super) log: Log,
    /// What was admitted in the interval of the window's length that ends now.
    interval: Trailing,
    /// What lies in the S + 1 rows that end with the present one.
    rows: Trailing,
    /// Until then some of what the engine counts is only known within bounds.
    doubtful_until: u64,
    /// What was carried over from a bucket: an entry that refunds of earlier permits may lighten.
    pub(super) carried: Option<u64>,
    shape: u64,
}

impl Sliding {
    pub(super) fn new(capacity: u64, window: u64, parts: u64, shape: u64) -> Self {
        Self {
            capacity,
            window,
            parts,
            log: Log::default(),
            interval: Trailing::default(),
            rows: Trailing::default(),
            doubtful_until: 0,
            carried: None,
            shape,
        }
    }

    /// The same, with a past that another shape has left.
    pub(super) fn with_past(mut self, log: Log, carried: Option<u64>, now: u64) -> Self {
        let (window, oldest) = (self.window, self.oldest_row(now));
        let row = self.row();
        self.interval = Trailing::of(&log, |at| at + window > now);
        self.rows = Trailing::of(&log, |at| at / row >= oldest);
        (self.log, self.carried) = (log, carried);
        self.doubt(now);
        self
    }

    pub(super) fn has_shape(&self, window: u64, parts: u64) -> bool {
        (self.window, self.parts) == (window, parts)
    }

    pub(super) fn set_capacity(&mut self, capacity: u64) {
        self.capacity = capacity;
    }

    /// What of its log is certain to be in its window.
    pub(super) fn known(mut self) -> Log {
        self.log.forget_before(self.interval.from());
        self.log
    }

    /// The length of a row; rows are counted from 1970.
    fn row(&self) -> u64 {
        self.window.div_ceil(self.parts)
    }

    fn oldest_row(&self, now: u64) -> u64 {
        (now / self.row()).saturating_sub(self.parts)
    }

    /// When what was charged at `at` leaves the rows that count.
    fn leaves_at(&self, at: u64) -> u64 {
        (at / self.row() + self.parts + 1) * self.row()
    }

    pub(super) fn advance(&mut self, now: u64) {
        let (window, row, oldest) = (self.window, self.row(), self.oldest_row(now));
        self.interval
            .leave_behind(&self.log, |at| at + window > now);
        self.rows.leave_behind(&self.log, |at| at / row >= oldest);
        self.log
            .forget_before(std::cmp::min(self.interval.from(), self.rows.from()));
    }

    pub(super) fn left(&self, now: u64) -> Left {
        if now >= self.doubtful_until {
            return Left::exactly(self.capacity.saturating_sub(self.rows.sum()));
        }
        let most = self.capacity.saturating_sub(self.interval.sum());
        Left { least: 0, most }
    }

    /// Whether one interval would hold more than the capacity with `need`.
    pub(super) fn is_over_with(&self, need: u64) -> bool {
        self.interval.sum() + need > self.capacity
    }

    pub(super) fn used(&self, now: u64) -> Option<u64> {
        (now >= self.doubtful_until).then_some(self.rows.sum())
    }

    pub(super) fn used_for_certain(&self) -> u64 {
        self.interval.sum()
    }

    pub(super) fn charge(&mut self, now: u64, amount: u64) -> Mark {
        let entry = self.log.push(now, amount);
        self.interval.add(amount);
        self.rows.add(amount);
        Mark {
            entry,
            shape: self.shape,
        }
    }

    pub(super) fn settle(&mut self, mark: Mark, now: u64, reserved: u64, actual: u64) {
        if actual > reserved && mark.shape != self.shape {
            // Debt of an earlier shape is charged now.
            self.charge(now, actual - reserved);
            return;
        }
        let number = match self.log.get(mark.entry) {
            Some(_) => Some(mark.entry),
            // A refund of what came over from a bucket; debt of what has left is nobody's.
            None => self.carried.filter(|_| mark.shape != self.shape),
        };
        let before = number.and_then(|number| self.log.get(number));
        let (Some(number), Some(before)) = (number, before.map(|entry| entry.amount)) else {
            return;
        };
        let after = (before + actual).saturating_sub(reserved);
        self.log.set(number, after);
        self.interval.change(number, before, after);
        self.rows.change(number, before, after);
    }

    /// The end of the row at which enough has left; only where all is certain.
    pub(super) fn fits_at(&self, amount: u64) -> Option<u64> {
        let mut sum = self.rows.sum();
        for entry in self.log.since(self.rows.from()) {
            sum -= entry.amount;
            if sum + amount <= self.capacity {
                return Some(self.leaves_at(entry.at));
            }
        }
        None
    }

    /// When nothing counts any more; `None` if nothing does.
    pub(super) fn full_at(&self) -> Option<u64> {
        let mut entries = self.log.since(self.rows.from()).rev();
        entries
            .find(|entry| entry.amount > 0)
            .map(|last| self.leaves_at(last.at))
    }

    pub(super) fn doubt(&mut self, now: u64) {
        self.doubtful_until = std::cmp::max(self.doubtful_until, self.leaves_at(now));
    }

    pub(super) fn evidence(&self, now: u64, need: u64) -> String {
        let certain = now >= self.doubtful_until;
        let by_rows = self.interval.sum() + need <= self.capacity && certain;
        let (what, trailing) = if by_rows {
            ("in the rows that count", &self.rows)
        } else {
            ("in one window", &self.interval)
        };
        let from = self.log.get(trailing.from()).map_or(now, |entry| entry.at);
        let sum = trailing.sum() + need;
        format!(
            "[{from}, {now}] ns: sum {sum}, bound {} {what} of {} ns",
            self.capacity, self.window
        )
    }
}
