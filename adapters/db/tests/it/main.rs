//! What tollgate-db promises.
