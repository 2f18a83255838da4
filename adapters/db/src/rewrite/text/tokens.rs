//! A statement as tokens that the parser may see: within the caps, one statement, no comment, nothing that could be read
//! in two ways.

use std::collections::BTreeMap;

use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, Whitespace};

use crate::{Dialect, Reason, Refused};

use super::placeholders::Numbering;
use super::{caps, literals, parser_dialect};

/// What there is to parse.
#[derive(Debug)]
pub(crate) struct Read {
    /// Without whitespace and comments; placeholders numbered, literals in a form that prints as it was read.
    pub(crate) tokens: Vec<TokenWithSpan>,
    /// The highest number of a placeholder: how many values the caller binds.
    pub(crate) callers: usize,
    /// How often each literal and each placeholder occurs.
    pub(crate) literals: Literals,
}

/// How often each literal and each placeholder occurs: no rewrite may add, drop or change one of them.
pub(crate) type Literals = BTreeMap<Token, usize>;

/// The tokens of a text whose bytes have been counted.
///
/// # Errors
/// If the text is over a cap, is not one statement, or holds a token that is not safe.
pub(crate) fn read(dialect: Dialect, sql: &str) -> Result<Read, Refused> {
    executable_comments(dialect, sql)?;
    let mut tokens = Vec::new();
    // Whether the token before is a number with nothing behind it yet, or a string.
    let mut number = false;
    let mut string = false;
    for token in raw(dialect, sql)? {
        if let Token::Whitespace(space) = &token.token {
            hint(dialect, space)?;
            number = false;
            continue;
        }
        if number && matches!(token.token, Token::Word(_)) {
            return Err(Refused::new(
                Reason::Syntax("a number runs into a word".to_owned()),
                &token.token,
            ));
        }
        let strings = string;
        number = matches!(token.token, Token::Number(..));
        string = literals::is_literal(&token.token) && !number;
        if string && strings {
            return Err(Refused::new(
                Reason::Syntax("a string follows a string".to_owned()),
                &token.token,
            ));
        }
        tokens.push(token);
    }
    caps::tokens(&tokens)?;
    one_statement(&mut tokens)?;
    let mut numbering = Numbering::new(dialect);
    for token in &mut tokens {
        literals::settle(dialect, token)?;
        numbering.number(&mut token.token)?;
    }
    Ok(Read {
        literals: literals_of(&tokens),
        callers: numbering.highest(),
        tokens,
    })
}

/// All tokens of a text, literals as they stand in it: quotes in them doubled, backslashes untouched.
pub(super) fn raw(dialect: Dialect, sql: &str) -> Result<Vec<TokenWithSpan>, Refused> {
    Tokenizer::new(parser_dialect(dialect), sql)
        .with_unescape(false)
        .tokenize_with_location()
        .map_err(|error| Refused::syntax(&error, sql))
}

/// The tokens of a printed text, to parse once more.
pub(crate) fn printed(dialect: Dialect, text: &str) -> Result<Vec<TokenWithSpan>, Refused> {
    let mut tokens = raw(dialect, text)?;
    tokens.retain(|token| !matches!(token.token, Token::Whitespace(_)));
    Ok(tokens)
}

/// How often each literal and each placeholder occurs.
pub(crate) fn literals_of(tokens: &[TokenWithSpan]) -> Literals {
    let mut literals = Literals::new();
    for TokenWithSpan { token, span: _ } in tokens {
        if literals::is_literal(token) || matches!(token, Token::Placeholder(_)) {
            let count = literals.entry(token.clone()).or_default();
            *count = count.saturating_add(1);
        }
    }
    literals
}

/// MySQL and MariaDB execute what stands in such comments. They are looked for everywhere, also in strings.
fn executable_comments(dialect: Dialect, sql: &str) -> Result<(), Refused> {
    if dialect == Dialect::MySql {
        for start in ["/*!", "/*M!"] {
            if let Some((_, rest)) = sql.split_once(start) {
                let at = format!("{start}{rest}");
                return Err(Refused::new(Reason::Clause, at));
            }
        }
    }
    Ok(())
}

/// A hint would be lost without a word, and may be meant to matter.
fn hint(dialect: Dialect, space: &Whitespace) -> Result<(), Refused> {
    match (dialect, space) {
        (Dialect::MySql, Whitespace::MultiLineComment(comment)) if comment.starts_with('+') => {
            Err(Refused::new(Reason::Clause, space))
        }
        _ => Ok(()),
    }
}

/// Takes trailing semicolons off.
fn one_statement(tokens: &mut Vec<TokenWithSpan>) -> Result<(), Refused> {
    let statements = tokens
        .split(|token| token.token == Token::SemiColon)
        .filter(|statement| !statement.is_empty())
        .count();
    if statements != 1 {
        return Err(Refused::new(
            Reason::Statements(statements),
            "the whole statement",
        ));
    }
    tokens.retain(|token| token.token != Token::SemiColon);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Dialect; 3] = [Dialect::PostgreSql, Dialect::Sqlite, Dialect::MySql];

    fn reason(dialect: Dialect, sql: &str) -> Reason {
        read(dialect, sql).unwrap_err().reason().clone()
    }

    fn shown(dialect: Dialect, sql: &str) -> String {
        let tokens = read(dialect, sql).unwrap().tokens;
        let shown: Vec<String> = tokens.iter().map(|token| token.token.to_string()).collect();
        shown.join(" ")
    }

    #[test]
    fn comments_and_trailing_semicolons_are_gone() {
        for dialect in ALL {
            let sql = "/* a */ SELECT 1 -- b ' ;\n ;; -- c";
            assert_eq!(shown(dialect, sql), "SELECT 1", "{dialect:?}");
        }
    }

    #[test]
    fn no_statement_and_two_statements_are_refused() {
        for dialect in ALL {
            assert_eq!(reason(dialect, ""), Reason::Statements(0));
            assert_eq!(reason(dialect, " ; -- x"), Reason::Statements(0));
            assert_eq!(reason(dialect, "SELECT 1; SELECT 2"), Reason::Statements(2));
            assert_eq!(
                reason(dialect, "SELECT 1;;DROP TABLE t;"),
                Reason::Statements(2)
            );
        }
    }

    #[test]
    fn what_is_too_large_is_refused_before_it_is_parsed() {
        for dialect in ALL {
            let too_much = |what, count, most| Reason::TooMuch { what, count, most };
            let long = caps::bytes(&"x".repeat(16 * 1024 + 1)).unwrap_err();
            assert_eq!(long.reason(), &too_much("bytes", 16_385, 16_384));
            let many = format!("SELECT {}1", "1,".repeat(2_000));
            assert_eq!(reason(dialect, &many), too_much("tokens", 4_002, 4_000));
            let deep = format!("SELECT {}", "(".repeat(65));
            assert_eq!(reason(dialect, &deep), too_much("levels", 65, 64));
            let nul = caps::bytes("SELECT\0 1").unwrap_err();
            assert!(matches!(nul.reason(), Reason::Syntax(_)));
        }
    }

    #[test]
    fn mysql_neither_executes_comments_nor_loses_hints() {
        for sql in [
            "SELECT 1 /*! , 2 */",
            "SELECT 1 /*!50000 , 2 */",
            "SELECT 1 /*!*/",
            "SELECT 1 /*M! , 2 */",
            "SELECT /*+ NO_MERGE() */ 1",
            "SELECT '/*!'",
        ] {
            assert_eq!(reason(Dialect::MySql, sql), Reason::Clause, "{sql}");
        }
        assert_eq!(
            shown(Dialect::PostgreSql, "SELECT /*+ x */ 1 /*! , 2 */"),
            "SELECT 1"
        );
    }

    #[test]
    fn a_number_that_runs_into_a_word_is_refused() {
        for sql in ["SELECT 1a", "SELECT 0b01", "SELECT 1_x"] {
            for dialect in ALL {
                assert!(read(dialect, sql).is_err(), "{dialect:?} {sql}");
            }
        }
        assert_eq!(
            shown(Dialect::Sqlite, "SELECT 1 a, 1e5"),
            "SELECT 1 a , 1e5"
        );
    }

    #[test]
    fn a_string_that_some_would_take_for_the_end_of_another_is_refused() {
        for dialect in ALL {
            for sql in [
                "SELECT 'a' 'b'",
                "SELECT 'a'\n'b'",
                "SELECT 'a' /* */ x'00'",
            ] {
                assert!(matches!(reason(dialect, sql), Reason::Syntax(_)), "{sql}");
            }
        }
    }

    #[test]
    fn each_literal_and_placeholder_is_counted() {
        let literals = read(Dialect::Sqlite, "SELECT 1, 1, 'x', ?, ?2, ?1")
            .unwrap()
            .literals;
        let count = |token: Token| literals.get(&token).copied();
        assert_eq!(count(Token::Number("1".to_owned(), false)), Some(2));
        assert_eq!(count(Token::SingleQuotedString("x".to_owned())), Some(1));
        assert_eq!(count(Token::Placeholder("?1".to_owned())), Some(2));
        assert_eq!(count(Token::Placeholder("?2".to_owned())), Some(1));
        assert_eq!(literals.len(), 4);
    }
}
