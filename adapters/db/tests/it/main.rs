//! What tollgate-db promises.
#![cfg(test)]

#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod catalog;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
mod oracle;
mod corpus;
mod hostile;
#[cfg(feature = "postgres")]
mod rls;
mod world;
