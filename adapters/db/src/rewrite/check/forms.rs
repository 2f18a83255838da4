//! The forms in which a tenant's table may occur, lexeme by lexeme.

use crate::schema::Access;
use crate::{Dialect, Refused};

use super::page::Page;

/// The words of a row lock, which may end a substitution.
const LOCKS: &[&str] = &[
    "FOR", "NO", "KEY", "UPDATE", "SHARE", "NOWAIT", "SKIP", "LOCKED",
];

/// Whether the bracket is `(SELECT * FROM t WHERE t.column = tenant)`, of a declared table that no CTE hides.
pub(super) fn is_substitution(
    page: &Page<'_, '_>,
    open: usize,
    close: usize,
    ctes: &[String],
) -> bool {
    let mut at = open.saturating_add(1);
    if !(page.word(at, "SELECT")
        && page.mark(at.saturating_add(1), "*")
        && page.word(at.saturating_add(2), "FROM"))
    {
        return false;
    }
    at = at.saturating_add(3);
    let Some(named) = page.named(at) else {
        return false;
    };
    let Some(Access::Scoped { column }) = named.access else {
        return false;
    };
    if named.bare && is_cte(page, named.last, ctes) {
        return false;
    }
    let condition = named.last.saturating_add(2);
    if !page.word(condition.saturating_sub(1), "WHERE") {
        return false;
    }
    match after_condition(page, condition, named.last, column) {
        Some(end) => (end..close).all(|index| page.any_word(index, LOCKS)),
        None => false,
    }
}

/// Whether the name at `index` could be that of a CTE.
pub(super) fn is_cte(page: &Page<'_, '_>, index: usize, ctes: &[String]) -> bool {
    page.folded(index)
        .is_some_and(|name| ctes.iter().any(|cte| cte.eq_ignore_ascii_case(&name)))
}

/// Where the condition ends that `qualifier.column` is the tenant's. `None`: it is not that condition.
pub(super) fn after_condition(
    page: &Page<'_, '_>,
    start: usize,
    qualifier: usize,
    column: &str,
) -> Option<usize> {
    let mut at = start;
    match page.dialect() {
        Dialect::PostgreSql => {
            at = after_column(page, at, qualifier, column)?;
            at = after_tenant(page, at)?;
        }
        Dialect::Sqlite => {
            at = after_column(page, at, qualifier, column)?;
            at = after_tenant(page, at)?;
            at = after_words(page, at, &["COLLATE", "BINARY"])?;
        }
        Dialect::MySql => {
            at = after_mark(page, at, "(")?;
            at = after_column(page, at, qualifier, column)?;
            at = after_tenant(page, at)?;
            at = after_words(page, at, &["AND", "CAST"])?;
            at = after_mark(page, at, "(")?;
            at = after_name(page, at, qualifier, column)?;
            at = after_words(page, at, &["AS", "BINARY"])?;
            at = after_mark(page, at, ")")?;
            at = after_mark(page, at, "=")?;
            at = after_words(page, at, &["CAST"])?;
            at = after_mark(page, at, "(")?;
            at = after_tenant(page, at)?;
            at = after_words(page, at, &["AS", "BINARY"])?;
            at = after_mark(page, at, ")")?;
            at = after_mark(page, at, ")")?;
        }
    }
    Some(at)
}

/// `qualifier.column =`
fn after_column(page: &Page<'_, '_>, at: usize, qualifier: usize, column: &str) -> Option<usize> {
    let at = after_name(page, at, qualifier, column)?;
    after_mark(page, at, "=")
}

/// `qualifier.column`
fn after_name(page: &Page<'_, '_>, at: usize, qualifier: usize, column: &str) -> Option<usize> {
    if !page.same(at, qualifier) {
        return None;
    }
    let at = after_mark(page, at.checked_add(1)?, ".")?;
    if page.is_column(at, column) {
        at.checked_add(1)
    } else {
        None
    }
}

fn after_tenant(page: &Page<'_, '_>, at: usize) -> Option<usize> {
    if page.is_tenant(at) {
        at.checked_add(1)
    } else {
        None
    }
}

fn after_mark(page: &Page<'_, '_>, at: usize, mark: &str) -> Option<usize> {
    if page.mark(at, mark) {
        at.checked_add(1)
    } else {
        None
    }
}

fn after_words(page: &Page<'_, '_>, mut at: usize, words: &[&str]) -> Option<usize> {
    for word in words {
        if !page.word(at, word) {
            return None;
        }
        at = at.checked_add(1)?;
    }
    Some(at)
}

/// The WHERE at `index` begins with the condition, and nothing stands beside it but `AND (…)`.
///
/// # Errors
/// If not.
pub(super) fn narrowed(
    page: &Page<'_, '_>,
    index: usize,
    end: usize,
    qualifier: usize,
    column: &str,
) -> Result<(), Refused> {
    let ends = |at: usize| at == end || page.any_word(at, &["RETURNING", "ORDER", "LIMIT"]);
    let condition = index.saturating_add(1);
    let Some(after) = after_condition(page, condition, qualifier, column) else {
        return Err(page.unverified(index));
    };
    if ends(after) {
        return Ok(());
    }
    let open = after.saturating_add(1);
    let close = page.end_of(open).map(|close| close.saturating_add(1));
    if page.word(after, "AND") && page.mark(open, "(") && close.is_some_and(ends) {
        return Ok(());
    }
    Err(page.unverified(after))
}
