//! Milliseconds as logs write them, in whole nanoseconds: no float ever comes between.

use std::fmt;
use std::time::Duration;

/// A span of whole nanoseconds, read and written as milliseconds with up to 6 decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Millis {
    nanos: u64,
}

impl Millis {
    /// The longest span that is read, 100 years, so that sums of time and span never overflow.
    const MOST: u64 = 36_525 * 86_400 * 1_000_000_000;
    /// What must hold of a span that is read.
    pub(crate) const BOUND: &str = "must be a number of milliseconds from 0 to 3155760000000 (100 years), with up to 6 decimals";

    /// The span that the text of a JSON number stands for; `None` unless [`Self::BOUND`] holds.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (number, exponent) = match text.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let fraction = fraction.trim_end_matches('0');
        let digits = digits(whole, fraction)?;
        let places = i32::try_from(fraction.len()).ok()?;
        // The digits are milliseconds · 10^places; a millisecond is 10^6 ns.
        let shift = exponent.checked_add(6)?.checked_sub(places)?;
        let nanos = if digits == 0 {
            0
        } else {
            let power = 10_u128.checked_pow(shift.unsigned_abs())?;
            if shift >= 0 {
                digits.checked_mul(power)?
            } else {
                (digits % power == 0).then(|| digits / power)?
            }
        };
        let nanos = u64::try_from(nanos).ok()?;
        (nanos <= Self::MOST).then_some(Self { nanos })
    }

    /// The span as the standard library has it.
    pub(crate) fn duration(self) -> Duration {
        Duration::from_nanos(self.nanos)
    }

    /// How many whole minutes it has.
    pub(crate) fn minutes(self) -> u64 {
        self.nanos / 60_000_000_000
    }
}

/// A duration of more than 584 years counts as 584 years.
impl From<Duration> for Millis {
    fn from(duration: Duration) -> Self {
        Self {
            nanos: u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX),
        }
    }
}

/// Exact, and as short as that can be: `12`, `0.5`, `300.000001`.
impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, mut fraction) = (self.nanos / 1_000_000, self.nanos % 1_000_000);
        write!(f, "{whole}")?;
        if fraction == 0 {
            return Ok(());
        }
        let mut width = 6;
        while fraction % 10 == 0 {
            fraction /= 10;
            width -= 1;
        }
        write!(f, ".{fraction:0width$}")
    }
}

/// The decimal number that the two parts spell; `None` if anything in them is no digit.
fn digits(whole: &str, fraction: &str) -> Option<u128> {
    if whole.is_empty() {
        return None;
    }
    whole
        .bytes()
        .chain(fraction.bytes())
        .try_fold(0, |sum: u128, byte| {
            let digit = byte.is_ascii_digit().then(|| u128::from(byte - b'0'))?;
            sum.checked_mul(10)?.checked_add(digit)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nanos(text: &str) -> Option<u64> {
        Millis::parse(text).map(|millis| millis.nanos)
    }

    #[test]
    fn every_way_to_write_a_number_is_read_exactly() {
        for (text, expected) in [
            ("0", 0),
            ("0.000001", 1),
            ("12", 12_000_000),
            (
                "12.50000000000000000000000000000000000000000000",
                12_500_000,
            ),
            // 0.1 + 0.2 and the like are no numbers of a float.
            ("0.3", 300_000),
            ("9007199254.740993", 9_007_199_254_740_993),
            ("1.5e3", 1_500_000_000),
            ("1500000E-6", 1_500_000),
            ("0e999999999", 0),
            ("3155760000000", Millis::MOST),
        ] {
            assert_eq!(nanos(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_span_of_whole_nanoseconds_within_the_bound_is_refused() {
        for text in [
            "-1",
            "-0",
            "0.0000001",
            "1e-7",
            "1e-999999999",
            "1e999999999",
            "1e99999999999",
            "3155760000000.000001",
            "99999999999999999999999999999999999999999",
            "\"12\"",
            "true",
            "[1]",
            "",
        ] {
            assert_eq!(nanos(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_as_the_same() {
        for (nanos, text) in [
            (0, "0"),
            (1, "0.000001"),
            (100, "0.0001"),
            (1_000_000, "1"),
            (12_050_000, "12.05"),
            (600_000_000_000, "600000"),
        ] {
            let millis = Millis { nanos };
            assert_eq!(millis.to_string(), text);
            assert_eq!(Millis::parse(text), Some(millis));
        }
        assert_eq!(
            Millis::from(Duration::MAX).to_string(),
            "18446744073709.551615"
        );
    }
}
