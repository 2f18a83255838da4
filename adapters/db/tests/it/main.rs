//! What tollgate-db promises.
#![cfg(test)]

mod oracle;
#[cfg(feature = "postgres")]
mod rls;
