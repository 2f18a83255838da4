//! Literals: those that every setting of a database reads alike.

use sqlparser::ast::{Value, ValueWithSpan};

use crate::{Dialect, Reason, Refused};

use super::super::context::Context;

/// Refuses a literal that some setting reads differently. Strings come raw, as the text stage has settled them.
pub(super) fn value(value: &ValueWithSpan, context: &Context<'_>) -> Result<(), Refused> {
    let ValueWithSpan { value, span: _ } = value;
    let dialect = context.dialect();
    let fine = match value {
        Value::Number(number, long) => !*long && is_number(number),
        // Whether a backslash escapes is a setting of PostgreSQL and MySQL.
        Value::SingleQuotedString(raw) => dialect == Dialect::Sqlite || !raw.contains('\\'),
        Value::NationalStringLiteral(raw) => dialect != Dialect::Sqlite && !raw.contains('\\'),
        Value::EscapedStringLiteral(_) => dialect == Dialect::PostgreSql,
        Value::HexStringLiteral(digits) => digits.chars().all(|c| c.is_ascii_hexdigit()),
        Value::SingleQuotedByteStringLiteral(bits) => {
            dialect != Dialect::Sqlite && bits.chars().all(|c| c == '0' || c == '1')
        }
        Value::Boolean(_) | Value::Null | Value::Placeholder(_) => true,
        Value::DollarQuotedString(_)
        | Value::TripleSingleQuotedString(_)
        | Value::TripleDoubleQuotedString(_)
        | Value::UnicodeStringLiteral(_)
        | Value::DoubleQuotedByteStringLiteral(_)
        | Value::TripleSingleQuotedByteStringLiteral(_)
        | Value::TripleDoubleQuotedByteStringLiteral(_)
        | Value::SingleQuotedRawStringLiteral(_)
        | Value::DoubleQuotedRawStringLiteral(_)
        | Value::TripleSingleQuotedRawStringLiteral(_)
        | Value::TripleDoubleQuotedRawStringLiteral(_)
        | Value::QuoteDelimitedStringLiteral(_)
        | Value::NationalQuoteDelimitedStringLiteral(_)
        | Value::DoubleQuotedString(_) => false,
    };
    if fine {
        Ok(())
    } else {
        Err(Refused::new(Reason::Expression, value))
    }
}

/// Digits, perhaps a point, perhaps an exponent: the numbers of all versions.
fn is_number(number: &str) -> bool {
    let (mantissa, exponent) = match number.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (number, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.chars().all(|c| c.is_ascii_digit());
    let power = |exponent: &str| {
        let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !unsigned.is_empty() && digits(unsigned)
    };
    !(whole.is_empty() && fraction.is_empty())
        && digits(whole)
        && digits(fraction)
        && exponent.is_none_or(power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_numbers_are_numbers() {
        for number in ["0", "12", "1.5", ".5", "1.", "1e9", "1.5E-3"] {
            assert!(is_number(number), "{number}");
        }
        for number in [
            "", ".", "0x1F", "1_000", "1e", "e5", "1a", "1e+-2", "\u{661}",
        ] {
            assert!(!is_number(number), "{number}");
        }
    }
}
