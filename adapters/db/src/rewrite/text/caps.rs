//! How large a statement may be, before anything recursive sees it.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::{Reason, Refused};

/// The most bytes of a statement: 16 KB.
pub(crate) const BYTES: usize = 16 << 10;
/// The most tokens, whitespace and comments not counted. Also the highest number of a placeholder.
pub(crate) const TOKENS: usize = 4_000;
/// The most brackets that are open at once.
pub(crate) const NESTING: usize = 64;
/// How far the parser recurses: a bracket costs it up to four levels, as a query in parentheses does.
pub(crate) const RECURSION: usize = 4 * NESTING;

/// # Errors
/// If it is too long, or holds a NUL, at which some drivers would cut it off.
pub(crate) fn bytes(sql: &str) -> Result<(), Refused> {
    at_most("bytes", sql.len(), BYTES, sql)?;
    if sql.contains('\0') {
        return Err(Refused::new(
            Reason::Syntax("a NUL".to_owned()),
            sql.split('\0').next().unwrap_or_default(),
        ));
    }
    Ok(())
}

/// # Errors
/// If there are too many, or too many open brackets.
pub(super) fn tokens(tokens: &[TokenWithSpan]) -> Result<(), Refused> {
    at_most("tokens", tokens.len(), TOKENS, "the whole statement")?;
    let mut open = 0_usize;
    for TokenWithSpan { token, span: _ } in tokens {
        if matches!(token, Token::LParen | Token::LBracket | Token::LBrace) {
            open = open.saturating_add(1);
            at_most("levels", open, NESTING, token)?;
        } else if matches!(token, Token::RParen | Token::RBracket | Token::RBrace) {
            open = open.saturating_sub(1);
        }
    }
    Ok(())
}

pub(super) fn at_most(
    what: &'static str,
    count: usize,
    most: usize,
    at: impl std::fmt::Display,
) -> Result<(), Refused> {
    if count > most {
        return Err(Refused::new(Reason::TooMuch { what, count, most }, at));
    }
    Ok(())
}
