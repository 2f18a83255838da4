//! The log of what was charged to a limit, oldest first, and sums over its newest part.

use std::collections::VecDeque;

/// One admission: when, and what of it counts after what was settled since.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) at: u64,
    pub(super) amount: u64,
}

/// Entries in the order of time, each with a number that it keeps.
#[derive(Debug, Clone, Default)]
pub(super) struct Log {
    entries: VecDeque<Entry>,
    /// The number of the first entry.
    first: u64,
}

impl Log {
    /// The number of the oldest entry that is kept.
    pub(super) fn first(&self) -> u64 {
        self.first
    }

    /// The number that the next entry gets.
    pub(super) fn end(&self) -> u64 {
        self.first + u64::try_from(self.entries.len()).unwrap_or(u64::MAX)
    }

    pub(super) fn push(&mut self, at: u64, amount: u64) -> u64 {
        self.entries.push_back(Entry { at, amount });
        self.end() - 1
    }

    fn place(&self, number: u64) -> Option<usize> {
        usize::try_from(number.checked_sub(self.first)?).ok()
    }

    pub(super) fn get(&self, number: u64) -> Option<Entry> {
        self.entries.get(self.place(number)?).copied()
    }

    /// Makes an entry lighter or heavier; gives what it was before, if it is kept.
    pub(super) fn set(&mut self, number: u64, amount: u64) -> Option<u64> {
        let place = self.place(number)?;
        let entry = self.entries.get_mut(place)?;
        Some(std::mem::replace(&mut entry.amount, amount))
    }

    /// Forgets all that is older than entry `number`.
    pub(super) fn forget_before(&mut self, number: u64) {
        while self.first < number && self.entries.pop_front().is_some() {
            self.first += 1;
        }
        self.first = std::cmp::max(self.first, number);
    }

    /// The entries from `number` on.
    pub(super) fn since(&self, number: u64) -> impl DoubleEndedIterator<Item = Entry> + '_ {
        let from = self.place(number).unwrap_or(0);
        self.entries
            .range(std::cmp::min(from, self.entries.len())..)
            .copied()
    }
}

/// The sum of the newest entries: of all that are still inside something that only leaves them behind.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Trailing {
    from: u64,
    sum: u64,
}

impl Trailing {
    /// The sum of all entries of `log` that are `inside`.
    pub(super) fn of(log: &Log, inside: impl Fn(u64) -> bool) -> Self {
        let mut all = Self {
            from: log.first(),
            sum: log.since(log.first()).map(|entry| entry.amount).sum(),
        };
        all.leave_behind(log, inside);
        all
    }

    /// Leaves out the oldest entries that are no longer `inside`.
    pub(super) fn leave_behind(&mut self, log: &Log, inside: impl Fn(u64) -> bool) {
        while let Some(oldest) = log.get(self.from).filter(|entry| !inside(entry.at)) {
            self.sum -= oldest.amount;
            self.from += 1;
        }
    }

    pub(super) fn add(&mut self, amount: u64) {
        self.sum += amount;
    }

    /// Entry `number` weighs something else now.
    pub(super) fn change(&mut self, number: u64, before: u64, after: u64) {
        if number >= self.from {
            self.sum = self.sum - before + after;
        }
    }

    pub(super) fn sum(&self) -> u64 {
        self.sum
    }

    /// The number of the oldest entry in it.
    pub(super) fn from(&self) -> u64 {
        self.from
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trailing_sum_is_the_sum_of_what_is_inside() {
        let mut log = Log::default();
        let mut last = Trailing::default();
        for at in 0..100 {
            let number = log.push(at, at);
            last.add(at);
            if at % 3 == 0 {
                let before = log.set(number, 1).unwrap();
                last.change(number, before, 1);
            }
            let inside = |then: u64| then + 10 > at;
            last.leave_behind(&log, inside);
            let plainly: u64 = log
                .since(0)
                .filter(|entry| inside(entry.at))
                .map(|e| e.amount)
                .sum();
            assert_eq!(last.sum(), plainly);
            assert_eq!(Trailing::of(&log, inside).sum(), plainly);
            if at % 7 == 0 {
                log.forget_before(last.from());
            }
        }
    }
}
