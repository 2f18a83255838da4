//! What the gate promises to the clients of a service, whatever framework the service is built on.
#![cfg(test)]

mod credentials;
mod durable;
mod events;
mod facts;
mod hooks;
#[cfg(feature = "jwt")]
mod jwt;
mod kit;
mod order;
mod outcomes;
mod profiles;
mod refusals;
mod reports;
mod usage;
