//! The program as a user runs it: a config, a log on stdin, decisions on stdout.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails may panic"
)]

mod against;
mod decisions;
mod errors;
mod families;
mod kit;
mod settlements;
mod twin;
mod walk;
mod workload;
