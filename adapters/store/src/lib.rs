//! Where tenant configs live: SQLite, PostgreSQL, and files.

pub mod error;
#[cfg(feature = "files")]
pub mod file;

mod backend;

#[cfg(feature = "files")]
pub use self::file::FileSource;
