//! What a tower service behind the gate promises to its clients and to the service.
#![cfg(test)]

mod absurd;
#[cfg(feature = "axum")]
mod axum;
mod families;
mod headers;
mod kit;
mod lifetime;
mod readiness;
mod refusals;
mod sources;
