//! What the gate promises to the clients of a service, whatever framework the service is built on.
#![cfg(test)]

mod events;
#[cfg(feature = "jwt")]
mod jwt;
mod kit;
mod order;
mod refusals;
mod reports;
