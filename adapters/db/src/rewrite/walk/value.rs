//! Literals: those that every setting of a database reads alike, written so that it does.

use sqlparser::ast::{DollarQuotedString, Value, ValueWithSpan};

use crate::{Dialect, Reason, Refused};

use super::super::context::Context;

/// Rewrites a literal into the form that can't be misread, or refuses it.
pub(super) fn value(value: &mut ValueWithSpan, context: &Context<'_>) -> Result<(), Refused> {
    let ValueWithSpan { value, span: _ } = value;
    let dialect = context.dialect();
    let fine = match value {
        Value::Number(number, long) => !*long && is_number(number),
        Value::SingleQuotedString(text) => {
            let text = std::mem::take(text);
            *value = string(text, dialect)?;
            true
        }
        Value::DollarQuotedString(DollarQuotedString {
            value: text,
            tag: _,
        }) => {
            let text = std::mem::take(text);
            *value = string(text, dialect)?;
            dialect == Dialect::PostgreSql
        }
        Value::EscapedStringLiteral(text) => dialect == Dialect::PostgreSql && !text.contains('\0'),
        Value::HexStringLiteral(digits) => digits.chars().all(|c| c.is_ascii_hexdigit()),
        Value::SingleQuotedByteStringLiteral(bits) => {
            dialect != Dialect::Sqlite && bits.chars().all(|c| c == '0' || c == '1')
        }
        Value::Boolean(_) | Value::Null | Value::Placeholder(_) => true,
        Value::TripleSingleQuotedString(_)
        | Value::TripleDoubleQuotedString(_)
        | Value::UnicodeStringLiteral(_)
        | Value::DoubleQuotedByteStringLiteral(_)
        | Value::TripleSingleQuotedByteStringLiteral(_)
        | Value::TripleDoubleQuotedByteStringLiteral(_)
        | Value::SingleQuotedRawStringLiteral(_)
        | Value::DoubleQuotedRawStringLiteral(_)
        | Value::TripleSingleQuotedRawStringLiteral(_)
        | Value::TripleDoubleQuotedRawStringLiteral(_)
        | Value::NationalStringLiteral(_)
        | Value::QuoteDelimitedStringLiteral(_)
        | Value::NationalQuoteDelimitedStringLiteral(_)
        | Value::DoubleQuotedString(_) => false,
    };
    if fine {
        Ok(())
    } else {
        Err(Refused::new(Reason::Expression, &*value))
    }
}

/// A string. Whether a backslash in it escapes is a setting of PostgreSQL and MySQL: there it is written as `E'…\\…'`,
/// which is not, and here it has to be bound.
fn string(text: String, dialect: Dialect) -> Result<Value, Refused> {
    let refused = text.contains('\0') || (dialect == Dialect::MySql && text.contains('\\'));
    if refused {
        return Err(Refused::new(
            Reason::Expression,
            Value::SingleQuotedString(text),
        ));
    }
    Ok(if dialect == Dialect::PostgreSql && text.contains('\\') {
        Value::EscapedStringLiteral(text)
    } else {
        Value::SingleQuotedString(text)
    })
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

    #[test]
    fn a_backslash_is_written_so_that_no_setting_reads_it_as_an_escape() {
        let written = |dialect| string("a\\'b".to_owned(), dialect).map(|v| v.to_string());
        assert_eq!(written(Dialect::PostgreSql).unwrap(), r"E'a\\\'b'");
        assert_eq!(written(Dialect::Sqlite).unwrap(), r"'a\''b'");
        assert!(written(Dialect::MySql).is_err());
    }
}
