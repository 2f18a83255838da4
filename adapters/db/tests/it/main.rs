//! What tollgate-db promises.
#![cfg(test)]

mod corpus;
#[cfg(feature = "postgres")]
mod rls;
mod world;
