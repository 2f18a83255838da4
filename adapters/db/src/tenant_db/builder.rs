//! What a scoped database can be told before it is used.

use std::fmt;
use std::sync::Arc;

use sqlx::Pool;

use super::refusals::Refusals;
use super::{Alone, Backend, Inner, TenantDb};
use crate::{Rewriter, Schema, SchemaError};

/// Makes a [`TenantDb`].
#[must_use = "it is built by build()"]
pub struct TenantDbBuilder<DB: Backend> {
    pool: Pool<DB>,
    schema: Schema,
    alone: Alone,
    kept: bool,
}

impl<DB: Backend> TenantDbBuilder<DB> {
    pub(crate) fn new(pool: Pool<DB>, schema: Schema) -> Self {
        Self {
            pool,
            schema,
            alone: Alone::Plain,
            kept: true,
        }
    }

    /// The database. It is not asked anything yet.
    ///
    /// # Errors
    /// If the schema contradicts itself.
    pub fn build(self) -> Result<TenantDb<DB>, SchemaError> {
        let inner = Inner {
            pool: self.pool,
            rewriter: Rewriter::new(DB::DIALECT, self.schema)?,
            refusals: Refusals::default(),
            alone: self.alone,
            kept: self.kept,
        };
        Ok(TenantDb {
            inner: Arc::new(inner),
        })
    }
}

#[cfg(feature = "postgres")]
impl TenantDbBuilder<sqlx::Postgres> {
    /// Tells PostgreSQL with every statement whose it is, for its row-level security to be a second wall. Default: off.
    ///
    /// Every statement then runs in a transaction, which sets `app.tenant_id` for itself alone. That takes three round
    /// trips instead of one: `BEGIN` together with the setting, the statement, `COMMIT`. A transaction of several
    /// statements takes as many as without. (A connection's first use of a statement takes one more, to prepare it.)
    pub fn row_level_security(mut self) -> Self {
        self.alone = Alone::ForTenant;
        self
    }

    /// Works through a pooler that gives each transaction another connection, such as pgbouncer with
    /// `pool_mode = transaction`. Default: off.
    ///
    /// Every statement then runs in a transaction, so that what prepares it and what runs it reach the same connection;
    /// and none is kept prepared, so that nothing relies on meeting that connection again (pgbouncer knows prepared
    /// statements from 1.21 on). A statement takes four round trips: `BEGIN`, prepare, run, `COMMIT`; with
    /// [`row_level_security`](Self::row_level_security) also four.
    pub fn transaction_pooling(mut self) -> Self {
        self.kept = false;
        if self.alone == Alone::Plain {
            self.alone = Alone::InTransaction;
        }
        self
    }
}

impl<DB: Backend> fmt::Debug for TenantDbBuilder<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantDbBuilder")
            .field("schema", &self.schema)
            .field("alone", &self.alone)
            .field("kept", &self.kept)
            .finish_non_exhaustive()
    }
}
