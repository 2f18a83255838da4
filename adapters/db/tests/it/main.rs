//! What tollgate-db promises.
#![cfg(test)]

#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod catalog;
mod corpus;
mod hostile;
#[cfg(feature = "postgres")]
mod rls;
mod world;
