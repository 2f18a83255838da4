//! Configs in files: what is read, what is refused and how, and what a change does.

mod bad;
mod changes;
mod kit;
mod lint;
#[cfg(feature = "cli")]
mod lint_program;
mod model;
mod odd;
mod watching;
