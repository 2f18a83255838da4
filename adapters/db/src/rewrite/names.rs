//! When two names are the same: how each dialect folds what is written into what its catalog holds.

use sqlparser::ast::Ident;

use crate::{Dialect, Reason, Refused};

/// The name of a table, schema or CTE as the catalog holds it, so that two that are the same compare equal.
///
/// # Errors
/// If it is not an identifier in every setting of the dialect: a string in single quotes, a double-quoted name of MySQL,
/// a variable, an empty or an overlong one.
pub(crate) fn relation(dialect: Dialect, ident: &Ident) -> Result<String, Refused> {
    let Ident {
        value,
        quote_style,
        span: _,
    } = ident;
    checked(dialect, ident)?;
    Ok(match (dialect, quote_style) {
        (Dialect::PostgreSql, Some(_)) | (Dialect::MySql, _) => value.clone(),
        (Dialect::PostgreSql, None) | (Dialect::Sqlite, _) => value.to_ascii_lowercase(),
    })
}

/// The catalog's name of a declared table or schema, in the form that [`relation`] gives what is written.
pub(crate) fn declared(dialect: Dialect, name: &str) -> String {
    match dialect {
        Dialect::PostgreSql | Dialect::MySql => name.to_owned(),
        Dialect::Sqlite => name.to_ascii_lowercase(),
    }
}

/// Whether a written name could be that of a declared column, in any setting of the dialect; errs on the side of yes.
pub(crate) fn may_be_column(dialect: Dialect, ident: &Ident, column: &str) -> bool {
    match dialect {
        Dialect::PostgreSql | Dialect::Sqlite => ident.value.eq_ignore_ascii_case(column),
        Dialect::MySql => alike(&ident.value, column),
    }
}

/// MySQL compares columns by a collation that takes some letters beyond ASCII for ASCII ones: each of them fits any.
fn alike(left: &str, right: &str) -> bool {
    let mut left = left.chars();
    let mut right = right.chars();
    loop {
        match (left.next(), right.next()) {
            (None, None) => return true,
            (Some(l), Some(r)) => {
                if l.is_ascii() && r.is_ascii() && !l.eq_ignore_ascii_case(&r) {
                    return false;
                }
            }
            (None, Some(_)) | (Some(_), None) => return false,
        }
    }
}

/// An identifier that the database reads as this one, whatever its settings.
pub(crate) fn checked(dialect: Dialect, ident: &Ident) -> Result<(), Refused> {
    let quoted = match (dialect, ident.quote_style) {
        (_, None) => {
            let fine = |c: char| c.is_alphanumeric() || c == '_' || c == '$' || !c.is_ascii();
            if !ident.value.chars().all(fine) {
                return Err(Refused::new(Reason::Expression, ident));
            }
            false
        }
        (Dialect::PostgreSql, Some('"'))
        | (Dialect::Sqlite, Some('"' | '`' | '['))
        | (Dialect::MySql, Some('`')) => true,
        (_, Some(_)) => return Err(Refused::new(Reason::Expression, ident)),
    };
    let _ = quoted;
    let most = match dialect {
        Dialect::PostgreSql => 63,
        Dialect::MySql => 64 * 4,
        Dialect::Sqlite => 255,
    };
    if ident.value.is_empty() || ident.value.len() > most || ident.value.contains('\0') {
        return Err(Refused::new(Reason::Expression, ident));
    }
    Ok(())
}

/// Whether a plain word could mean something other than a name.
pub(crate) fn is_keyword(word: &str) -> bool {
    sqlparser::keywords::ALL_KEYWORDS
        .iter()
        .any(|keyword| keyword.eq_ignore_ascii_case(word))
}
