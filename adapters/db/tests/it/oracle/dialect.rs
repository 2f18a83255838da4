//! Which database a statement is written for.

/// The databases that there are; the crate's own list may grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    PostgreSql,
    Sqlite,
    MySql,
}

impl Dialect {
    /// As the rewriter calls it.
    pub(super) fn of_rewriter(self) -> tollgate_db::Dialect {
        match self {
            Self::PostgreSql => tollgate_db::Dialect::PostgreSql,
            Self::Sqlite => tollgate_db::Dialect::Sqlite,
            Self::MySql => tollgate_db::Dialect::MySql,
        }
    }
}
