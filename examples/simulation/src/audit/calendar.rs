//! A calendar window: what was admitted since the minute, hour, day or month began.

use super::log::{Log, Trailing};
use super::meter::{Left, Mark};
use super::rules::Period;

#[derive(Debug, Clone)]
pub(super) struct Calendar {
    capacity: u64,
    period: Period,
    start: u64,
    end: u64,
    log: Log,
    inside: Trailing,
    doubtful_until: u64,
    carried: Option<u64>,
    shape: u64,
}

impl Calendar {
    pub(super) fn new(capacity: u64, period: Period, now: u64, shape: u64) -> Self {
        let (start, end) = period.around(now);
        Self {
            capacity,
            period,
            start,
            end,
            log: Log::default(),
            inside: Trailing::default(),
            doubtful_until: 0,
            carried: None,
            shape,
        }
    }

    /// The same, with a past that another shape has left.
    pub(super) fn with_past(mut self, log: Log, carried: Option<u64>) -> Self {
        let start = self.start;
        self.inside = Trailing::of(&log, |at| at >= start);
        (self.log, self.carried) = (log, carried);
        self.doubt();
        self
    }

    pub(super) fn is_of(&self, period: Period) -> bool {
        self.period == period
    }

    pub(super) fn set_capacity(&mut self, capacity: u64) {
        self.capacity = capacity;
    }

    /// What of its log is certain to be in its window.
    pub(super) fn known(mut self) -> Log {
        self.log.forget_before(self.inside.from());
        self.log
    }

    pub(super) fn end(&self) -> u64 {
        self.end
    }

    pub(super) fn advance(&mut self, now: u64) {
        if now >= self.end {
            (self.start, self.end) = self.period.around(now);
            let start = self.start;
            self.inside.leave_behind(&self.log, |at| at >= start);
            self.log.forget_before(self.inside.from());
        }
    }

    pub(super) fn left(&self, now: u64) -> Left {
        let most = self.capacity.saturating_sub(self.inside.sum());
        let least = if now >= self.doubtful_until { most } else { 0 };
        Left { least, most }
    }

    pub(super) fn used(&self, now: u64) -> Option<u64> {
        (now >= self.doubtful_until).then_some(self.inside.sum())
    }

    pub(super) fn used_for_certain(&self) -> u64 {
        self.inside.sum()
    }

    pub(super) fn charge(&mut self, now: u64, amount: u64) -> Mark {
        let entry = self.log.push(now, amount);
        self.inside.add(amount);
        Mark {
            entry,
            shape: self.shape,
        }
    }

    pub(super) fn settle(&mut self, mark: Mark, now: u64, reserved: u64, actual: u64) {
        if actual > reserved && mark.shape != self.shape {
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
        self.inside.change(number, before, after);
    }

    pub(super) fn doubt(&mut self) {
        self.doubtful_until = self.end;
    }

    pub(super) fn evidence(&self, now: u64, need: u64) -> String {
        let (sum, capacity) = (self.inside.sum() + need, self.capacity);
        format!(
            "[{}, {now}] ns: sum {sum}, bound {capacity} until {} ns",
            self.start, self.end
        )
    }
}
