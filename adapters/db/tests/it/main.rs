//! What tollgate-db promises.
#![cfg(test)]

#[cfg(feature = "postgres")]
mod rls;
