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

/// Words that no table, alias or CTE may be called unquoted: some database reads them as part of a FROM clause.
const FROM_CLAUSE: &[&str] = &[
    "ALL",
    "ANALYSE",
    "ANALYZE",
    "AND",
    "ANTI",
    "ANY",
    "ARRAY",
    "ASC",
    "ASOF",
    "ASYMMETRIC",
    "AUTHORIZATION",
    "BINARY",
    "BOTH",
    "CASE",
    "CAST",
    "CHECK",
    "COLLATE",
    "COLLATION",
    "COLUMN",
    "CONCURRENTLY",
    "CONSTRAINT",
    "CROSS",
    "CURRENT_CATALOG",
    "CURRENT_DATE",
    "CURRENT_ROLE",
    "CURRENT_SCHEMA",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
    "CURRENT_USER",
    "DEFAULT",
    "DEFERRABLE",
    "DESC",
    "DISTINCT",
    "DO",
    "ELSE",
    "END",
    "FALSE",
    "FETCH",
    "FINAL",
    "FOR",
    "FORCE",
    "FOREIGN",
    "FREEZE",
    "FULL",
    "GLOBAL",
    "GRANT",
    "IGNORE",
    "ILIKE",
    "INDEXED",
    "INITIALLY",
    "INNER",
    "IS",
    "ISNULL",
    "JSON_TABLE",
    "LEADING",
    "LEFT",
    "LIKE",
    "LIMIT",
    "LOCALTIME",
    "LOCALTIMESTAMP",
    "LOCK",
    "MINUS",
    "NATURAL",
    "NOT",
    "NOTNULL",
    "NULL",
    "OFFSET",
    "OR",
    "OUTER",
    "OVERLAPS",
    "PARTITION",
    "PLACING",
    "PRIMARY",
    "QUALIFY",
    "REFERENCES",
    "REPLACE",
    "RIGHT",
    "SAMPLE",
    "SEMI",
    "SESSION_USER",
    "SET",
    "SIMILAR",
    "SOME",
    "STRAIGHT_JOIN",
    "SYMMETRIC",
    "THEN",
    "TO",
    "TRAILING",
    "TRUE",
    "UNIQUE",
    "UNNEST",
    "USE",
    "USER",
    "VALUES",
    "VARIADIC",
    "VERBOSE",
    "WHEN",
    "WINDOW",
    "XMLTABLE",
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
pub(crate) fn no_relation(word: &str) -> bool {
    begins_clause(word) || has(FROM_CLAUSE, word)
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
        for list in [CLAUSES, FROM_CLAUSE, sqlparser::keywords::ALL_KEYWORDS] {
            assert!(list.is_sorted());
        }
        assert!(begins_clause("only") && !begins_clause("full"));
        assert!(no_relation("Only") && no_relation("full") && !no_relation("orders"));
    }
}
