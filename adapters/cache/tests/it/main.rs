//! What tollgate-cache promises.
#![cfg(test)]

mod conformance;
mod embedded;
mod kit;
mod model;
#[cfg(feature = "redis")]
mod redis;
mod single_flight;
