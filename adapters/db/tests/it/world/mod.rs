//! Two worlds that a tenant must not be able to tell apart.
//!
//! Both hold the same rows of `acme`. The rows of everybody else have the same keys in both, and nothing else in
//! common; the second world has more of them. Whatever a statement scoped to `acme` returns, and whatever it makes of
//! acme's rows, must be the same in both, and the others' rows must be untouched.

pub(crate) mod answer;
pub(crate) mod mysql;
pub(crate) mod postgres;
pub(crate) mod rows;
pub(crate) mod sqlite;

use tollgate_db::{Dialect, Rewriter, Schema};

/// Whose statements they all are.
pub(crate) const TENANT: &str = "acme";

/// What the statements may touch. `secrets`, `all_resources` and a table `resources` in another schema exist, and are
/// not declared.
pub(crate) fn schema() -> Schema {
    Schema::new()
        .scoped("resources")
        .scoped_by("orders", "org_id")
        .scoped("open_resources")
        .scoped("Notes")
        .shared("countries")
}

/// A rewriter of statements for these worlds.
pub(crate) fn rewriter(dialect: Dialect) -> Rewriter {
    Rewriter::new(dialect, schema()).unwrap()
}

/// A value that the caller binds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value {
    /// A whole number.
    Int(i64),
    /// A text.
    Text(&'static str),
}
