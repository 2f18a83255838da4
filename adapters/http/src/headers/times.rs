//! How dialects write times: Go's durations, and RFC 3339.

use std::time::Duration;

use super::write::{Writer, seconds_up};
use crate::retry::millis_up;

/// The longest duration that Go's `time.Duration` holds, in milliseconds: 2⁶³ − 1 nanoseconds, 292 years.
const LONGEST: u64 = 9_223_372_036_854;

impl Writer {
    /// A duration as Go's `Duration.String` writes it, in whole milliseconds, rounded up: `0s`, `12ms`, `45.19s`, `6m0s`,
    /// `1h0m0.5s`.
    ///
    /// Below a second the unit is the millisecond; from then on hours, minutes and seconds, beginning with the first
    /// that is not 0, and a fraction without zeros at its end. What Go could not read any more becomes 292 years.
    pub(super) fn go_duration(&mut self, duration: Duration) -> &mut Self {
        let total = millis_up(duration).min(LONGEST);
        if (1..1_000).contains(&total) {
            return self.number(total).raw("ms");
        }
        let (seconds, millis) = (total / 1_000, total % 1_000);
        let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
        if hours > 0 {
            self.number(hours).raw("h");
        }
        if seconds >= 60 {
            self.number(minutes).raw("m");
        }
        self.number(seconds % 60);
        if millis > 0 {
            self.raw(".").fraction(millis);
        }
        self.raw("s")
    }

    /// `millis` thousandths as decimals, without zeros at the end: `5` is 005, `190` is 19.
    fn fraction(&mut self, millis: u64) {
        let (tenths, hundredths, thousandths) = (millis / 100, millis / 10 % 10, millis % 10);
        self.number(tenths);
        if (hundredths, thousandths) != (0, 0) {
            self.number(hundredths);
        }
        if thousandths != 0 {
            self.number(thousandths);
        }
    }

    /// A time since 1970 as RFC 3339 writes it, in UTC and whole seconds, rounded up: `2026-11-23T13:19:32Z`.
    ///
    /// What is after the year 9999, which RFC 3339 can't write, becomes its last days.
    pub(super) fn rfc_3339(&mut self, since_1970: Duration) -> &mut Self {
        let seconds = i64::try_from(seconds_up(since_1970)).unwrap_or(i64::MAX);
        let latest = jiff::Timestamp::MAX.as_second();
        let time = jiff::Timestamp::from_second(seconds.min(latest));
        self.display(time.unwrap_or(jiff::Timestamp::UNIX_EPOCH))
    }
}

/// The same in words, for messages.
pub(crate) fn go_duration(duration: Duration) -> String {
    Writer::new().go_duration(duration).as_str().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::parse_go_duration;

    fn rfc(duration: Duration) -> String {
        Writer::new().rfc_3339(duration).as_str().to_owned()
    }

    /// The cases of Go's own test (`durationTests` in `time_test.go`) that have whole milliseconds, and OpenAI's.
    #[test]
    fn durations_are_written_as_go_writes_them() {
        for (millis, written) in [
            (0, "0s"),
            (1, "1ms"),
            (12, "12ms"),
            (999, "999ms"),
            (1_000, "1s"),
            (3_300, "3.3s"),
            (45_190, "45.19s"),
            (60_000, "1m0s"),
            (245_000, "4m5s"),
            (245_001, "4m5.001s"),
            (360_000, "6m0s"),
            (3_600_000, "1h0m0s"),
            (3_600_500, "1h0m0.5s"),
            (18_367_001, "5h6m7.001s"),
            (7 * 24 * 3_600_000, "168h0m0s"),
        ] {
            assert_eq!(go_duration(Duration::from_millis(millis)), written);
        }
    }

    #[test]
    fn a_part_of_a_millisecond_counts_as_a_whole_one_and_292_years_are_the_most() {
        assert_eq!(go_duration(Duration::from_nanos(1)), "1ms");
        assert_eq!(go_duration(Duration::from_nanos(999_000_001)), "1s");
        assert_eq!(go_duration(Duration::from_nanos(59_999_000_001)), "1m0s");
        assert_eq!(go_duration(Duration::MAX), "2562047h47m16.854s");
    }

    #[test]
    fn times_are_written_in_utc_and_rounded_up() {
        assert_eq!(rfc(Duration::ZERO), "1970-01-01T00:00:00Z");
        let at = Duration::from_secs(1_795_439_972);
        assert_eq!(rfc(at), "2026-11-23T13:19:32Z");
        assert_eq!(rfc(at + Duration::from_nanos(1)), "2026-11-23T13:19:33Z");
        assert!(rfc(Duration::MAX).starts_with("9999-12-3"));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back_as_the_same_whole_milliseconds(nanos: u64) {
            let duration = Duration::from_nanos(nanos);
            let millis = millis_up(duration).min(LONGEST);
            prop_assert_eq!(parse_go_duration(&go_duration(duration)), Duration::from_millis(millis));
        }

        #[test]
        fn a_time_is_read_back_as_the_next_whole_second(nanos: u64) {
            let duration = Duration::from_nanos(nanos);
            let read: jiff::Timestamp = rfc(duration).parse().unwrap();
            let seconds = u64::try_from(read.as_second()).unwrap();
            prop_assert_eq!((seconds, read.subsec_nanosecond()), (seconds_up(duration), 0));
        }
    }
}
