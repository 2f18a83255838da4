//! When two names are the same: how each dialect folds what is written into what its catalog holds.

use sqlparser::ast::Ident;

use crate::{Dialect, Reason, Refused};

use super::words;

/// The name of a table, schema or CTE as the catalog holds it, so that two that are the same compare equal.
///
/// # Errors
/// If the database could read it as something else: see [`checked`]; or as a part of a FROM clause.
pub(crate) fn relation(dialect: Dialect, ident: &Ident) -> Result<String, Refused> {
    if ident.quote_style.is_none() && words::no_relation(dialect, &ident.value) {
        return Err(Refused::new(Reason::Relation, ident));
    }
    checked(dialect, ident)?;
    Ok(folded(dialect, ident))
}

/// A name as the catalog holds it.
pub(crate) fn folded(dialect: Dialect, ident: &Ident) -> String {
    match (dialect, ident.quote_style) {
        (Dialect::PostgreSql, Some(_)) | (Dialect::MySql, _) => ident.value.clone(),
        (Dialect::PostgreSql, None) | (Dialect::Sqlite, _) => ident.value.to_ascii_lowercase(),
    }
}

/// The catalog's name of a declared table or schema, in the form that [`relation`] gives what is written.
pub(crate) fn declared(dialect: Dialect, name: &str) -> String {
    match dialect {
        Dialect::PostgreSql | Dialect::MySql => name.to_owned(),
        Dialect::Sqlite => name.to_ascii_lowercase(),
    }
}

/// The name of a function or type in the form of the lists: they hold lower case, and so do all dialects but where
/// PostgreSQL's is quoted.
pub(crate) fn callable(dialect: Dialect, ident: &Ident) -> String {
    match (dialect, ident.quote_style) {
        (Dialect::PostgreSql, Some(_)) => ident.value.clone(),
        (Dialect::PostgreSql, None) | (Dialect::Sqlite | Dialect::MySql, _) => {
            ident.value.to_ascii_lowercase()
        }
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

/// Whether it is a column that tables have without declaring it; quoted or not, in any case.
pub(crate) fn is_system_column(dialect: Dialect, ident: &Ident) -> bool {
    words::system_columns(dialect)
        .iter()
        .any(|system| ident.value.eq_ignore_ascii_case(system))
}

/// An identifier that the database reads as this one, whatever its settings.
///
/// # Errors
/// If it is in quotes that mean a string, is a variable, or is a keyword that begins a clause; if it is empty, or so
/// long that the database cuts it.
pub(crate) fn checked(dialect: Dialect, ident: &Ident) -> Result<(), Refused> {
    let Ident {
        value,
        quote_style,
        span: _,
    } = ident;
    let fine = match (dialect, quote_style) {
        (_, None) => {
            let part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii();
            // `$1` is a placeholder, but on MySQL a name to the parser.
            value.chars().all(part) && !value.starts_with('$') && !words::begins_clause(value)
        }
        // A bracket can't be escaped within brackets.
        (Dialect::Sqlite, Some('[')) => !value.contains(']'),
        (Dialect::PostgreSql | Dialect::Sqlite, Some('"'))
        | (Dialect::Sqlite | Dialect::MySql, Some('`')) => true,
        (_, Some(_)) => false,
    };
    let fits = match dialect {
        Dialect::PostgreSql => value.len() <= 63,
        Dialect::MySql => value.chars().count() <= 64 && !value.ends_with(' '),
        Dialect::Sqlite => value.len() <= 255,
    };
    if fine && fits && !value.is_empty() && !value.contains('\0') {
        Ok(())
    } else {
        Err(Refused::new(Reason::Expression, ident))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(dialect: Dialect, ident: &Ident) -> Option<String> {
        relation(dialect, ident).ok()
    }

    fn quoted(quote: char, value: &str) -> Ident {
        Ident::with_quote(quote, value)
    }

    #[test]
    fn each_dialect_folds_as_its_catalog_does() {
        let plain = Ident::new("Orders");
        assert_eq!(fold(Dialect::PostgreSql, &plain).unwrap(), "orders");
        assert_eq!(fold(Dialect::Sqlite, &plain).unwrap(), "orders");
        assert_eq!(fold(Dialect::MySql, &plain).unwrap(), "Orders");
        assert_eq!(
            fold(Dialect::PostgreSql, &quoted('"', "Orders")).unwrap(),
            "Orders"
        );
        assert_eq!(
            fold(Dialect::Sqlite, &quoted('[', "Orders")).unwrap(),
            "orders"
        );
        assert_eq!(
            fold(Dialect::MySql, &quoted('`', "Orders")).unwrap(),
            "Orders"
        );
    }

    #[test]
    fn quotes_that_may_mean_a_string_make_no_name() {
        for dialect in [Dialect::PostgreSql, Dialect::Sqlite, Dialect::MySql] {
            assert_eq!(fold(dialect, &quoted('\'', "orders")), None);
        }
        assert_eq!(fold(Dialect::MySql, &quoted('"', "orders")), None);
        assert_eq!(fold(Dialect::PostgreSql, &quoted('`', "orders")), None);
        assert_eq!(fold(Dialect::Sqlite, &quoted('[', "a]b")), None);
    }

    #[test]
    fn keywords_name_a_table_only_in_quotes() {
        for dialect in [Dialect::PostgreSql, Dialect::Sqlite, Dialect::MySql] {
            assert_eq!(fold(dialect, &Ident::new("only")), None);
            assert_eq!(fold(dialect, &Ident::new("Natural")), None);
        }
        assert_eq!(
            fold(Dialect::PostgreSql, &quoted('"', "only")).unwrap(),
            "only"
        );
    }

    #[test]
    fn a_name_that_the_database_would_cut_is_refused() {
        assert!(fold(Dialect::PostgreSql, &Ident::new("a".repeat(63))).is_some());
        assert_eq!(fold(Dialect::PostgreSql, &Ident::new("a".repeat(64))), None);
        assert_eq!(fold(Dialect::MySql, &Ident::new("a".repeat(65))), None);
        assert_eq!(fold(Dialect::MySql, &Ident::new("@@version")), None);
        assert_eq!(fold(Dialect::MySql, &Ident::new("$1")), None);
        assert_eq!(fold(Dialect::MySql, &quoted('`', "orders ")), None);
    }

    #[test]
    fn a_column_that_could_be_the_tenants_is_taken_for_it() {
        for dialect in [Dialect::PostgreSql, Dialect::Sqlite, Dialect::MySql] {
            assert!(may_be_column(
                dialect,
                &Ident::new("TENANT_ID"),
                "tenant_id"
            ));
            assert!(!may_be_column(
                dialect,
                &Ident::new("tenant_ids"),
                "tenant_id"
            ));
        }
        assert!(may_be_column(
            Dialect::MySql,
            &Ident::new("t\u{e9}nant_\u{130}d"),
            "tenant_id"
        ));
    }
}
