//! What a test may rely on when it starts a server, kills it, and lets go of it.
#![cfg(test)]

mod pgbouncer;
mod postgres;
