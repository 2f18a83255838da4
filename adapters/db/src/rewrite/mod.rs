//! How a statement is scoped: text to tokens to a tree, the tree changed, printed, read again and checked.

pub(crate) mod compiled;
pub(crate) mod context;
pub(crate) mod dml;
pub(crate) mod names;
pub(crate) mod predicate;
pub(crate) mod scopes;
pub(crate) mod walk;
