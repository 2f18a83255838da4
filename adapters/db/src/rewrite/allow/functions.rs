//! Which functions a statement may call.

use sqlparser::ast::{Ident, ObjectName, ObjectNamePart};

use super::{mysql, postgresql, sqlite};
use crate::rewrite::compiled::Compiled;
use crate::rewrite::names;
use crate::{Dialect, Reason, Refused};

/// The functions of all three dialects that mean the same in each.
const COMMON: &[&str] = &[
    "abs",
    "acos",
    "asin",
    "atan",
    "atan2",
    "avg",
    "ceil",
    "ceiling",
    "coalesce",
    "concat",
    "concat_ws",
    "cos",
    "count",
    "cume_dist",
    "current_date",
    "current_time",
    "current_timestamp",
    "degrees",
    "dense_rank",
    "exp",
    "first_value",
    "floor",
    "lag",
    "last_value",
    "lead",
    "length",
    "ln",
    "log",
    "log10",
    "lower",
    "ltrim",
    "max",
    "min",
    "mod",
    "nth_value",
    "ntile",
    "nullif",
    "percent_rank",
    "pi",
    "pow",
    "power",
    "radians",
    "rank",
    "replace",
    "round",
    "row_number",
    "rtrim",
    "sign",
    "sin",
    "sqrt",
    "substr",
    "substring",
    "sum",
    "tan",
    "trim",
    "upper",
];

/// Where a function stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In an expression.
    Expression,
    /// Among tables.
    Table,
}

/// Whether `name` may be called there.
///
/// # Errors
/// If it is neither on the list nor declared.
pub(crate) fn allowed(schema: &Compiled, name: &ObjectName, place: Place) -> Result<(), Refused> {
    let dialect = schema.dialect();
    let ObjectName(parts) = name;
    let known = match parts.as_slice() {
        [ObjectNamePart::Identifier(function)] => {
            let function = callable(dialect, function, name)?;
            listed(dialect, &function, place) || schema.has_function(&function)
        }
        [
            ObjectNamePart::Identifier(within),
            ObjectNamePart::Identifier(function),
        ] => {
            let within = callable(dialect, within, name)?;
            let function = callable(dialect, function, name)?;
            let own = dialect == Dialect::PostgreSql && within == "pg_catalog";
            (own && listed(dialect, &function, place))
                || schema.has_function(&format!("{within}.{function}"))
        }
        _ => false,
    };
    if known {
        Ok(())
    } else {
        Err(Refused::new(Reason::Function, name))
    }
}

/// What may be called by its name alone on PostgreSQL, as the catalog writes it.
#[cfg(feature = "postgres")]
pub(crate) fn on_postgresql() -> impl Iterator<Item = &'static str> {
    let own = [postgresql::FUNCTIONS, postgresql::TABLE_FUNCTIONS];
    COMMON.iter().chain(own.into_iter().flatten()).copied()
}

fn callable(dialect: Dialect, ident: &Ident, name: &ObjectName) -> Result<String, Refused> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !ident.value.chars().all(plain) || ident.quote_style == Some('\'') {
        return Err(Refused::new(Reason::Function, name));
    }
    Ok(names::callable(dialect, ident))
}

fn listed(dialect: Dialect, function: &str, place: Place) -> bool {
    let (expressions, tables) = match dialect {
        Dialect::PostgreSql => (postgresql::FUNCTIONS, postgresql::TABLE_FUNCTIONS),
        Dialect::Sqlite => (sqlite::FUNCTIONS, sqlite::TABLE_FUNCTIONS),
        Dialect::MySql => (mysql::FUNCTIONS, mysql::TABLE_FUNCTIONS),
    };
    match place {
        // PostgreSQL calls functions that return sets in the list of SELECT as well.
        Place::Expression => {
            COMMON.binary_search(&function).is_ok()
                || expressions.binary_search(&function).is_ok()
                || (dialect == Dialect::PostgreSql && tables.binary_search(&function).is_ok())
        }
        Place::Table => tables.binary_search(&function).is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Schema;

    fn call(dialect: Dialect, name: &[Ident], place: Place) -> bool {
        let schema = Schema::new().function("app.safe").function("own");
        let compiled = Compiled::new(dialect, &schema).unwrap();
        allowed(&compiled, &ObjectName::from(name.to_vec()), place).is_ok()
    }

    #[test]
    fn lists_are_sorted_and_in_lower_case_so_that_names_are_found() {
        for list in [
            COMMON,
            postgresql::FUNCTIONS,
            postgresql::TABLE_FUNCTIONS,
            sqlite::FUNCTIONS,
            sqlite::TABLE_FUNCTIONS,
            mysql::FUNCTIONS,
            mysql::TABLE_FUNCTIONS,
        ] {
            let mut sorted = list.to_vec();
            sorted.sort_unstable();
            sorted.dedup();
            assert_eq!(sorted, list);
            assert!(list.iter().all(|name| !name.contains(char::is_uppercase)));
        }
    }

    #[test]
    fn functions_that_run_sql_tell_of_the_session_or_change_it_are_on_no_list() {
        for name in [
            "benchmark",
            "changes",
            "currval",
            "current_setting",
            "cursor_to_xml",
            "database_to_xml",
            "dblink",
            "dblink_exec",
            "found_rows",
            "fts3_tokenizer",
            "get_lock",
            "last_insert_id",
            "last_insert_rowid",
            "lastval",
            "lo_export",
            "lo_get",
            "lo_import",
            "load_extension",
            "load_file",
            "nextval",
            "pg_advisory_lock",
            "pg_ls_dir",
            "pg_notify",
            "pg_read_file",
            "pg_sleep",
            "pg_terminate_backend",
            "query_to_xml",
            "readfile",
            "row_count",
            "schema_to_xml",
            "set_config",
            "setval",
            "sleep",
            "table_to_xml",
            "to_regclass",
            "total_changes",
            "ts_rewrite",
            "ts_stat",
            "user",
            "writefile",
            "xpath",
        ] {
            for dialect in [Dialect::PostgreSql, Dialect::Sqlite, Dialect::MySql] {
                for place in [Place::Expression, Place::Table] {
                    assert!(!call(dialect, &[Ident::new(name)], place), "{name}");
                }
            }
        }
    }

    #[test]
    fn a_function_of_another_schema_is_called_only_if_declared() {
        let within = |schema: &str, name: &str| [Ident::new(schema), Ident::new(name)];
        let pg = Dialect::PostgreSql;
        assert!(call(pg, &within("pg_catalog", "lower"), Place::Expression));
        assert!(!call(pg, &within("evil", "lower"), Place::Expression));
        assert!(call(pg, &within("app", "safe"), Place::Expression));
        assert!(!call(
            Dialect::Sqlite,
            &within("pg_catalog", "lower"),
            Place::Expression
        ));
        assert!(call(pg, &[Ident::new("OWN")], Place::Table));
    }

    #[test]
    fn quotes_keep_case_on_postgresql_alone() {
        let upper = [Ident::with_quote('"', "LOWER")];
        assert!(!call(Dialect::PostgreSql, &upper, Place::Expression));
        assert!(call(Dialect::Sqlite, &upper, Place::Expression));
    }
}
