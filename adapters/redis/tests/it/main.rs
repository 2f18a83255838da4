//! What tollgate-redis promises.
#![cfg(test)]

mod cluster;
mod faults;
mod kit;
mod lost;
mod server;
