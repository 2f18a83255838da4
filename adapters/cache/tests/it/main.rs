//! What tollgate-cache promises.
