//! Whose SQL a statement is: how names fold, how placeholders look, what clauses there are.

/// The database that a statement is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// PostgreSQL: `$1`; unquoted names fold to lower case; the schema of unqualified names is `public`.
    PostgreSql,
    /// SQLite: `?` and `?1`; names are compared without regard to ASCII case; the schema is `main`.
    Sqlite,
    /// MySQL and MariaDB: `?`; names of tables are compared as written, names of columns without regard to case.
    MySql,
}
