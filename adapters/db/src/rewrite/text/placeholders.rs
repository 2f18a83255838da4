//! The caller's placeholders: each gets the number of the value that is bound to it.

use sqlparser::tokenizer::Token;

use crate::{Dialect, Reason, Refused};

use super::caps;

/// Gives numbers to placeholders in the order of the text.
#[derive(Debug)]
pub(super) struct Numbering {
    dialect: Dialect,
    highest: usize,
}

impl Numbering {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            highest: 0,
        }
    }

    /// The highest number so far.
    pub(super) fn highest(&self) -> usize {
        self.highest
    }

    /// Numbers the token if it is a placeholder: a bare `?` gets the number after the highest, as SQLite counts.
    ///
    /// # Errors
    /// If it is not one of the dialect's that can be bound by number.
    pub(super) fn number(&mut self, token: &mut Token) -> Result<(), Refused> {
        let Token::Placeholder(text) = token else {
            return Ok(());
        };
        let number = match (self.dialect, text.as_str()) {
            (Dialect::Sqlite | Dialect::MySql, "?") => Some(self.highest.saturating_add(1)),
            (Dialect::MySql, _) => None,
            (Dialect::Sqlite | Dialect::PostgreSql, numbered) => {
                number(numbered, sign(self.dialect))
            }
        };
        let Some(number) = number else {
            return Err(Refused::new(Reason::Placeholder, &*text));
        };
        caps::at_most("placeholders", number, caps::TOKENS, &*text)?;
        self.highest = self.highest.max(number);
        *text = written(self.dialect, number);
        Ok(())
    }
}

/// The placeholder of the value `number`, as it stands in the statement while it is worked on.
pub(crate) fn written(dialect: Dialect, number: usize) -> String {
    format!("{}{number}", sign(dialect))
}

/// The number of a placeholder that [`written`] wrote.
pub(crate) fn read_back(dialect: Dialect, placeholder: &str) -> Option<usize> {
    number(placeholder, sign(dialect))
}

fn sign(dialect: Dialect) -> char {
    match dialect {
        Dialect::PostgreSql => '$',
        Dialect::Sqlite | Dialect::MySql => '?',
    }
}

fn number(placeholder: &str, sign: char) -> Option<usize> {
    let digits = placeholder.strip_prefix(sign)?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    digits.parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(dialect: Dialect, placeholders: &[&str]) -> Result<(Vec<String>, usize), Refused> {
        let mut numbering = Numbering::new(dialect);
        let mut texts = Vec::new();
        for placeholder in placeholders {
            let mut token = Token::Placeholder((*placeholder).to_owned());
            numbering.number(&mut token)?;
            texts.push(token.to_string());
        }
        Ok((texts, numbering.highest()))
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn question_marks_are_numbered_as_sqlite_and_mysql_count_them() {
        let (sqlite, highest) = numbered(Dialect::Sqlite, &["?", "?7", "?", "?2"]).unwrap();
        assert_eq!((sqlite, highest), (texts(&["?1", "?7", "?8", "?2"]), 8));
        let (mysql, highest) = numbered(Dialect::MySql, &["?", "?", "?"]).unwrap();
        assert_eq!((mysql, highest), (texts(&["?1", "?2", "?3"]), 3));
    }

    #[test]
    fn dollars_keep_their_numbers() {
        let (dollars, highest) = numbered(Dialect::PostgreSql, &["$2", "$1", "$2"]).unwrap();
        assert_eq!((dollars, highest), (texts(&["$2", "$1", "$2"]), 2));
    }

    #[test]
    fn what_has_no_number_that_can_be_bound_is_refused() {
        for (dialect, placeholder) in [
            (Dialect::PostgreSql, "$0"),
            (Dialect::PostgreSql, "$01"),
            (Dialect::PostgreSql, "$a"),
            (Dialect::PostgreSql, "$"),
            (Dialect::PostgreSql, "?"),
            (Dialect::Sqlite, "?0"),
            (Dialect::Sqlite, "?\u{661}"),
            (Dialect::Sqlite, "$1"),
            (Dialect::Sqlite, "$name"),
            (Dialect::MySql, "?1"),
        ] {
            let refused = numbered(dialect, &[placeholder]).unwrap_err();
            assert_eq!(refused.reason(), &Reason::Placeholder, "{placeholder}");
        }
        for huge in ["$4001", "$65536"] {
            let refused = numbered(Dialect::PostgreSql, &[huge]).unwrap_err();
            assert!(matches!(refused.reason(), Reason::TooMuch { .. }), "{huge}");
        }
        assert!(numbered(Dialect::PostgreSql, &["$99999999999999999999999"]).is_err());
    }
}
