//! What tollgate-db promises.
#![cfg(test)]

#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
mod catalog;
mod corpus;
mod hostile;
mod mutations;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
mod oracle;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod plans;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
mod pools;
#[cfg(feature = "postgres")]
mod rls;
mod scope;
#[cfg(feature = "sqlite")]
mod shards;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod walk;
mod world;
