//! Where tenant configs live: SQLite, PostgreSQL, and files.

#[cfg(feature = "files")]
pub mod check;
pub mod error;
#[cfg(feature = "files")]
pub mod file;

mod backend;

#[cfg(feature = "files")]
pub use self::file::FileSource;
