//! Why a statement was not run.

use std::fmt::{self, Write};

/// How many bytes of a statement a refusal shows.
const PART: usize = 200;

/// A statement that is not known to be safe, and is therefore not run.
///
/// It is a programming error, or an attack; never a matter of the data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    reason: Reason,
    at: String,
}

impl Refused {
    pub(crate) fn new(reason: Reason, at: impl fmt::Display) -> Self {
        Self {
            reason,
            at: cut(at),
        }
    }

    /// What could not be read, and why.
    pub(crate) fn syntax(problem: &impl fmt::Display, at: impl fmt::Display) -> Self {
        Self::new(Reason::Syntax(cut(problem)), at)
    }

    /// What rule it broke.
    pub fn reason(&self) -> &Reason {
        &self.reason
    }

    /// The part of the statement that broke it: a name, or a clause as the parser prints it, cut to 200 bytes.
    pub fn at(&self) -> &str {
        &self.at
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "statement refused: {}, at: {}", self.reason, self.at)
    }
}

impl std::error::Error for Refused {}

fn cut(whole: impl fmt::Display) -> String {
    let mut part = Part(String::new());
    // An error says that the part is full.
    let _full = write!(part, "{whole}");
    part.0
}

/// What has been written so far of a refusal's part; takes no more than fits.
struct Part(String);

impl Write for Part {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let room = PART.saturating_sub(self.0.len());
        let fits = more.floor_char_boundary(room);
        self.0.push_str(more.get(..fits).unwrap_or_default());
        if fits == more.len() {
            Ok(())
        } else {
            Err(fmt::Error)
        }
    }
}

/// The rule that a refused statement broke.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// The text does not parse.
    #[error("not understood: {0}")]
    Syntax(String),
    /// More of something than a statement may have: bytes, tokens, joins, set operations, levels.
    #[error("{count} {what}: at most {most}")]
    TooMuch {
        /// Of what.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many there may be.
        most: usize,
    },
    /// No statement, or several.
    #[error("{0} statements: must be one")]
    Statements(usize),
    /// A statement other than SELECT, INSERT, UPDATE and DELETE.
    #[error("only SELECT, INSERT, UPDATE and DELETE can be scoped")]
    Statement,
    /// A table or view that the schema does not declare.
    #[error("not declared in the schema: declare it scoped or shared")]
    Relation,
    /// A clause that is not known to be safe.
    #[error("a clause that can't be scoped")]
    Clause,
    /// An expression or operator that is not known to be safe.
    #[error("an expression that can't be scoped")]
    Expression,
    /// A function that is not on the list.
    #[error("not on the list of functions: declare it if it reads no table")]
    Function,
    /// A type that is not on the list, such as `regclass`.
    #[error("not on the list of types: declare it if its input reads no table")]
    Type,
    /// A system column, such as `ctid` or `rowid`.
    #[error("a system column")]
    SystemColumn,
    /// It sets or moves the column that says whose a row is.
    #[error("the tenant's column is set by tollgate, never by a statement")]
    TenantColumn,
    /// An INSERT that doesn't name its columns.
    #[error("an INSERT must name its columns")]
    InsertColumns,
    /// An upsert that could overwrite another tenant's row.
    #[error(
        "an upsert must name the tenant's column among its conflict columns: ON CONFLICT (tenant_id, …)"
    )]
    Upsert,
    /// A shared table in a place that would write to it.
    #[error("a shared table is read-only")]
    SharedWrite,
    /// A placeholder of a kind that the dialect, or the rewriter, does not have.
    #[error("a placeholder that can't be bound")]
    Placeholder,
    /// It could not be worked on: no thread for it, or a panic of the parser.
    #[error("the rewriter failed: {0}")]
    Failed(&'static str),
    /// What was written, read again, is not what was meant. A defect of the rewriter or its parser.
    #[error("the rewritten statement did not pass the check")]
    Unverified,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_is_cut_to_200_bytes_between_characters() {
        let refused = Refused::new(Reason::Clause, format!("x{}", "é".repeat(200)));
        assert_eq!(refused.at(), format!("x{}", "é".repeat(99)));
        assert_eq!(Refused::new(Reason::Clause, "WHERE").at(), "WHERE");
    }
}
