//! Where tenant configs live: SQLite, PostgreSQL, and files.

pub mod error;

mod backend;
