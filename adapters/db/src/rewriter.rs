//! Statements in, scoped statements out: parsed once, remembered, on a stack that is large enough.

use std::fmt;
use std::sync::Arc;

use moka::sync::Cache;

use crate::rewrite::compiled::Compiled;
use crate::rewrite::pipeline;
use crate::rewrite::text::caps;
use crate::{Dialect, Refused, Schema, SchemaError, Scoped};

/// How many rewritten statements are remembered, unless [`Rewriter::remember`] says otherwise.
pub const REMEMBERED: u64 = 1_000;

/// Scopes statements to a tenant, without knowing which.
///
/// A statement is rewritten once and then found by its text, so that text which changes with every call (values printed
/// into it) costs a rewrite every time, and drives others out: bind values instead.
///
/// # Concurrency
/// One serves all threads. A rewrite that is not remembered runs on a thread of its own, with a stack of 128 MB of address
/// space, while the caller waits; of several callers with the same text one does the work.
///
/// # Complexity
/// A remembered statement is a look-up by its whole text. What is remembered is bounded: [`REMEMBERED`] statements of at
/// most 16 KB each, and what they became. Refusals are not remembered.
///
/// # Examples
/// ```
/// use tollgate_db::{Bind, Dialect, Rewriter, Schema};
///
/// let rewriter = Rewriter::new(Dialect::PostgreSql, Schema::new().scoped("resources"))?;
/// let scoped = rewriter.rewrite("DELETE FROM resources WHERE id = $1 OR name = $2")?;
/// assert_eq!(
///     scoped.sql().as_ref(),
///     "DELETE FROM resources WHERE resources.tenant_id = $3 AND (id = $1 OR name = $2)",
/// );
/// assert_eq!(scoped.binds(), [Bind::Caller(1), Bind::Caller(2), Bind::Tenant]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Rewriter {
    schema: Compiled,
    remembered: Cache<Arc<str>, Arc<Scoped>>,
}

impl Rewriter {
    /// A rewriter of statements in `dialect` that touch `schema`.
    ///
    /// # Errors
    /// If the schema contradicts itself.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the schema is the rewriter's from here on"
    )]
    pub fn new(dialect: Dialect, schema: Schema) -> Result<Self, SchemaError> {
        Ok(Self {
            schema: Compiled::new(dialect, &schema)?,
            remembered: Cache::new(REMEMBERED),
        })
    }

    /// How many statements to remember; [`REMEMBERED`] unless set, 0 for none.
    #[must_use]
    pub fn remember(self, statements: u64) -> Self {
        Self {
            remembered: Cache::new(statements),
            ..self
        }
    }

    /// What `sql` becomes; remembered by its text.
    ///
    /// # Errors
    /// If it is not known to be safe.
    pub fn rewrite(&self, sql: &str) -> Result<Arc<Scoped>, Refused> {
        if let Some(scoped) = self.remembered.get(sql) {
            return Ok(scoped);
        }
        caps::bytes(sql)?;
        self.remembered
            .try_get_with(sql.into(), || self.rewrite_afresh(sql).map(Arc::new))
            .map_err(Arc::unwrap_or_clone)
    }

    /// What `sql` becomes, worked out anew.
    ///
    /// # Errors
    /// If it is not known to be safe.
    pub fn rewrite_afresh(&self, sql: &str) -> Result<Scoped, Refused> {
        pipeline::rewrite(&self.schema, sql)
    }
}

impl fmt::Debug for Rewriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rewriter")
            .field("schema", &self.schema)
            .field("remembered", &self.remembered.entry_count())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewriter() -> Rewriter {
        Rewriter::new(Dialect::Sqlite, Schema::new().scoped("resources")).unwrap()
    }

    #[test]
    fn a_statement_is_rewritten_once_and_found_by_its_whole_text() {
        let rewriter = rewriter();
        let first = rewriter.rewrite("SELECT * FROM resources").unwrap();
        let again = rewriter.rewrite("SELECT * FROM resources").unwrap();
        assert!(Arc::ptr_eq(&first, &again));
        let other = rewriter.rewrite("SELECT * FROM resources ").unwrap();
        assert!(!Arc::ptr_eq(&first, &other));
        assert_eq!(first, other);
    }

    #[test]
    fn no_more_statements_are_remembered_than_asked_for_and_no_refusals() {
        let rewriter = rewriter().remember(3);
        for number in 0..20 {
            rewriter.rewrite(&format!("SELECT {number}")).unwrap();
            rewriter.rewrite(&format!("DROP {number}")).unwrap_err();
            rewriter.remembered.run_pending_tasks();
            assert!(rewriter.remembered.entry_count() <= 3);
        }
        assert_eq!(rewriter.remembered.entry_count(), 3);
        let refused = rewriter.rewrite("DROP 1").unwrap_err();
        assert_eq!(refused, rewriter.rewrite_afresh("DROP 1").unwrap_err());
    }

    #[test]
    fn nothing_is_remembered_if_nothing_may_be() {
        let rewriter = rewriter().remember(0);
        rewriter.rewrite("SELECT 1").unwrap();
        rewriter.remembered.run_pending_tasks();
        assert_eq!(rewriter.remembered.entry_count(), 0);
    }
}
