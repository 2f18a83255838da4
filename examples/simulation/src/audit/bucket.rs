//! A bucket: every interval t holds at most `burst + rate · t`, in exact fractions of a token.
//!
//! Of all intervals that end now, the one that leaves least is found by running the bucket forward over the log
//! once. Levels are counted in `window`ths of a token, of which a nanosecond brings `capacity`.

use super::log::Log;
use super::meter::{Left, Mark};

/// How many entries are kept one by one; older ones are folded into the level that they left.
const MOST_KEPT: u64 = 1_024;

#[derive(Debug, Clone)]
pub(super) struct Bucket {
    capacity: u64,
    window: u64,
    burst: u64,
    last: u64,
    log: Log,
    /// Where the log begins: a time and the level then.
    anchor: (u64, i128),
    /// Entries before this one were forgotten by a bucket that was full since.
    forgotten: u64,
    /// No level above this is possible, all refunds taken as whole.
    most: i128,
    /// No level below this is possible, no refund taken at all; `None` where nothing is known.
    least: Option<i128>,
    shape: u64,
}

impl Bucket {
    pub(super) fn new(capacity: u64, window: u64, burst: u64, now: u64, shape: u64) -> Self {
        let brim = i128::from(burst) * i128::from(window);
        Self {
            capacity,
            window,
            burst,
            last: now,
            log: Log::default(),
            anchor: (now, brim),
            forgotten: 0,
            most: brim,
            least: Some(brim),
            shape,
        }
    }

    /// The same, full before the first entry of a past that another shape has left; `used` is what that
    /// shape counted as used, if it is known.
    pub(super) fn with_past(mut self, log: Log, used: Option<u64>) -> Self {
        let first = log.since(log.first()).next();
        self.anchor.0 = first.map_or(self.last, |entry| entry.at);
        self.forgotten = log.first();
        self.log = log;
        self.least = used.map(|used| self.brim() - self.units(used));
        self.run_again();
        self
    }

    /// The same bucket in another size: it lacks as much.
    pub(super) fn rescaled(&self, capacity: u64, window: u64, burst: u64, shape: u64) -> Self {
        let mut next = Self::new(capacity, window, burst, self.last, shape);
        let (old, new) = (i128::from(self.window), i128::from(window));
        // What it lacks in the new units: the whole tokens, and the fraction, rounded down or up.
        let lacks = |level: i128, up: i128| {
            let (tokens, part) = ((self.brim() - level) / old, (self.brim() - level) % old);
            tokens * new + (part * new + up).div_euclid(old)
        };
        next.most = next.brim() - lacks(self.most, 0);
        next.least = self.least.map(|least| next.brim() - lacks(least, old - 1));
        next.log = self.log.clone();
        next.forgotten = self.forgotten;
        next.fold_all();
        next
    }

    /// What it surely lacks, in whole tokens.
    pub(super) fn lacks(&self) -> u64 {
        let tokens = (self.brim() - self.most).div_euclid(i128::from(self.window));
        u64::try_from(tokens).unwrap_or(0)
    }

    /// An empty log that goes on with the numbers of this one.
    pub(super) fn numbering(mut self) -> Log {
        self.log.forget_before(self.log.end());
        self.log
    }

    fn brim(&self) -> i128 {
        self.units(self.burst)
    }

    fn units(&self, tokens: u64) -> i128 {
        i128::from(tokens) * i128::from(self.window)
    }

    fn refilled(&self, level: i128, elapsed: u64) -> i128 {
        let refill = i128::from(elapsed) * i128::from(self.capacity);
        std::cmp::min(self.brim(), level + refill)
    }

    pub(super) fn advance(&mut self, now: u64) {
        let elapsed = now - self.last;
        self.last = now;
        self.most = self.refilled(self.most, elapsed);
        self.least = self.least.map(|level| self.refilled(level, elapsed));
        if self.most == self.brim() {
            self.fold_all();
            self.forgotten = self.log.end();
        }
    }

    /// Folds the whole log into the level that it left.
    fn fold_all(&mut self) {
        self.log.forget_before(self.log.end());
        self.anchor = (self.last, self.most);
    }

    /// Runs the bucket over its log again, to the present.
    fn run_again(&mut self) {
        let (mut last, mut level) = self.anchor;
        for entry in self.log.since(self.log.first()) {
            level = self.refilled(level, entry.at - last) - self.units(entry.amount);
            last = entry.at;
        }
        self.most = self.refilled(level, self.last - last);
    }

    pub(super) fn left(&self) -> Left {
        Left {
            least: self.least.map_or(0, |level| self.whole(level)),
            most: self.whole(self.most),
        }
    }

    fn whole(&self, level: i128) -> u64 {
        u64::try_from(level.div_euclid(i128::from(self.window))).unwrap_or(0)
    }

    fn is_exact(&self) -> bool {
        self.least == Some(self.most)
    }

    pub(super) fn used(&self) -> Option<u64> {
        let lacks = u128::try_from(self.brim() - self.most).unwrap_or(0);
        let tokens = u64::try_from(lacks.div_ceil(u128::from(self.window))).ok();
        tokens.filter(|_| self.is_exact())
    }

    pub(super) fn used_for_certain(&self) -> u64 {
        u64::from(self.most < self.brim())
    }

    /// It was seen to be full, which nothing known speaks against.
    pub(super) fn seen_full(&mut self) {
        if self.most == self.brim() {
            self.least = Some(self.most);
        }
    }

    pub(super) fn charge(&mut self, now: u64, amount: u64) -> Mark {
        let entry = self.log.push(now, amount);
        self.most -= self.units(amount);
        self.least = self.least.map(|level| level - self.units(amount));
        if self.log.end() - self.log.first() > MOST_KEPT {
            self.fold_all();
        }
        Mark {
            entry,
            shape: self.shape,
        }
    }

    pub(super) fn settle(&mut self, mark: Mark, now: u64, reserved: u64, actual: u64) {
        if actual >= reserved {
            // Debt is charged now, in any shape.
            self.charge(now, actual - reserved);
            return;
        }
        let back = reserved - actual;
        if let Some(entry) = self.log.get(mark.entry) {
            self.log.set(mark.entry, entry.amount.saturating_sub(back));
            self.run_again();
        } else if mark.entry >= self.forgotten {
            self.anchor.1 = std::cmp::min(self.brim(), self.anchor.1 + self.units(back));
            self.run_again();
        }
    }

    /// The first instant at which the level is enough; only where all is certain.
    pub(super) fn fits_at(&self, amount: u64) -> Option<u64> {
        self.reaches(self.units(amount))
    }

    /// When it is full again; `None` if it is.
    pub(super) fn full_at(&self) -> Option<u64> {
        (self.most < self.brim()).then(|| self.reaches(self.brim()))?
    }

    fn reaches(&self, level: i128) -> Option<u64> {
        let short = u128::try_from(level - self.most).ok()?;
        let nanos = u64::try_from(short.div_ceil(u128::from(self.capacity))).ok()?;
        self.last.checked_add(nanos)
    }

    pub(super) fn doubt(&mut self) {
        self.least = None;
    }

    /// The interval that leaves least: of all that end now, the one whose sum is most above its refill.
    pub(super) fn evidence(&self, now: u64, need: u64) -> String {
        let mut sum = u128::from(need);
        let mut worst = (i128::MIN, now, sum);
        for entry in self.log.since(self.log.first()).rev() {
            sum += u128::from(entry.amount);
            let refill = i128::from(now - entry.at) * i128::from(self.capacity);
            let above = i128::try_from(sum).unwrap_or(i128::MAX) * i128::from(self.window) - refill;
            if above > worst.0 {
                worst = (above, entry.at, sum);
            }
        }
        let (_, from, sum) = worst;
        format!(
            "[{from}, {now}] ns: sum {sum}, bound {} + {} · {} / {} (level {} of {} / {})",
            self.burst,
            self.capacity,
            now - from,
            self.window,
            self.most,
            self.brim(),
            self.window,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 10 tokens in 100 ns, 5 at once.
    fn bucket() -> Bucket {
        Bucket::new(10, 100, 5, 0, 0)
    }

    #[test]
    fn no_interval_holds_more_than_burst_and_refill() {
        let mut meter = bucket();
        meter.charge(0, 5);
        assert_eq!(meter.left(), Left::exactly(0));
        assert_eq!(meter.fits_at(1), Some(10));
        meter.advance(19);
        assert_eq!(meter.left(), Left::exactly(1));
        assert_eq!(meter.used(), Some(4));
    }

    #[test]
    fn a_refund_is_as_if_it_had_never_been_charged_at_the_most() {
        let mut meter = bucket();
        let first = meter.charge(0, 5);
        meter.advance(40);
        meter.charge(40, 4);
        meter.settle(first, 40, 5, 0);
        // It would have been full: of the 5 that are given back, the refill of 4 was lost.
        assert_eq!(meter.left(), Left { least: 0, most: 1 });
        meter.advance(90);
        assert_eq!(meter.left(), Left::exactly(5));
    }
}
