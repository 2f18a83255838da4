//! Times on the command line: `10s`, `300ms`, and from-to as in `0.4..3s`.

use std::str::FromStr;
use std::time::Duration;

use crate::random::Random;

/// A number and its unit: `us`, `ms`, `s` or `m`.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let number = text.strip_suffix(unit).unwrap_or(text);
    of(number, unit).ok_or_else(|| format!("{text:?} is no time: write 10s, 300ms or 0.5s"))
}

fn of(number: &str, unit: &str) -> Option<Duration> {
    let scale = match unit {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        _ => return None,
    };
    let number: f64 = number.parse().ok()?;
    Duration::try_from_secs_f64(number * scale).ok()
}

/// Any time from the first to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    least: Duration,
    most: Duration,
}

impl Span {
    /// Any in between, in nanoseconds.
    pub(crate) fn draw(self, random: &mut Random) -> u64 {
        let nanos = crate::figures::nanos;
        random.between(nanos(self.least), nanos(self.most))
    }

    /// Nothing but this.
    pub(crate) const fn only(time: Duration) -> Self {
        Self {
            least: time,
            most: time,
        }
    }

    /// From this to that.
    pub(crate) const fn between(least: Duration, most: Duration) -> Self {
        Self { least, most }
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((least, most)) = text.split_once("..") else {
            return parse(text).map(Self::only);
        };
        let most_time = parse(most)?;
        // 0..30ms: the unit is said once.
        let unit = most.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let least = parse(least).or_else(|_| parse(&format!("{least}{unit}")))?;
        if least > most_time {
            return Err(format!("{text:?} ends before it begins"));
        }
        Ok(Self::between(least, most_time))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_may_say_its_unit_once() {
        let span = Span::between(Duration::from_millis(400), Duration::from_secs(3));
        assert_eq!("0.4..3s".parse(), Ok(span));
        assert_eq!("400ms..3s".parse(), Ok(span));
        assert_eq!("5s".parse(), Ok(Span::only(Duration::from_secs(5))));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "5", "s", "3..2s", "..", "1h", "-1s", "1e9999s"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }
}
