//! At most the capacity in each UTC minute, hour, day or month.

use jiff::tz::TimeZone;

use crate::clock::Timestamp;
use crate::plan::Period;

use super::{Level, Retry};

/// A window aligned to the UTC calendar. Its capacity and period are the limit's to say.
#[derive(Debug)]
pub(crate) struct CalendarWindow {
    used: u64,
    start: Timestamp,
    /// Exclusive.
    end: Timestamp,
}

impl CalendarWindow {
    pub(super) fn new(period: Period, now: Timestamp) -> Self {
        let (start, end) = bounds(period, now);
        Self {
            used: 0,
            start,
            end,
        }
    }

    pub(super) fn roll(&mut self, period: Period, now: Timestamp) {
        if now >= self.end {
            (self.start, self.end) = bounds(period, now);
            self.used = 0;
        }
    }

    pub(super) fn used(&self) -> u64 {
        self.used
    }

    pub(super) fn free(&self, capacity: u64) -> u64 {
        capacity.saturating_sub(self.used)
    }

    pub(super) fn charge(&mut self, amount: u64) {
        self.used = self.used.saturating_add(amount);
    }

    pub(super) fn burden(&mut self, at: Timestamp, amount: u64) {
        if at >= self.start {
            self.charge(amount);
        }
    }

    pub(super) fn lighten(&mut self, at: Timestamp, amount: u64) {
        if at >= self.start {
            self.used = self.used.saturating_sub(amount);
        }
    }

    pub(super) fn retry(&self, capacity: u64, amount: u64) -> Retry {
        if amount > capacity {
            Retry::Never
        } else {
            Retry::At(self.end)
        }
    }

    pub(super) fn level(&self, capacity: u64, unspent: u64) -> Level {
        let used = self.used.saturating_sub(unspent);
        Level {
            used,
            remaining: capacity.saturating_sub(used),
            next_at: (used > 0).then_some(self.end),
            full_at: Some(if used > 0 { self.end } else { Timestamp::ZERO }),
        }
    }

    /// Whether `other` is of the same window.
    pub(super) fn is_window_of(&self, other: &Self) -> bool {
        (self.start, self.end) == (other.start, other.end)
    }

    pub(super) fn start(&self) -> Timestamp {
        self.start
    }

    pub(super) fn end(&self) -> Timestamp {
        self.end
    }
}

/// The window of `period` that holds `at`: its first instant, and the first one after it.
pub(crate) fn bounds(period: Period, at: Timestamp) -> (Timestamp, Timestamp) {
    const MINUTE: u64 = 60_000_000_000;
    match period {
        Period::Minute => aligned(MINUTE, at),
        Period::Hour => aligned(MINUTE.saturating_mul(60), at),
        Period::Day => aligned(MINUTE.saturating_mul(60 * 24), at),
        // A time outside the calendar (after the year 2554) has one endless month.
        Period::Month => month(at).unwrap_or((Timestamp::ZERO, Timestamp::MAX)),
    }
}

/// UTC has no leap seconds in Unix time: minutes, hours and days are multiples of their length.
fn aligned(length: u64, at: Timestamp) -> (Timestamp, Timestamp) {
    let nanos = at.as_nanos();
    let start = nanos.saturating_sub(nanos.checked_rem(length).unwrap_or(0));
    (
        Timestamp::from_nanos(start),
        Timestamp::from_nanos(start.saturating_add(length)),
    )
}

fn month(at: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let instant = jiff::Timestamp::from_nanosecond(i128::from(at.as_nanos())).ok()?;
    let first = instant
        .to_zoned(TimeZone::UTC)
        .first_of_month()
        .ok()?
        .start_of_day()
        .ok()?;
    let next = first.checked_add(jiff::Span::new().months(1)).ok()?;
    Some((of_jiff(first.timestamp())?, of_jiff(next.timestamp())?))
}

fn of_jiff(at: jiff::Timestamp) -> Option<Timestamp> {
    u64::try_from(at.as_nanosecond())
        .ok()
        .map(Timestamp::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> Timestamp {
        of_jiff(text.parse().unwrap()).unwrap()
    }

    #[test]
    fn a_month_ends_where_the_calendar_says_so() {
        for (at, start, end) in [
            (
                "2026-02-14T12:00:00Z",
                "2026-02-01T00:00:00Z",
                "2026-03-01T00:00:00Z",
            ),
            (
                "2028-02-29T23:59:59Z",
                "2028-02-01T00:00:00Z",
                "2028-03-01T00:00:00Z",
            ),
            (
                "2026-12-31T23:59:59Z",
                "2026-12-01T00:00:00Z",
                "2027-01-01T00:00:00Z",
            ),
        ] {
            assert_eq!(
                bounds(Period::Month, utc(at)),
                (utc(start), utc(end)),
                "{at}"
            );
        }
    }

    #[test]
    fn minutes_hours_and_days_are_those_of_utc() {
        let at = utc("2026-11-23T07:28:46.5Z");
        for (period, start, end) in [
            (
                Period::Minute,
                "2026-11-23T07:28:00Z",
                "2026-11-23T07:29:00Z",
            ),
            (Period::Hour, "2026-11-23T07:00:00Z", "2026-11-23T08:00:00Z"),
            (Period::Day, "2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z"),
        ] {
            assert_eq!(bounds(period, at), (utc(start), utc(end)));
        }
    }

    #[test]
    fn a_refund_from_the_last_window_does_not_lighten_this_one() {
        let mut meter = CalendarWindow::new(Period::Minute, utc("2026-01-01T00:00:30Z"));
        meter.charge(10);
        assert_eq!(meter.retry(10, 1), Retry::At(utc("2026-01-01T00:01:00Z")));
        meter.roll(Period::Minute, utc("2026-01-01T00:01:00Z"));
        meter.charge(3);
        meter.lighten(utc("2026-01-01T00:00:30Z"), 10);
        assert_eq!(meter.used(), 3);
    }
}
