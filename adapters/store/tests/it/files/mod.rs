//! Configs in files: what is read, what is refused and how, and what a change does.

mod bad;
mod changes;
mod kit;
mod odd;
mod watching;
