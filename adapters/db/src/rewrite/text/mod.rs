//! From text to tokens that are safe to parse and to print, and back to text that is safe to run.

pub(crate) mod caps;
mod lexemes;
mod literals;
pub(crate) mod placeholders;
mod tokens;

pub(crate) use self::lexemes::{Lexeme, Shape, lexemes};
pub(crate) use self::tokens::{Literals, literals_of, printed, read};

use sqlparser::dialect::{MySqlDialect, PostgreSqlDialect, SQLiteDialect};

use crate::Dialect;

/// The parser's own notion of a dialect.
pub(crate) fn parser_dialect(dialect: Dialect) -> &'static dyn sqlparser::dialect::Dialect {
    match dialect {
        Dialect::PostgreSql => &PostgreSqlDialect {},
        Dialect::Sqlite => &SQLiteDialect {},
        Dialect::MySql => &MySqlDialect {},
    }
}
