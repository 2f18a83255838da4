//! What was written, read again: is it what was meant, and does it touch the tenant's rows only?
//!
//! Nothing here asks the walker how it came about. The text is read letter by letter, and by the parser; a defect of the
//! walker, of the parser or of its printer ends as a refusal, not as a leak.

mod clauses;
mod forms;
mod page;
mod writes;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use sqlparser::ast::Statement;

use crate::{Reason, Refused};

use self::clauses::BEGINNINGS;
use self::page::Page;
use super::context::Context;
use super::pipeline::parse;
use super::text::{self, Lexeme, Literals, Shape, lexemes, literals_of};
use super::words::begins_clause;

/// The lexemes of `text`, which `statement` was printed to.
///
/// # Errors
/// If the text does not mean `statement`, has other literals than `literals`, or touches a tenant's table in any other way
/// than one that is known to be safe.
pub(crate) fn check<'t>(
    text: &'t str,
    statement: &Statement,
    literals: &Literals,
    tenant: &str,
    context: &Context<'_>,
) -> Result<Vec<Lexeme<'t>>, Refused> {
    let dialect = context.dialect();
    let lexemes = lexemes(dialect, text)?;
    let tokens = text::printed(dialect, text)?;
    let mut found = literals_of(&tokens);
    found.retain(|token, _| token.to_string() != tenant);
    if found != *literals {
        return Err(Refused::new(Reason::Unverified, "the literals"));
    }
    if parse(dialect, tokens)? != *statement {
        return Err(Refused::new(Reason::Unverified, text));
    }
    words(&lexemes, context.words())?;
    tables(&lexemes, tenant, context)?;
    Ok(lexemes)
}

/// Every table stands where it may, in the form in which it may.
fn tables(lexemes: &[Lexeme<'_>], tenant: &str, context: &Context<'_>) -> Result<(), Refused> {
    let page = Page::new(lexemes, context.schema(), tenant)?;
    if !page.any_word(0, BEGINNINGS) && !page.mark(0, "(") {
        return Err(page.unverified(0));
    }
    clauses::within(&page, 0, page.len(), &mut Vec::new())
}

/// Every word that names a scoped table must have been seen, or written, by the walker.
///
/// A word that begins a clause is a name in quotes only, and a table may be called `order`.
fn words(lexemes: &[Lexeme<'_>], noted: &BTreeMap<String, usize>) -> Result<(), Refused> {
    for (word, count) in noted {
        let found = lexemes
            .iter()
            .filter(|lexeme| match lexeme.shape {
                Shape::Name => true,
                Shape::Word => !begins_clause(word),
                Shape::String | Shape::Number | Shape::Placeholder | Shape::Mark => false,
            })
            .filter(|lexeme| lexeme.text.eq_ignore_ascii_case(word))
            .count();
        if found != *count {
            return Err(Refused::new(Reason::Unverified, word));
        }
    }
    Ok(())
}
