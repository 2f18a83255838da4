//! How much a bucket lacks of being full.

use crate::cluster::{Call, Shape};

use super::moment::Moment;
use super::rows::{Moved, Rows, sum};
use super::terms::Terms;

/// What a bucket lacks of being full, refilled up to a time.
///
/// What is granted for a row is taken when that row begins, so that it is spent within a row's time; until then it is in
/// the bucket, and promised.
///
/// What comes back goes in as if it had never been taken: had it stayed, the bucket would have been full earlier, and what
/// was refilled after that would have been lost. So each row remembers the least that the bucket has lacked since, and
/// no more than that can come back. Without it a lease that is given back late would be a second burst.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Lack {
    missing: u64,
    /// What was refilled beyond whole tokens, in parts of the window.
    rest: u128,
    at: u64,
    /// What was taken since then is known.
    since: Option<u64>,
}

/// The numbers of a bucket's terms.
struct Measure {
    level: u64,
    window: u128,
    capacity: u64,
}

impl Measure {
    fn of(terms: &Terms) -> Self {
        let (level, window) = match terms.shape {
            Shape::Bucket { level, window, .. } => (level, window),
            Shape::Sliding { .. } | Shape::Calendar { .. } | Shape::Concurrency { .. } => (0, 1),
        };
        Self {
            level: std::cmp::min(level, Call::MOST),
            window: u128::from(window.max(1)),
            capacity: terms.capacity,
        }
    }
}

impl Lack {
    /// A bucket that nothing is known of: full, but that the store may have forgotten what was taken before it began to
    /// know; and less what is carried over from before the limit was a bucket.
    pub(super) fn new(terms: &Terms, carried: u64, moment: &Moment) -> Self {
        let mut lack = Self {
            missing: moment.since.map_or(0, |_| Measure::of(terms).level),
            rest: 0,
            at: moment.since.unwrap_or(moment.now),
            since: moment.since,
        };
        lack.refill(terms, moment.now);
        lack.take(terms, carried);
        lack
    }

    /// Refills it up to now, and takes what was promised for rows that have begun.
    pub(super) fn advance(
        &mut self,
        terms: &Terms,
        rows: &mut Rows,
        heads: (u64, u64),
        moment: &Moment,
    ) {
        let (before, head) = heads;
        if let Some(since) = moment.since.filter(|_| self.since != moment.since) {
            // What was taken before is not all known.
            self.missing = self.missing.max(Measure::of(terms).level);
            (self.rest, self.at, self.since) = (0, since, moment.since);
            rows.narrow(before, 0);
        }
        let begun: Vec<_> = rows.latest_first().collect();
        let begun = begun.into_iter().rev();
        for (epoch, promised) in begun.filter(|(epoch, _)| before < *epoch && *epoch <= head) {
            self.refill(terms, terms.start_of(epoch));
            rows.narrow(epoch.saturating_sub(1), self.room());
            self.take(terms, promised);
        }
        self.refill(terms, moment.now);
        rows.narrow(head, self.room());
    }

    /// Takes or puts back what a report says of a row that has begun.
    pub(super) fn follow(&mut self, terms: &Terms, rows: &mut Rows, epoch: u64, moved: Moved) {
        match moved {
            Moved::Up(amount) => self.take(terms, amount),
            Moved::Down(amount) => {
                let fits = rows.put_back(epoch, amount);
                self.missing = self.missing.saturating_sub(fits);
            }
        }
    }

    /// What is in it and not promised.
    pub(super) fn free(&self, terms: &Terms, promised: u64) -> u64 {
        let Measure { level, .. } = Measure::of(terms);
        level.saturating_sub(sum(self.missing, promised))
    }

    /// What it lacks, with what is promised.
    pub(super) fn lacks(&self, promised: u64) -> u64 {
        sum(self.missing, promised)
    }

    /// When so much is free, if nothing else is granted before.
    pub(super) fn holds_at(&self, terms: &Terms, promised: u64, amount: u64) -> u64 {
        let of = Measure::of(terms);
        let Some(may_lack) = of.level.checked_sub(amount) else {
            return Call::MOST;
        };
        let missing = self.lacks(promised).saturating_sub(may_lack);
        let parts = u128::from(missing).saturating_mul(of.window);
        let time = parts
            .saturating_sub(self.rest)
            .checked_add(u128::from(of.capacity).saturating_sub(1))
            .and_then(|parts| parts.checked_div(u128::from(of.capacity)));
        let time = time.and_then(|time| u64::try_from(time).ok());
        time.map_or(Call::MOST, |time| sum(self.at, time))
    }

    /// From here on it is refilled at another rate.
    pub(super) fn change_rate(&mut self) {
        self.rest = 0;
    }

    /// How many whole tokens there is room for: part of one may be refilled already.
    fn room(&self) -> u64 {
        self.missing.saturating_sub(u64::from(self.rest > 0))
    }

    /// Debts are taken by force, up to what a window refills.
    fn take(&mut self, terms: &Terms, amount: u64) {
        let of = Measure::of(terms);
        let most = sum(of.level, of.capacity);
        self.missing = std::cmp::min(sum(self.missing, amount), most);
    }

    fn refill(&mut self, terms: &Terms, to: u64) {
        let Some(time) = to.checked_sub(self.at) else {
            return;
        };
        let of = Measure::of(terms);
        let parts = u128::from(time)
            .saturating_mul(u128::from(of.capacity))
            .saturating_add(self.rest);
        let refilled = parts.checked_div(of.window).unwrap_or(0);
        let left = u128::from(self.missing).saturating_sub(refilled);
        self.missing = u64::try_from(left).unwrap_or(0);
        let rest = parts.checked_rem(of.window).unwrap_or(0);
        self.rest = if self.missing == 0 { 0 } else { rest };
        self.at = to;
    }
}
