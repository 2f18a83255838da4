//! What tollgate-db promises.
#![cfg(test)]

#[cfg(feature = "pools")]
mod pools;
