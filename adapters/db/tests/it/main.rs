//! What tollgate-db promises.
#![cfg(test)]

mod corpus;

mod world;
