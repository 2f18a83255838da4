//! The databases that statements are run on.

#[cfg(feature = "mysql")]
pub(super) mod mariadb;
#[cfg(feature = "postgres")]
pub(super) mod postgres;
#[cfg(feature = "sqlite")]
pub(super) mod sqlite;

use super::world::Value;

/// What a statement did: its rows, each a list of values in a form that tells types apart, or why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) rows: Vec<Vec<String>>,
    /// How many rows it changed, of a statement that gives none.
    pub(super) changed: u64,
}

/// What the database says to a statement that it does not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure(pub(super) String);

/// What a statement did, and what the tables hold afterwards.
#[derive(Debug, Clone)]
pub(super) struct Effect {
    pub(super) outcome: Result<Outcome, Failure>,
    /// Asked for writes only.
    pub(super) after: Vec<Kept>,
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kept {
    pub(super) table: String,
    pub(super) owner: Option<String>,
    pub(super) values: String,
}

/// A text to run, and all that is bound to it.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
    pub(super) tenant: &'static str,
    pub(super) writes: bool,
    /// Whether it gives rows.
    pub(super) returns: bool,
}

/// A database that can undo what a statement does.
pub(super) trait Database {
    /// Runs it, looks at the tables if it writes, and undoes it.
    async fn effect(&mut self, run: &Run) -> Effect;

    /// The same by other plans, for a database that is known to have plans that are wrong.
    async fn by_other_plans(&mut self, _run: &Run) -> Vec<Effect> {
        Vec::new()
    }

    /// What the tables hold when nothing was done.
    async fn now(&mut self) -> Vec<Kept>;
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        // Anything else is not the database's answer, but the test's own mistake.
        let answer = error.as_database_error();
        Self(answer.unwrap_or_else(|| panic!("{error}")).to_string())
    }
}

/// Rows of a dump, in an order of their own.
fn kept(rows: Vec<(String, Option<String>, String)>) -> Vec<Kept> {
    let mut all: Vec<Kept> = rows
        .into_iter()
        .map(|(table, owner, values)| Kept {
            table,
            owner,
            values,
        })
        .collect();
    all.sort();
    all
}
