//! Where tenant configs live: SQLite, PostgreSQL, and files.

pub mod error;

mod backend;
#[cfg(feature = "postgres")]
mod lent;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod origin;

#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use origin::{DurableUsage, SqlOrigin};
