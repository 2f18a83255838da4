//! Tenant configs in files: read, watched, and refused with the place of every problem.

mod builder;
mod files;
mod format;
mod in_force;
mod locate;
mod problem;
pub(crate) mod read;
mod scan;
mod set;
mod source;
mod watch;

pub use self::builder::FileSourceBuilder;
pub(crate) use self::builder::MOST_BYTES;
pub use self::locate::Spot;
pub(crate) use self::locate::{Node, Places, label};
pub use self::problem::{FileErrors, FileProblem};
pub(crate) use self::scan::{Found, Root};
pub(crate) use self::set::{Parts, Where, assemble};
pub use self::source::{FileHealth, FileSource};
