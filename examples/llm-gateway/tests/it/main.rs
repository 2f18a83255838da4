//! The gateway as its clients and its upstream see it: the real program, over sockets.
#![cfg(test)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails may panic"
)]

mod crowd;
mod demo;
mod gateway;
mod tokens;
mod upstream;
mod wire;
