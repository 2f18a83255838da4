//! Many nodes, one limit: starts them, loads them, breaks things meanwhile, and audits what they admitted.
//!
//! ```sh
//! cargo run --release -p cluster -- run --nodes 6 --overload 3
//! ```
//!
//! README.md beside this crate says what is measured, and how. A library, so that a program with another limiter in its
//! nodes can be put beside it: see [`node::serve`] and `--node-program`.

mod args;
pub mod audit;
mod clock;
mod figures;
pub mod limiter;
pub mod log;
pub mod node;
mod random;
mod run;
mod span;
mod table;

use std::error::Error;
use std::process::ExitCode;

pub use crate::args::main;
pub use crate::random::Random;

/// What went wrong, in words for whoever started the program.
pub type Failure = Box<dyn Error + Send + Sync>;

/// The code to end with; what went wrong goes to stderr.
pub fn exit(done: Result<ExitCode, Failure>) -> ExitCode {
    done.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}
