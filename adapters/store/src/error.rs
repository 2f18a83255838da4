//! What can go wrong with a store.

use tollgate::TenantId;

/// Why a store could not do what it was asked to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database did not answer, or refused.
    #[error("{doing}: the database failed")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// What the driver said.
        #[source]
        cause: sqlx::Error,
    },
    /// The database did not answer in time.
    #[error("{doing}: no answer from the database within {limit:?}")]
    TimedOut {
        /// What was being done.
        doing: &'static str,
        /// The bound.
        limit: std::time::Duration,
    },
    /// A tenant's row can't be read as a config: that tenant alone is affected.
    #[error("tenant {tenant}: {problem}")]
    BrokenRow {
        /// The tenant.
        tenant: TenantId,
        /// The column, what it holds, and what is wrong with that.
        problem: String,
    },
}
