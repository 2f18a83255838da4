//! Words that a database may take for something other than a name, unless they are quoted.

use crate::Dialect;

/// Words that can bring a table, a sub-select or a clause into a statement: no name, unquoted, in any dialect.
const CLAUSES: &[&str] = &[
    "ALTER",
    "AS",
    "CREATE",
    "DELETE",
    "DROP",
    "EXCEPT",
    "EXISTS",
    "FROM",
    "GROUP",
    "HAVING",
    "IN",
    "INSERT",
    "INTERSECT",
    "INTO",
    "JOIN",
    "LATERAL",
    "MERGE",
    "ON",
    "ONLY",
    "ORDER",
    "RETURNING",
    "SELECT",
    "TABLE",
    "TABLESAMPLE",
    "UNION",
    "UPDATE",
    "USING",
    "WHERE",
    "WITH",
];

/// Words that no table, alias or CTE may be called unquoted: a database reads them as part of a FROM clause.
const FROM_CLAUSE: &[&str] = &[
    "ALL",
    "AND",
    "ANY",
    "ARRAY",
    "ASC",
    "CASE",
    "CAST",
    "CHECK",
    "COLLATE",
    "COLUMN",
    "CONSTRAINT",
    "CROSS",
    "DEFAULT",
    "DEFERRABLE",
    "DESC",
    "DISTINCT",
    "ELSE",
    "FALSE",
    "FETCH",
    "FOR",
    "FORCE",
    "FOREIGN",
    "FULL",
    "IGNORE",
    "INDEXED",
    "INNER",
    "IS",
    "ISNULL",
    "JSON_TABLE",
    "LEFT",
    "LIKE",
    "LIMIT",
    "LOCK",
    "NATURAL",
    "NOT",
    "NOTNULL",
    "NULL",
    "OFFSET",
    "OR",
    "OUTER",
    "OVERLAPS",
    "PARTITION",
    "PRIMARY",
    "REFERENCES",
    "REPLACE",
    "RIGHT",
    "SET",
    "STRAIGHT_JOIN",
    "THEN",
    "TRUE",
    "UNIQUE",
    "UNNEST",
    "USE",
    "VALUES",
    "WHEN",
    "WINDOW",
    "XMLTABLE",
];

/// The same on PostgreSQL alone, where more words are reserved.
const RESERVED: &[&str] = &[
    "ANALYSE",
    "ANALYZE",
    "ASYMMETRIC",
    "AUTHORIZATION",
    "BINARY",
    "BOTH",
    "COLLATION",
    "CONCURRENTLY",
    "CURRENT_CATALOG",
    "CURRENT_DATE",
    "CURRENT_ROLE",
    "CURRENT_SCHEMA",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
    "CURRENT_USER",
    "DO",
    "END",
    "FREEZE",
    "GRANT",
    "ILIKE",
    "INITIALLY",
    "LEADING",
    "LOCALTIME",
    "LOCALTIMESTAMP",
    "PLACING",
    "SESSION_USER",
    "SIMILAR",
    "SOME",
    "SYMMETRIC",
    "TO",
    "TRAILING",
    "USER",
    "VARIADIC",
    "VERBOSE",
];

/// Columns that every table has without declaring them, in lower case.
pub(crate) fn system_columns(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::PostgreSql => &["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid", "oid"],
        Dialect::Sqlite => &["rowid", "oid", "_rowid_"],
        Dialect::MySql => &["_rowid"],
    }
}

/// Whether an unquoted word can begin a clause.
pub(crate) fn begins_clause(word: &str) -> bool {
    has(CLAUSES, word)
}

/// Whether an unquoted word can mean something other than a table among tables.
pub(crate) fn no_relation(dialect: Dialect, word: &str) -> bool {
    begins_clause(word)
        || has(FROM_CLAUSE, word)
        || (dialect == Dialect::PostgreSql && has(RESERVED, word))
}

/// Whether an unquoted word can be a keyword at all.
pub(crate) fn is_keyword(word: &str) -> bool {
    has(sqlparser::keywords::ALL_KEYWORDS, word)
}

/// Looks a word up in a list sorted by upper case.
fn has(sorted: &[&str], word: &str) -> bool {
    sorted.binary_search(&&*word.to_ascii_uppercase()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_so_that_words_are_found() {
        for list in [
            CLAUSES,
            FROM_CLAUSE,
            RESERVED,
            sqlparser::keywords::ALL_KEYWORDS,
        ] {
            assert!(list.is_sorted());
        }
        assert!(begins_clause("only") && !begins_clause("full"));
        for dialect in [Dialect::PostgreSql, Dialect::Sqlite, Dialect::MySql] {
            assert!(no_relation(dialect, "Only") && no_relation(dialect, "full"));
            assert!(!no_relation(dialect, "orders"));
        }
        assert!(no_relation(Dialect::PostgreSql, "user"));
        assert!(!no_relation(Dialect::Sqlite, "user"));
    }
}
