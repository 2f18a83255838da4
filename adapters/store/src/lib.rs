//! Where tenant configs live: SQLite, PostgreSQL, and files.

pub mod error;

mod backend;
mod cache;
mod feed;
mod jitter;
mod roster;
mod source;
mod supervisor;

pub use self::source::health::{Down, FeedMode, Health};
