//! Writing the values of headers into one reused buffer, structured fields (RFC 9651) among them.

use std::fmt::{self, Write};
use std::time::Duration;

/// The largest integer that a structured field can hold: 15 digits.
const MAX_INTEGER: u64 = 999_999_999_999_999;

/// One header's value in the making.
pub(super) struct Writer {
    text: String,
    digits: itoa::Buffer,
}

impl Writer {
    /// Room for the few limits that tenants usually have.
    const CAPACITY: usize = 160;

    pub(super) fn new() -> Self {
        Self {
            text: String::with_capacity(Self::CAPACITY),
            digits: itoa::Buffer::new(),
        }
    }

    pub(super) fn clear(&mut self) -> &mut Self {
        self.text.clear();
        self
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Begins the next item of a list.
    pub(super) fn item(&mut self) -> &mut Self {
        if !self.text.is_empty() {
            self.text.push_str(", ");
        }
        self
    }

    /// Characters that need no escape.
    pub(super) fn raw(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// A whole number, as it is.
    pub(super) fn number(&mut self, number: u64) -> &mut Self {
        self.text.push_str(self.digits.format(number));
        self
    }

    /// Whatever writes printable ASCII.
    pub(super) fn display(&mut self, value: impl fmt::Display) -> &mut Self {
        // Writing to a string does not fail.
        _ = write!(self.text, "{value}");
        self
    }

    /// An sf-integer: at most 15 digits, and 999,999,999,999,999 stands for anything larger.
    pub(super) fn integer(&mut self, number: u64) -> &mut Self {
        self.number(number.min(MAX_INTEGER))
    }

    /// An sf-string: in quotes, `"` and `\` escaped; what is not printable ASCII becomes `?`.
    pub(super) fn string(&mut self, text: &str) -> &mut Self {
        self.text.push('"');
        if text.bytes().all(needs_no_escape) {
            self.text.push_str(text);
        } else {
            self.escaped(text);
        }
        self.text.push('"');
        self
    }

    #[cold]
    fn escaped(&mut self, text: &str) {
        for char in text.chars() {
            match char {
                '"' | '\\' => self.text.extend(['\\', char]),
                ' '..='~' => self.text.push(char),
                _ => self.text.push('?'),
            }
        }
    }
}

const fn needs_no_escape(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\'
}

/// Whole seconds, rounded up.
pub(crate) fn seconds_up(duration: Duration) -> u64 {
    duration
        .as_secs()
        .saturating_add(u64::from(duration.subsec_nanos() > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_as_rfc_9651_says() {
        let mut text = Writer::new();
        assert_eq!(text.string(r#"a"b\c é"#).as_str(), r#""a\"b\\c ?""#);
    }

    #[test]
    fn integers_are_clamped_to_15_digits_and_numbers_are_not() {
        let mut text = Writer::new();
        assert_eq!(text.integer(u64::MAX).as_str(), "999999999999999");
        assert_eq!(text.clear().integer(0).as_str(), "0");
        assert_eq!(
            text.clear().number(u64::MAX).as_str(),
            "18446744073709551615"
        );
    }

    #[test]
    fn a_part_of_a_second_counts_as_a_whole_one() {
        assert_eq!(seconds_up(Duration::ZERO), 0);
        assert_eq!(seconds_up(Duration::from_nanos(1)), 1);
        assert_eq!(seconds_up(Duration::from_secs(1)), 1);
        assert_eq!(seconds_up(Duration::from_millis(45_190)), 46);
        assert_eq!(seconds_up(Duration::MAX), u64::MAX);
    }
}
