//! At most `burst + rate · t` in every interval of length t.
//!
//! Levels are exact: they are counted in units of 1/`window` token (window in nanoseconds), of which
//! every nanosecond brings `capacity`. No rounding anywhere, so that 10⁹ a minute is exact.
//!
//! Spending from a lease word hides *when* a token was spent. That doesn't matter while the bucket
//! would not have been full anyway, since then no refill is lost: [`TokenBucket::steady_until`]. A
//! bucket that is full can't be leased ahead.

use std::time::Duration;

use crate::clock::{Timestamp, nanos_of};

use super::{LeaseReturn, Level, Retry};

/// A token bucket with exact integer refill.
///
/// # Complexity
/// Every operation is O(1).
#[derive(Debug)]
pub(crate) struct TokenBucket {
    /// Tokens a window; also the units that a nanosecond brings.
    capacity: u64,
    /// The window in nanoseconds; also the units of one token. At least 1.
    window: u64,
    burst: u64,
    /// In units; negative is debt.
    level: i128,
    /// The time that `level` is of.
    last: Timestamp,
    /// What was refilled since it was last full: so many tokens until `refilled_from`, and at the
    /// present rate since then.
    refilled: u64,
    refilled_from: Timestamp,
    /// The epoch of the lease that was last returned and the units of it that were spent, until
    /// `roll` has seen them.
    spent: Option<(u64, i128)>,
    peaks: Peaks,
}

impl TokenBucket {
    pub(super) fn new(capacity: u64, window: Duration, burst: u64, now: Timestamp) -> Self {
        let window = nanos_of(window).max(1);
        let mut meter = Self {
            capacity,
            window,
            burst,
            level: 0,
            last: now,
            refilled: 0,
            refilled_from: now,
            spent: None,
            peaks: Peaks::default(),
        };
        meter.level = meter.brim();
        meter
    }

    /// Takes over the past of `old`, a bucket of another size or rate: it lacks as much.
    pub(super) fn carry_from(&mut self, old: &Self) {
        let lacked = self.convert(old.brim().saturating_sub(old.level), old, Up);
        self.level = self.brim().saturating_sub(lacked);
        self.refilled = old.refilled_since_full();
        for &(epoch, peak) in old.peaks.entries.iter().take(old.peaks.len) {
            let lacked = self.convert(old.brim().saturating_sub(peak), old, Down);
            self.peaks.record(epoch, self.brim().saturating_sub(lacked));
        }
    }

    /// Units of `old` in units of this bucket.
    fn convert(&self, units: i128, old: &Self, rounding: Rounding) -> i128 {
        let (from, to) = (i128::from(old.window), i128::from(self.window));
        let whole = units.checked_div(from).unwrap_or(0).saturating_mul(to);
        let part = units.checked_rem(from).unwrap_or(0).saturating_mul(to);
        let up = match rounding {
            Up => i128::from(part.checked_rem(from).unwrap_or(0) > 0),
            Down => 0,
        };
        whole
            .saturating_add(part.checked_div(from).unwrap_or(0))
            .saturating_add(up)
    }

    /// Refills until `now`, with which `epoch` begins: what is charged next is charged in it.
    pub(super) fn roll(&mut self, now: Timestamp, epoch: u64) {
        self.level = self.level_at(now, 0);
        self.last = std::cmp::max(now, self.last);
        if let Some((leased, spent)) = self.spent.take() {
            // During the lease it stood at most this high: as if nothing of it had been spent yet.
            let peak = std::cmp::min(self.level.saturating_add(spent), self.brim());
            self.peaks.record(leased, peak);
        }
        self.peaks.record(epoch, self.level);
        if self.is_full() {
            self.refilled = 0;
            self.refilled_from = self.last;
        }
    }

    fn level_at(&self, now: Timestamp, unspent: u64) -> i128 {
        let elapsed = now.as_nanos().saturating_sub(self.last.as_nanos());
        let refill = i128::from(elapsed).saturating_mul(i128::from(self.capacity));
        let level = self
            .level
            .saturating_add(self.units(unspent))
            .saturating_add(refill);
        std::cmp::min(level, self.brim())
    }

    pub(super) fn is_full(&self) -> bool {
        self.level >= self.brim()
    }

    pub(super) fn free(&self) -> u64 {
        self.whole(self.level)
    }

    pub(super) fn charge(&mut self, amount: u64) {
        self.level = self.level.saturating_sub(self.units(amount));
    }

    pub(super) fn return_lease(&mut self, lease: LeaseReturn) {
        self.level = self.level.saturating_add(self.units(lease.unspent));
        let spent = lease.granted.saturating_sub(lease.unspent);
        self.spent = (spent > 0).then(|| (lease.epoch, self.units(spent)));
    }

    /// Gives back what would be there had the cost not been charged: less than `amount` where the
    /// bucket would have been full in between and have lost refill.
    pub(super) fn refund(&mut self, charged: u64, amount: u64) {
        let peak = std::cmp::max(self.peaks.after(charged), self.level);
        let room = self.brim().saturating_sub(peak).max(0);
        let given = std::cmp::min(self.units(amount), room);
        self.level = self.level.saturating_add(given);
        // The past is now as if that had not been charged, for later refunds too.
        self.peaks.raise(charged, given);
    }

    pub(super) fn retry(&self, amount: u64) -> Retry {
        if amount > self.burst {
            return Retry::Never;
        }
        Retry::At(self.reaches(self.last, self.level, self.units(amount)))
    }

    /// The first instant at which a level that is `from` at `now` is at least `level`.
    fn reaches(&self, now: Timestamp, from: i128, level: i128) -> Timestamp {
        let short = u128::try_from(level.saturating_sub(from)).unwrap_or(0);
        let nanos = short.div_ceil(u128::from(self.capacity.max(1)));
        let nanos = u64::try_from(nanos).unwrap_or(u64::MAX);
        now.saturating_add(Duration::from_nanos(nanos))
    }

    pub(super) fn steady_until(&self) -> Timestamp {
        let short = u128::try_from(self.brim().saturating_sub(self.level)).unwrap_or(0);
        let nanos = short
            .checked_div(u128::from(self.capacity))
            .unwrap_or(0)
            .saturating_add(1);
        self.last.saturating_add(Duration::from_nanos(
            u64::try_from(nanos).unwrap_or(u64::MAX),
        ))
    }

    pub(super) fn level(&self, now: Timestamp, unspent: u64) -> Level {
        let level = self.level_at(now, unspent);
        let remaining = self.whole(level);
        let lacks = u128::try_from(self.brim().saturating_sub(level)).unwrap_or(0);
        let used = lacks.div_ceil(u128::from(self.window));
        let next = self.units(remaining.saturating_add(1));
        let now = std::cmp::max(now, self.last);
        Level {
            used: u64::try_from(used).unwrap_or(u64::MAX),
            remaining,
            next_at: (lacks > 0).then(|| self.reaches(now, level, next)),
            full_at: Some(if lacks > 0 {
                self.reaches(now, level, self.brim())
            } else {
                Timestamp::ZERO
            }),
        }
    }

    /// The most that was taken within the last `span`: since it was last full, and never more than
    /// burst and refill allowed.
    pub(super) fn taken_within(&self, span: Duration) -> u64 {
        let lack = self.level(self.last, 0).used;
        let since_full = self.refilled_since_full().saturating_add(lack);
        if self.refilled > 0 {
            return since_full; // at several rates, of which only the present one is known
        }
        let full = self.burst.saturating_add(self.refill(span));
        std::cmp::min(
            since_full,
            std::cmp::max(full.saturating_sub(self.free()), lack),
        )
    }

    /// The last time at which it was full, or a later one.
    pub(super) fn last_full(&self) -> Timestamp {
        self.refilled_from
    }

    fn refilled_since_full(&self) -> u64 {
        self.refilled
            .saturating_add(self.refill(self.last.since(self.refilled_from)))
    }

    /// The tokens that `span` brings, rounded up.
    fn refill(&self, span: Duration) -> u64 {
        let units = u128::from(nanos_of(span)).saturating_mul(u128::from(self.capacity));
        u64::try_from(units.div_ceil(u128::from(self.window))).unwrap_or(u64::MAX)
    }

    fn brim(&self) -> i128 {
        self.units(self.burst)
    }

    fn units(&self, tokens: u64) -> i128 {
        i128::from(tokens).saturating_mul(i128::from(self.window))
    }

    fn whole(&self, level: i128) -> u64 {
        let tokens = level
            .checked_div_euclid(i128::from(self.window))
            .unwrap_or(0);
        u64::try_from(tokens.max(0)).unwrap_or(u64::MAX)
    }
}

#[derive(Clone, Copy)]
enum Rounding {
    Up,
    Down,
}
use Rounding::{Down, Up};

/// The highest level after an epoch, for the last few epochs in which it mattered.
///
/// A list of (epoch, level), without those that a later and higher one makes pointless. When it is full
/// the two oldest entries become one that says at least as much.
#[derive(Debug, Default)]
struct Peaks {
    len: usize,
    entries: [(u64, i128); Self::MOST],
}

impl Peaks {
    const MOST: usize = 4;

    fn record(&mut self, epoch: u64, level: i128) {
        while self.last().is_some_and(|last| last.1 <= level) {
            self.len = self.len.saturating_sub(1);
        }
        if self.len == Self::MOST {
            self.join_oldest();
        }
        if let Some(slot) = self.entries.get_mut(self.len) {
            *slot = (epoch, level);
            self.len = self.len.saturating_add(1);
        }
    }

    /// The highest level recorded after `epoch`; `i128::MIN` if none was.
    fn after(&self, epoch: u64) -> i128 {
        let entries = self.entries.iter().take(self.len);
        entries
            .filter(|entry| entry.0 > epoch)
            .map(|entry| entry.1)
            .max()
            .unwrap_or(i128::MIN)
    }

    /// Makes all that was recorded after `epoch` higher by `by`.
    fn raise(&mut self, epoch: u64, by: i128) {
        let entries = self.entries.iter_mut().take(self.len);
        for entry in entries.filter(|entry| entry.0 > epoch) {
            entry.1 = entry.1.saturating_add(by);
        }
    }

    fn last(&self) -> Option<(u64, i128)> {
        self.entries.get(self.len.checked_sub(1)?).copied()
    }

    /// The later epoch of the two, with the higher level.
    fn join_oldest(&mut self) {
        let [oldest, next, ..] = &mut self.entries;
        next.1 = std::cmp::max(oldest.1, next.1);
        self.entries.rotate_left(1);
        self.len = self.len.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_nanos(millis * 1_000_000)
    }

    /// 10 a second, 20 at once.
    fn bucket() -> TokenBucket {
        TokenBucket::new(600, Duration::from_secs(60), 20, at(0))
    }

    #[test]
    fn the_next_token_comes_exactly_when_it_is_due() {
        let mut meter = bucket();
        meter.charge(20);
        assert_eq!(meter.retry(3), Retry::At(at(300)));
        meter.roll(Timestamp::from_nanos(at(300).as_nanos() - 1), 1);
        assert_eq!(meter.free(), 2);
        meter.roll(at(300), 2);
        assert_eq!(meter.free(), 3);
    }

    #[test]
    fn a_thousand_million_a_minute_is_exact() {
        let mut meter = TokenBucket::new(1_000_000_000, Duration::from_secs(60), 1, at(0));
        let mut admitted = 0_u64;
        let mut now = at(0);
        while now < Timestamp::from_nanos(SECOND) {
            meter.roll(now, admitted);
            if meter.free() > 0 {
                meter.charge(1);
                admitted += 1;
            }
            let Retry::At(next) = meter.retry(1) else {
                panic!("one token is never too much")
            };
            now = next;
            if admitted > 1_000_000 {
                break;
            }
        }
        // One token every 60 ns; the first at once.
        assert_eq!(now.as_nanos(), admitted * 60);
    }

    #[test]
    fn a_refund_gives_back_no_more_than_would_be_there() {
        let mut meter = bucket();
        meter.charge(10);
        meter.roll(at(1_000), 1);
        assert_eq!(meter.free(), 20, "full again");
        meter.charge(15);
        meter.refund(0, 10);
        assert_eq!(
            meter.free(),
            5,
            "what was lost to a full bucket does not come back"
        );
    }

    #[test]
    fn a_refund_in_a_busy_bucket_comes_back_whole() {
        let mut meter = bucket();
        meter.charge(20);
        meter.roll(at(500), 1);
        meter.charge(4);
        meter.refund(0, 10);
        assert_eq!(meter.free(), 11);
    }

    #[test]
    fn peaks_never_forget_a_height() {
        let mut peaks = Peaks::default();
        for (epoch, level) in [(1, 90), (2, 80), (3, 70), (4, 60), (5, 50), (6, 40)] {
            peaks.record(epoch, level);
        }
        for (epoch, level) in [(0, 90), (1, 80), (2, 70), (3, 60), (4, 50), (5, 40)] {
            assert!(peaks.after(epoch) >= level, "after {epoch}");
        }
        assert_eq!(peaks.after(6), i128::MIN);
    }

    #[test]
    fn debt_is_paid_by_the_refill() {
        let mut meter = bucket();
        meter.charge(50);
        assert_eq!(meter.free(), 0);
        assert_eq!(meter.retry(1), Retry::At(at(3_100)));
    }
}
