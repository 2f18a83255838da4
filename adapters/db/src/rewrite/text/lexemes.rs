//! What is printed, read letter by letter as the databases do, without the parser's help.
//!
//! Stricter than any of them: whatever two readers could take differently is refused. It finds comments, strings, names
//! and placeholders on its own, and insists that the parser's tokenizer has found the same.

use std::ops::Range;

use sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::{Dialect, Reason, Refused};

use super::tokens::raw;

/// A piece of text with a meaning of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lexeme<'t> {
    /// Of what kind it is.
    pub(crate) shape: Shape,
    /// As it stands in the text; names and strings without their quotes.
    pub(crate) text: &'t str,
    /// Where it stands, quotes included.
    pub(crate) range: Range<usize>,
}

/// The kinds of lexemes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A keyword or a name.
    Word,
    /// A name in quotes.
    Name,
    /// A string, also one with a prefix.
    String,
    /// A number.
    Number,
    /// `$1` or `?1`.
    Placeholder,
    /// Brackets, commas, operators.
    Mark,
}

/// All lexemes of a text.
///
/// # Errors
/// If it holds anything that could be read in two ways, or the parser's tokenizer reads it in another.
pub(crate) fn lexemes(dialect: Dialect, text: &str) -> Result<Vec<Lexeme<'_>>, Refused> {
    let mut reader = Reader {
        dialect,
        text,
        at: 0,
    };
    let mut lexemes: Vec<Lexeme<'_>> = Vec::new();
    while let Some(first) = reader.peek() {
        if matches!(first, b' ' | b'\n') {
            reader.at = reader.at.saturating_add(1);
            continue;
        }
        let lexeme = reader.lexeme(first).ok_or_else(|| reader.unverified())?;
        let strings = |lexeme: &Lexeme<'_>| lexeme.shape == Shape::String;
        // Two strings in a row are one, for some.
        if strings(&lexeme) && lexemes.last().is_some_and(strings) {
            return Err(reader.unverified());
        }
        lexemes.push(lexeme);
    }
    agree(dialect, text, &lexemes)?;
    Ok(lexemes)
}

/// # Errors
/// If the parser's tokenizer finds other tokens.
fn agree(dialect: Dialect, text: &str, lexemes: &[Lexeme<'_>]) -> Result<(), Refused> {
    let mut own = lexemes.iter();
    for TokenWithSpan { token, span: _ } in raw(dialect, text)? {
        if matches!(token, Token::Whitespace(_)) {
            continue;
        }
        let same = own.next().is_some_and(|lexeme| means(lexeme, &token));
        if !same {
            return Err(Refused::new(Reason::Unverified, token));
        }
    }
    match own.next() {
        None => Ok(()),
        Some(left) => Err(Refused::new(Reason::Unverified, left.text)),
    }
}

fn means(lexeme: &Lexeme<'_>, token: &Token) -> bool {
    let text = lexeme.text;
    match lexeme.shape {
        Shape::Word => {
            matches!(token, Token::Word(word) if word.quote_style.is_none() && word.value == text)
        }
        Shape::Name => {
            matches!(token, Token::Word(word) if word.quote_style.is_some() && word.value == text)
        }
        Shape::Number => matches!(token, Token::Number(number, false) if number == text),
        Shape::Placeholder => {
            matches!(token, Token::Placeholder(placeholder) if placeholder == text)
        }
        Shape::Mark => token.to_string() == text,
        Shape::String => {
            matches!(token, Token::EscapedStringLiteral(_))
                || matches!(
                    token,
                    Token::SingleQuotedString(raw)
                    | Token::NationalStringLiteral(raw)
                    | Token::SingleQuotedByteStringLiteral(raw)
                    | Token::HexStringLiteral(raw) if raw == text
                )
        }
    }
}

struct Reader<'t> {
    dialect: Dialect,
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<u8> {
        self.ahead(0)
    }

    fn ahead(&self, by: usize) -> Option<u8> {
        self.text
            .as_bytes()
            .get(self.at.saturating_add(by))
            .copied()
    }

    fn unverified(&self) -> Refused {
        Refused::new(
            Reason::Unverified,
            self.text.get(self.at..).unwrap_or_default(),
        )
    }

    fn lexeme(&mut self, first: u8) -> Option<Lexeme<'t>> {
        let start = self.at;
        match first {
            b'\'' => self.string(start, false),
            _ if is_name_start(first) => self.word(start),
            b'0'..=b'9' => self.number(start),
            b'.' if self.ahead(1).is_some_and(|next| next.is_ascii_digit()) => self.number(start),
            b'"' if self.dialect != Dialect::MySql => self.name(start, b'"'),
            b'`' if self.dialect != Dialect::PostgreSql => self.name(start, b'`'),
            b'[' if self.dialect == Dialect::Sqlite => self.name(start, b']'),
            b'$' if self.dialect == Dialect::PostgreSql => self.placeholder(start),
            b'?' if self.dialect != Dialect::PostgreSql => self.placeholder(start),
            b'(' | b')' | b',' | b'.' => self.marks(start, |_| false),
            b'[' | b']' if self.dialect == Dialect::PostgreSql => self.marks(start, |_| false),
            b':' if self.dialect == Dialect::PostgreSql => self.marks(start, |next| next == b':'),
            _ if is_operator(self.dialect, first) => self.operator(start),
            _ => None,
        }
    }

    /// The text from `start` up to here, less `before` and `after` bytes at its ends.
    fn made(&self, shape: Shape, start: usize, before: usize, after: usize) -> Option<Lexeme<'t>> {
        let inner = start.checked_add(before)?..self.at.checked_sub(after)?;
        Some(Lexeme {
            shape,
            text: self.text.get(inner)?,
            range: start..self.at,
        })
    }

    fn while_it(&mut self, holds: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&holds) {
            self.at = self.at.saturating_add(1);
        }
    }

    fn word(&mut self, start: usize) -> Option<Lexeme<'t>> {
        self.while_it(is_name_part);
        match self.peek() {
            Some(b'\'') => match (self.dialect, self.text.get(start..self.at)?) {
                (Dialect::PostgreSql, "E") => self.string(start, true),
                (_, "X") | (Dialect::PostgreSql | Dialect::MySql, "B" | "N") => {
                    self.string(start, false)
                }
                _ => None,
            },
            Some(b'"' | b'`') => None,
            _ => self.made(Shape::Word, start, 0, 0),
        }
    }

    fn number(&mut self, start: usize) -> Option<Lexeme<'t>> {
        let digit = |byte: u8| byte.is_ascii_digit();
        self.while_it(digit);
        if self.peek() == Some(b'.') {
            self.at = self.at.saturating_add(1);
            self.while_it(digit);
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at = self.at.saturating_add(1);
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at = self.at.saturating_add(1);
            }
            if !self.peek().is_some_and(digit) {
                return None;
            }
            self.while_it(digit);
        }
        self.alone()?;
        self.made(Shape::Number, start, 0, 0)
    }

    fn placeholder(&mut self, start: usize) -> Option<Lexeme<'t>> {
        self.at = self.at.saturating_add(1);
        if !matches!(self.peek(), Some(b'1'..=b'9')) {
            return None;
        }
        self.while_it(|byte| byte.is_ascii_digit());
        self.alone()?;
        self.made(Shape::Placeholder, start, 0, 0)
    }

    /// What ends here must not run into a name, a number or a string.
    fn alone(&self) -> Option<()> {
        match self.peek() {
            Some(next) if is_name_part(next) || matches!(next, b'.' | b'\'' | b'"' | b'`') => None,
            _ => Some(()),
        }
    }

    /// A string whose prefix, if any, has been read.
    fn string(&mut self, start: usize, escapes: bool) -> Option<Lexeme<'t>> {
        let prefix = self.at.checked_sub(start)?;
        self.at = self.at.saturating_add(1);
        loop {
            let byte = self.peek()?;
            let two = match byte {
                0 => return None,
                b'\'' if self.ahead(1) == Some(b'\'') => true,
                b'\'' => break,
                b'\\' if escapes => true,
                b'\\' if self.dialect != Dialect::Sqlite => return None,
                _ => false,
            };
            self.at = self.at.saturating_add(if two { 2 } else { 1 });
        }
        self.at = self.at.saturating_add(1);
        self.alone()?;
        self.made(Shape::String, start, prefix.saturating_add(1), 1)
    }

    fn name(&mut self, start: usize, end: u8) -> Option<Lexeme<'t>> {
        self.at = self.at.saturating_add(1);
        self.while_it(|byte| {
            !byte.is_ascii_control() && !matches!(byte, b'"' | b'\'' | b'`' | b'[' | b']' | b'\\')
        });
        if self.peek()? != end {
            return None;
        }
        self.at = self.at.saturating_add(1);
        match self.peek() {
            Some(next) if is_name_part(next) || matches!(next, b'\'' | b'"' | b'`') => None,
            _ => self.made(Shape::Name, start, 1, 1),
        }
    }

    fn marks(&mut self, start: usize, more: impl Fn(u8) -> bool) -> Option<Lexeme<'t>> {
        self.at = self.at.saturating_add(1);
        self.while_it(more);
        self.made(Shape::Mark, start, 0, 0)
    }

    /// As many operator letters as stand together: PostgreSQL takes them for one.
    fn operator(&mut self, start: usize) -> Option<Lexeme<'t>> {
        let dialect = self.dialect;
        self.while_it(|byte| is_operator(dialect, byte));
        let lexeme = self.made(Shape::Mark, start, 0, 0)?;
        let comment = ["--", "/*", "*/"]
            .iter()
            .any(|mark| lexeme.text.contains(mark));
        if comment { None } else { Some(lexeme) }
    }
}

fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || !byte.is_ascii()
}

fn is_name_part(byte: u8) -> bool {
    is_name_start(byte) || byte.is_ascii_digit() || byte == b'$'
}

fn is_operator(dialect: Dialect, byte: u8) -> bool {
    match byte {
        b'+' | b'-' | b'*' | b'/' | b'<' | b'>' | b'=' | b'~' | b'!' | b'%' | b'^' | b'&'
        | b'|' => true,
        b'@' | b'#' | b'?' => dialect == Dialect::PostgreSql,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Dialect; 3] = [Dialect::PostgreSql, Dialect::Sqlite, Dialect::MySql];

    fn shown(dialect: Dialect, text: &str) -> Vec<(Shape, &str)> {
        let lexemes = lexemes(dialect, text).unwrap();
        lexemes
            .into_iter()
            .map(|lexeme| (lexeme.shape, lexeme.text))
            .collect()
    }

    #[test]
    fn a_statement_falls_into_words_names_strings_numbers_placeholders_and_marks() {
        assert_eq!(
            shown(
                Dialect::PostgreSql,
                r#"SELECT "A b", E'it\'s', 1.5e3 FROM t WHERE a::int[] <> $12"#
            ),
            [
                (Shape::Word, "SELECT"),
                (Shape::Name, "A b"),
                (Shape::Mark, ","),
                (Shape::String, r"it\'s"),
                (Shape::Mark, ","),
                (Shape::Number, "1.5e3"),
                (Shape::Word, "FROM"),
                (Shape::Word, "t"),
                (Shape::Word, "WHERE"),
                (Shape::Word, "a"),
                (Shape::Mark, "::"),
                (Shape::Word, "int"),
                (Shape::Mark, "["),
                (Shape::Mark, "]"),
                (Shape::Mark, "<>"),
                (Shape::Placeholder, "$12"),
            ]
        );
    }

    #[test]
    fn a_place_is_that_of_the_whole_lexeme_quotes_included() {
        let lexemes = lexemes(Dialect::Sqlite, "a 'b''c' ?2").unwrap();
        let ranges: Vec<_> = lexemes.iter().map(|lexeme| lexeme.range.clone()).collect();
        assert_eq!(ranges, [0..1, 2..8, 9..11]);
        assert_eq!(lexemes[1].text, "b''c");
    }

    #[test]
    fn comments_are_never_printed() {
        for dialect in ALL {
            for text in [
                "a --1",
                "a -- b",
                "a /* b */",
                "a */ b",
                "a ; b",
                "a \\ b",
                "a {b}",
            ] {
                assert!(lexemes(dialect, text).is_err(), "{dialect:?}: {text}");
            }
        }
        assert!(lexemes(Dialect::MySql, "a # b").is_err());
        assert!(lexemes(Dialect::MySql, "a @ b").is_err());
        assert!(lexemes(Dialect::Sqlite, "a :b").is_err());
    }

    #[test]
    fn whatever_two_readers_could_take_differently_is_refused() {
        for dialect in ALL {
            for text in [
                "1a",
                "1_000",
                "0x1F",
                "'a''b",
                "'a' 'b'",
                "'a'\n'b'",
                "'a'b",
                "a'b'",
                "1.2.3",
                "\"a\"\"b\"",
                "`a``b`",
                "a\tb",
                "a\u{b}b",
                "'\0'",
                "$",
                "$0",
                "$a$b$a$",
            ] {
                assert!(lexemes(dialect, text).is_err(), "{dialect:?}: {text}");
            }
        }
        for dialect in [Dialect::Sqlite, Dialect::MySql] {
            for text in ["a = ?", "?0", "?1a", "$1"] {
                assert!(lexemes(dialect, text).is_err(), "{dialect:?}: {text}");
            }
        }
        assert!(lexemes(Dialect::PostgreSql, r"'a\'").is_err());
        assert!(lexemes(Dialect::MySql, r"'a\\'").is_err());
        assert!(lexemes(Dialect::MySql, "\"a\"").is_err());
        assert!(lexemes(Dialect::PostgreSql, "`a`").is_err());
        assert!(lexemes(Dialect::Sqlite, r"'a\'").is_ok());
    }

    #[test]
    fn operators_that_stand_together_must_be_one() {
        assert!(lexemes(Dialect::PostgreSql, "a @-1").is_err());
        assert!(lexemes(Dialect::PostgreSql, "a @> b").is_ok());
        assert!(lexemes(Dialect::Sqlite, "a ||-1").is_err());
        assert!(lexemes(Dialect::Sqlite, "a || -1").is_ok());
    }
}
