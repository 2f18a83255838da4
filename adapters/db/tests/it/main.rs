//! What tollgate-db promises.
#![cfg(test)]

#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod catalog;
#[cfg(feature = "postgres")]
mod rls;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod walk;
