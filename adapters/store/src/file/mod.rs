//! Tenant configs in files: read, watched, and refused with the place of every problem.

mod files;
mod format;
mod locate;
mod problem;
mod read;
mod scan;
mod set;
mod source;
mod watch;

pub use self::locate::Spot;
pub use self::problem::{FileErrors, FileProblem};
pub use self::source::{FileHealth, FileSource, FileSourceBuilder};
