//! Literals and quoted names that every setting of the database reads the same, or a refusal.

use std::mem;

use sqlparser::tokenizer::{Span, Token, TokenWithSpan, Word};

use crate::{Dialect, Reason, Refused};

/// Brings a literal into the one form in which it is printed and read again; leaves everything else.
///
/// # Errors
/// If there is no such form: a value like that has to be bound. Also if it is a token that no statement needs.
pub(super) fn settle(dialect: Dialect, token: &mut TokenWithSpan) -> Result<(), Refused> {
    let TokenWithSpan { token, span } = token;
    let fine = if let Token::Word(word) = token {
        if is_variable(word) {
            return Err(Refused::new(Reason::Placeholder, token));
        }
        is_plain_name(word)
    } else if let Token::SingleQuotedString(raw) = token {
        let backslash = raw.contains('\\');
        // Whether a backslash escapes depends on settings; in E'' it always does.
        if backslash && dialect == Dialect::PostgreSql {
            *token = Token::EscapedStringLiteral(raw.replace("''", "'"));
        }
        !backslash || dialect != Dialect::MySql
    } else if let Token::DollarQuotedString(quoted) = token {
        let whole = !quoted.value.contains('$');
        *token = Token::EscapedStringLiteral(mem::take(&mut quoted.value));
        whole
    } else if let Token::UnicodeStringLiteral(value) = token {
        *token = Token::EscapedStringLiteral(mem::take(value));
        true
    } else if let Token::NationalStringLiteral(raw) = token {
        !raw.contains('\\')
    } else if let Token::HexStringLiteral(digits) = token {
        is_quoted_hex(digits, span)
    } else if let Token::SingleQuotedByteStringLiteral(bits) = token {
        bits.bytes().all(|bit| matches!(bit, b'0' | b'1'))
    } else if let Token::Number(number, long) = token {
        !*long && is_plain_number(number)
    } else if matches!(token, Token::Colon | Token::AtSign) && dialect != Dialect::PostgreSql {
        return Err(Refused::new(Reason::Placeholder, token));
    } else {
        matches!(token, Token::EscapedStringLiteral(_)) || !(is_literal(token) || is_strange(token))
    };
    if fine {
        Ok(())
    } else {
        Err(Refused::new(Reason::Expression, token))
    }
}

/// `X'12'`: what comes as `0x12`, which SQLite takes for a number, is as long as its digits and two more.
fn is_quoted_hex(digits: &str, span: &Span) -> bool {
    let chars = u64::try_from(digits.len()).unwrap_or(u64::MAX);
    let width = span.end.column.saturating_sub(span.start.column);
    width == chars.saturating_add(3) && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// Whether it is a literal of any kind and any dialect.
pub(super) fn is_literal(token: &Token) -> bool {
    matches!(
        token,
        Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::DoubleQuotedString(_)
            | Token::TripleSingleQuotedString(_)
            | Token::TripleDoubleQuotedString(_)
            | Token::DollarQuotedString(_)
            | Token::SingleQuotedByteStringLiteral(_)
            | Token::DoubleQuotedByteStringLiteral(_)
            | Token::TripleSingleQuotedByteStringLiteral(_)
            | Token::TripleDoubleQuotedByteStringLiteral(_)
            | Token::SingleQuotedRawStringLiteral(_)
            | Token::DoubleQuotedRawStringLiteral(_)
            | Token::TripleSingleQuotedRawStringLiteral(_)
            | Token::TripleDoubleQuotedRawStringLiteral(_)
            | Token::NationalStringLiteral(_)
            | Token::QuoteDelimitedStringLiteral(_)
            | Token::NationalQuoteDelimitedStringLiteral(_)
            | Token::EscapedStringLiteral(_)
            | Token::UnicodeStringLiteral(_)
            | Token::HexStringLiteral(_)
    )
}

/// Tokens that no statement of the three databases needs.
fn is_strange(token: &Token) -> bool {
    matches!(
        token,
        Token::Char(_)
            | Token::Backslash
            | Token::CopyData { .. }
            | Token::LBrace
            | Token::RBrace
            | Token::Assignment
            | Token::EOF
    )
}

/// Digits with a point and an exponent: no suffix, underscore or base, on which versions disagree.
fn is_plain_number(number: &str) -> bool {
    let (digits, exponent) = match number.split_once(['e', 'E']) {
        None => (number, "0"),
        Some((digits, exponent)) => (digits, exponent.trim_start_matches(['+', '-'])),
    };
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let any = !whole.is_empty() || !fraction.is_empty();
    any && all_digits(whole) && all_digits(fraction) && !exponent.is_empty() && all_digits(exponent)
}

/// MySQL's tokenizer takes `@x` and `$1` for words.
fn is_variable(word: &Word) -> bool {
    word.quote_style.is_none() && word.value.starts_with(['@', '$'])
}

/// A name in quotes must not hold what could end it; one without must not begin like a number, as MySQL allows.
fn is_plain_name(word: &Word) -> bool {
    let Word {
        value,
        quote_style,
        keyword: _,
    } = word;
    let ends = |c: char| matches!(c, '"' | '\'' | '`' | '[' | ']' | '\\') || c.is_control();
    match quote_style {
        Some(_) => !value.contains(ends),
        None => !value.starts_with(|c: char| c.is_ascii_digit()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tokens::raw;
    use super::*;

    fn settled(dialect: Dialect, sql: &str) -> Result<String, Refused> {
        let mut tokens = raw(dialect, sql).unwrap();
        assert_eq!(tokens.len(), 1, "{sql}: {tokens:?}");
        let token = tokens.first_mut().unwrap();
        settle(dialect, token)?;
        Ok(format!("{:?}", token.token))
    }

    fn ok(dialect: Dialect, sql: &str, token: &str) {
        assert_eq!(settled(dialect, sql).unwrap(), token, "{sql}");
    }

    fn refused(dialect: Dialect, sql: &str) {
        assert!(settled(dialect, sql).is_err(), "{dialect:?}: {sql}");
    }

    #[test]
    fn a_backslash_means_the_same_whatever_the_settings() {
        ok(Dialect::Sqlite, r"'a\'", r#"SingleQuotedString("a\\")"#);
        ok(
            Dialect::PostgreSql,
            r"'a\'",
            r#"EscapedStringLiteral("a\\")"#,
        );
        ok(
            Dialect::PostgreSql,
            r"'a''\'",
            r#"EscapedStringLiteral("a'\\")"#,
        );
        ok(
            Dialect::PostgreSql,
            r"E'a\'b\x41'",
            r#"EscapedStringLiteral("a'bA")"#,
        );
        refused(Dialect::MySql, r"'a\\'");
        refused(Dialect::MySql, r"'a\'b'");
        refused(Dialect::MySql, r"N'a\\'");
    }

    #[test]
    fn quotes_stay_doubled() {
        for dialect in [Dialect::PostgreSql, Dialect::Sqlite, Dialect::MySql] {
            ok(dialect, "'a''''b'", r#"SingleQuotedString("a''''b")"#);
        }
    }

    #[test]
    fn postgres_strings_of_other_kinds_become_escaped_ones() {
        ok(
            Dialect::PostgreSql,
            "$$it's$$",
            r#"EscapedStringLiteral("it's")"#,
        );
        ok(
            Dialect::PostgreSql,
            "$q$it's$q$",
            r#"EscapedStringLiteral("it's")"#,
        );
        ok(
            Dialect::PostgreSql,
            r"U&'d\0061t'",
            r#"EscapedStringLiteral("dat")"#,
        );
        refused(Dialect::PostgreSql, "$q$a $b c$q$");
    }

    #[test]
    fn bits_and_hex_are_digits_in_quotes() {
        ok(Dialect::Sqlite, "x'0AfF'", r#"HexStringLiteral("0AfF")"#);
        ok(
            Dialect::PostgreSql,
            "b'01'",
            r#"SingleQuotedByteStringLiteral("01")"#,
        );
        refused(Dialect::Sqlite, "0x1F");
        refused(Dialect::MySql, "0x1F");
        refused(Dialect::PostgreSql, "0x1F");
        refused(Dialect::Sqlite, "x'0G'");
        refused(Dialect::MySql, "b'2'");
    }

    #[test]
    fn numbers_are_plain() {
        for number in ["1", "1.5", ".5", "1.", "1e5", "1.5E-7"] {
            let token = format!("Number({number:?}, false)");
            ok(Dialect::PostgreSql, number, &token);
        }
        refused(Dialect::PostgreSql, "1_000");
        refused(Dialect::PostgreSql, "0b01");
        refused(Dialect::Sqlite, "1_000");
    }

    #[test]
    fn a_variable_is_no_name() {
        for variable in ["@x", "@@x", "$1", "$$"] {
            let mut tokens = raw(Dialect::MySql, variable).unwrap();
            let settled = settle(Dialect::MySql, tokens.first_mut().unwrap());
            let refused = settled.unwrap_err();
            assert_eq!(refused.reason(), &Reason::Placeholder, "{variable}");
        }
    }

    #[test]
    fn names_hold_nothing_that_could_end_them() {
        assert!(settled(Dialect::PostgreSql, "\"a b\"").is_ok());
        assert!(settled(Dialect::Sqlite, "[a b]").is_ok());
        for (dialect, name) in [
            (Dialect::PostgreSql, "\"a\"\"b\""),
            (Dialect::PostgreSql, "\"a\\b\""),
            (Dialect::PostgreSql, "\"a\nb\""),
            (Dialect::Sqlite, "`a``b`"),
            (Dialect::Sqlite, "[a\"b]"),
            (Dialect::MySql, "`a``b`"),
            (Dialect::MySql, "\"a\""),
        ] {
            refused(dialect, name);
        }
    }
}
